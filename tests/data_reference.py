"""Write docs/data.md from group_data/all.py, its comments included: ``python -m tests.data_reference``."""

import ast
import re
import sys
import tokenize
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "group_data/all.py"
PAGE = ROOT / "docs/data.md"

_HEADER = re.compile(r"# --- (.+?) -+$")
_BEGIN = """\
# Data

Every key of [group_data/all.py](../group_data/all.py), with its default. Change it there, for one run with `--data key=value` (never a secret: it would
stand in the process list), or for one node in `inventory.py`. What a change does to a running cluster: [operations.md](operations.md#change-one-datum).
`None` (on the command line `null`) means that there is none, or what the key's meaning says.

Written by `python -m tests.data_reference` from that file and its comments; do not edit by hand.
"""


@dataclass(frozen=True)
class Datum:
    """A key, its default as it is written in the file, and what its comments say."""

    key: str
    default: str
    meaning: str


@dataclass(frozen=True)
class Section:
    """What stands under one header of the file."""

    title: str
    text: str
    data: tuple[Datum, ...]


def comments(source: str) -> dict[int, tuple[bool, str]]:
    """Return each line's comment, and whether it is all of the line; without those that are for the linter."""
    return {
        token.start[0]: (not token.line[: token.start[1]].strip(), token.string.removeprefix("#").strip())
        for token in tokenize.generate_tokens(StringIO(source).readline)
        if token.type == tokenize.COMMENT and not re.match(r"# (noqa|fmt):", token.string)
    }


def block_above(line: int, said: Mapping[int, tuple[bool, str]]) -> str:
    """Return the comment that ends right above ``line``."""
    first = line
    while said.get(first - 1, (False, ""))[0] and not said[first - 1][1].startswith("---"):
        first -= 1
    return " ".join(said[number][1] for number in range(first, line))


def sections(source: str) -> Iterator[Section]:
    """Return the file's sections in its order."""
    lines, said = source.splitlines(), comments(source)
    keys = [one for one in ast.parse(source).body if isinstance(one, ast.Assign)]
    headers = [(number, found[1]) for number, line in enumerate(lines, 1) if (found := _HEADER.match(line))]
    ends = [number for number, _ in headers[1:]] + [len(lines) + 1]
    for (begin, title), end in zip(headers, ends, strict=True):
        own = [one for one in keys if begin < one.lineno < end]
        # A comment right under the header is the section's if an empty line ends it, and else its first key's.
        after = next(number for number in range(begin + 1, end + 1) if not said.get(number, (False, ""))[0])
        text = block_above(after, said) if not lines[after - 1] else ""
        yield Section(title, text, tuple(datum(one, source, said) for one in own))


def datum(one: ast.Assign, source: str, said: Mapping[int, tuple[bool, str]]) -> Datum:
    """Return the key of an assignment."""
    (target,) = one.targets
    parts = [block_above(one.lineno, said), said.get(one.lineno, (False, ""))[1]]
    meaning = "; ".join(part for part in parts if part)
    default = (ast.get_source_segment(source, one.value) or "").removeprefix("_")
    if "\n" in default:  # whole lines: the formatter reads what is said to it in a page's blocks, too
        default = "\n".join(source.splitlines()[one.lineno - 1 : one.end_lineno]).partition(" = ")[2]
    return Datum(ast.unparse(target), default, meaning)


def prose(text: str) -> str:
    """Return a comment as Markdown, fit for a cell of a table: paths to documents are links from docs/, names are code."""
    text = re.sub(r"([|*<])", r"\\\1", text).removesuffix(".")
    text = re.sub(r"\bdocs/([\w./-]+\.md)", r"[\1](\1)", text)
    return re.sub(r"(?<![\w/`\[(])([a-z]+(?:_[a-z]+)+|failovers|tasks/\w+\.py)(?![\w/])", r"`\1`", text)


def table(data: Sequence[Datum]) -> str:
    """Return the keys' rows; a default of several lines stands below them."""
    rows = [
        f"| `{one.key}` | {'below' if chr(10) in one.default else f'`{one.default}`'} | {prose(one.meaning)} |"
        for one in data
    ]
    return "\n".join(["| key | default | meaning |", "|---|---|---|", *rows]) + "\n"


def page(source: str) -> str:
    """Return docs/data.md."""
    parts = [_BEGIN]
    for section in sections(source):
        parts.append(f"## {section.title[0].upper()}{section.title[1:]}\n")
        parts += [f"{prose(section.text)}.\n"] if section.text else []
        parts.append(table(section.data))
        parts += [f"```python\n{one.key} = {one.default}\n```\n" for one in section.data if "\n" in one.default]
    return "\n".join(parts)


def main() -> int:
    """Write the page."""
    PAGE.write_text(page(SOURCE.read_text()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
