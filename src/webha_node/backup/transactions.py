"""What mariadb-binlog(1) prints, as far as it has to be known: which transactions there are, and which of them change a structure."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from webha_node.backup.binlog import DOMAIN, number
from webha_node.backup.repository import BackupError

_HEADER = re.compile(rb"^#\d{6} +\d{1,2}:\d\d:\d\d server id \d+ .*?\t(.*)$")
_GTID = re.compile(rf"GTID {DOMAIN}-\d+-(\d+)\b")
# Of a statement's event, what is not the statement.
_AROUND = re.compile(r"(use |SET (@@|TIMESTAMP)|/\*!|/\*M!|DELIMITER )")
_STRUCTURE = re.compile(
    r"\s*(/\*.*?\*/\s*)*(CREATE|ALTER|DROP|TRUNCATE|RENAME)\s+(?!USER\b|ROLE\b)", re.IGNORECASE | re.DOTALL
)


@dataclass
class Printed:
    """Up to which transaction (``end``), and the ``statements`` that are no rows, by the transaction that each is."""

    end: int
    statements: dict[int, str] = field(default_factory=dict)


def read(lines: Iterable[bytes], start: int) -> Printed:
    """Return what follows the transaction ``start``. Raises BackupError where a log begins with more than the one before it had.

    Numbers may be missing within one log: those of statements that failed. Each log begins with what was written before it.
    """
    found, gtid = Printed(start), start
    for what, text in events(lines):
        if (one := _GTID.match(what)) is not None:
            gtid = int(one[1])
            found.end = max(found.end, gtid)
        elif what.startswith("Gtid list ["):
            if (before := number(what + "\n".join(text))) > found.end:
                raise BackupError(
                    f"the binary logs go from transaction {found.end} to {before + 1}: what is between is missing"
                )
        elif what.startswith("Query\t"):
            found.statements[gtid] = "\n".join(one for one in text if not _AROUND.match(one))
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
        elif what.startswith(("Query\t", "Gtid list [")):
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
        for gtid, text in sorted(all_of_them.statements.items())
        if gtid not in taken.statements and _STRUCTURE.match(text) and named.search(text)
    ]
