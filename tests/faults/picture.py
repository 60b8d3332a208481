"""A picture of one run: good answers and errors per second, before, during and after the fault."""

from collections.abc import Sequence
from html import escape
from typing import Any

WIDTH, HEIGHT = 640, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 12, 40, 40
_STYLE = (
    "svg{background:#fff;color:#222;font:11px sans-serif}"
    ".good{stroke:#1b7f4b;fill:#1b7f4b}.bad{stroke:#c0392b;fill:#c0392b}.mark{stroke:#777;stroke-dasharray:3 3}"
    "text{fill:currentColor;stroke:none}line.axis{stroke:currentColor}"
    "@media(prefers-color-scheme:dark){svg{background:#16181c;color:#ddd}"
    ".good{stroke:#4cc38a;fill:#4cc38a}.bad{stroke:#ff7b6b;fill:#ff7b6b}}"
)


def svg(title: str, series: dict[str, Any], mended: float | None) -> str:
    """Return the picture; second 0 is the fault, ``mended`` the second in which somebody lent a hand."""
    good, errors, first = series["good"], series["errors"], series["from"]
    seconds = max(1, len(good))
    most = max(1, *good, *errors)
    across, up = (WIDTH - _LEFT - _RIGHT) / seconds, (HEIGHT - _TOP - _BOTTOM) / most

    def x(second: float) -> float:
        return round(float(_LEFT + (second - first) * across), 1)

    def y(count: float) -> float:
        return round(float(HEIGHT - _BOTTOM - count * up), 1)

    def curve(counts: Sequence[int], kind: str) -> str:
        turns = [at for at in range(len(counts)) if not counts[at] == counts[at - 1] == counts[(at + 1) % len(counts)]]
        shown = sorted({0, *turns, len(counts) - 1})
        points = [f"{x(first + at + 0.5)},{y(counts[at])}" for at in shown if counts]
        return f'<polyline class="{kind}" style="fill:none" stroke-width="1.6" points="{" ".join(points)}"/>'

    def mark(second: float, words: str, row: int) -> str:
        return (
            f'<line class="mark" x1="{x(second)}" x2="{x(second)}" y1="{_TOP}" y2="{y(0)}"/>'
            f'<text x="{x(second) + 3}" y="{_TOP + 10 + 12 * row}">{words}</text>'
        )

    def number(second: int) -> str:
        return f'<text x="{x(second)}" y="{y(0) + 14}" text-anchor="middle">{second}</text>'

    step = next((one for one in (5, 10, 20, 30, 60, 120, 300) if seconds / one <= 12), 600)
    ticks = [number(at) for at in range(-(-first // step) * step, first + seconds + 1, step)]
    levels = [f'<text x="{_LEFT - 6}" y="{y(at) + 4}" text-anchor="end">{at}</text>' for at in (0, most)]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
            f"<title>{escape(title)}</title><style>{_STYLE}</style>",
            f'<text x="{_LEFT}" y="16" font-size="13">{escape(title)}</text>',
            f'<text class="good" x="{_LEFT}" y="32" style="fill:#1b9a59">good answers per second</text>',
            f'<text class="bad" x="{_LEFT + 150}" y="32" style="fill:#d9503f">asked in vain per second</text>',
            f'<line class="axis" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y(0)}" y2="{y(0)}"/>',
            f'<line class="axis" x1="{_LEFT}" x2="{_LEFT}" y1="{_TOP}" y2="{y(0)}"/>',
            *ticks,
            *levels,
            f'<text x="{WIDTH / 2}" y="{HEIGHT - 8}" text-anchor="middle">seconds after the fault</text>',
            curve(good, "good"),
            curve(errors, "bad"),
            mark(0, "fault", 0),
            *([mark(mended, "mended", 1)] if mended is not None else []),
            "</svg>",
            "",
        ]
    )
