"""What mariadb-binlog(1) prints, as far as it has to be known: which transactions there are, and which of them change a structure."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import takewhile

_HEADER = re.compile(rb"^#\d{6} +\d{1,2}:\d\d:\d\d server id \d+ .*?\t(.*)$")
_GTID = re.compile(r"GTID (\d+-\d+-\d+)\b")
# Of a statement's event, what is not the statement.
_AROUND = re.compile(r"(use |SET (@@|TIMESTAMP)|/\*!|/\*M!|DELIMITER )")
_ENDED = "/*!*/;"
_STRUCTURE = re.compile(
    r"\s*(/\*.*?\*/\s*)*(CREATE|ALTER|DROP|TRUNCATE|RENAME)\s+(?!USER\b|ROLE\b)", re.IGNORECASE | re.DOTALL
)


@dataclass
class Printed:
    """How many transactions, and the ``statements`` that are no rows, by the GTID that each has in its log."""

    transactions: int = 0
    statements: dict[str, str] = field(default_factory=dict)


def read(lines: Iterable[bytes]) -> Printed:
    """Return what is in it."""
    found, gtid = Printed(), ""
    for what, text in events(lines):
        if (one := _GTID.match(what)) is not None:
            gtid = one[1]
            found.transactions += 1
        elif what.startswith("Query\t"):
            its = takewhile(lambda one: one != _ENDED, text)
            found.statements[gtid] = "\n".join(one for one in its if not _AROUND.match(one))
    return found


def events(lines: Iterable[bytes]) -> Iterator[tuple[str, list[str]]]:
    """Return each event: what its line says that it is, and the lines that follow, but of rows."""
    what, text = "", list[str]()
    for line in lines:
        if (header := _HEADER.match(line)) is not None:
            if what:
                yield what, text
            what, text = header[1].decode("utf-8", "replace"), []
        elif line.startswith(b"# at "):
            if what:
                yield what, text
            what = ""
        elif what.startswith("Query\t"):
            text.append(line.decode("utf-8", "replace").rstrip())
    if what:
        yield what, text


def passed_over(all_of_them: Printed, taken: Printed, database: str) -> list[str]:
    """Return the statements that change a structure of the ``database`` and are not among those ``taken``: their session was another database's."""
    name = re.escape(database)
    named = re.compile(
        rf"(`{name}`|\b{name})\s*\.|\b(DATABASE|SCHEMA)\b.*(`{name}`|\b{name}\b)", re.IGNORECASE | re.DOTALL
    )
    return [
        text
        for gtid, text in all_of_them.statements.items()
        if gtid not in taken.statements and _STRUCTURE.match(text) and named.search(text)
    ]
