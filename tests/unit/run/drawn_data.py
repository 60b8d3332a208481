"""Data as a person may write them: every datum's default with something put in somewhere that a format could take for its own."""

import runpy
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from webha.run.data import KINDS

from ..stubs import ROOT

DEFAULTS = {key: value for key, value in runpy.run_path(str(ROOT / "group_data/all.py")).items() if key[0] != "_"}
NEW = (r"^a\.org$", "10.0.0.0/24", "2001:db8::/32", "udp 60000-61000 from 10.0.0.0/8")  # in a list
# Each format's own words for "here ends the value" and "here begins something else".
PIECES = [
    *"'\"%$`\\{}[]()<>#;=&|!^~*?@:,. \n\r\t\x00\x0b\x7f\x85\u2028\ud800\uffff\u0663é",
    *("${x}", "$(id)", "%n", "{{x}}", "{% x %}", "{#", "?>", "*/", "<!--", "--", "\\'", "\n[x]\n", "]]>", "é", ";y=1", "..", "/", "-"),
]  # fmt: skip


def _text(draw: Callable[..., Any], value: str) -> str:
    at, piece = draw(st.integers(0, len(value))), draw(st.sampled_from(PIECES))
    return draw(st.sampled_from([value[:at] + piece + value[at:], value[:at] + piece, piece + value, piece]))  # type: ignore[no-any-return]


def _other(draw: Callable[..., Any], value: Any) -> Any:
    """Change one text of ``value``, wherever it stands in it."""
    if isinstance(value, dict):
        known = value or {"evs.x": "PT1S"}
        key = draw(st.sampled_from(sorted(known)))
        if draw(st.booleans()):
            return {(_text(draw, one) if one == key else one): inner for one, inner in known.items()}
        return known | {key: _other(draw, known[key])}
    if isinstance(value, (list, tuple)):
        at = draw(st.integers(0, len(value)))
        one = value[at] if at < len(value) else draw(st.sampled_from(NEW))
        return [*value[:at], one if draw(st.booleans()) else _other(draw, one), *value[at + 1 :]]
    if isinstance(value, bool) or value is None:
        return draw(st.sampled_from([True, False, None, "x"]))
    if isinstance(value, (int, float)):
        return draw(st.one_of(st.integers(), st.floats(), st.just(str(value)), st.just(value + 1)))
    return _text(draw, value)


@st.composite
def changed(draw: Callable[..., Any], keys: tuple[str, ...] = tuple(sorted(KINDS))) -> tuple[str, Any]:
    """Draw one datum and a value for it."""
    key = draw(st.sampled_from(keys))
    value = DEFAULTS[key]
    for _ in range(draw(st.integers(1, 2))):
        value = _other(draw, value)
    return key, value


@st.composite
def taken(draw: Callable[..., Any], keys: tuple[str, ...] = tuple(sorted(KINDS))) -> dict[str, Any]:
    """Draw all data anew, as far as validation takes what was drawn."""
    found = {}
    for key in keys:
        value = _other(draw, DEFAULTS[key])
        found[key] = value if KINDS[key].fits(value) else DEFAULTS[key]
    return found
