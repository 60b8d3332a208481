"""Somebody's dump of a database, a statement at a time, as this cluster's MariaDB takes it and Galera replicates it. Pure.

What is data in it is never changed: from a line that begins with INSERT or REPLACE to the one that ends with a semicolon all is data. A line
break within a value is written as two characters by mysqldump, mariadb-dump and phpMyAdmin, whose dumps are taken.
"""

import re
from collections.abc import Collection, Iterable, Iterator

_DATA = re.compile(rb"(INSERT|REPLACE)\b", re.IGNORECASE)
_END = b";"
_COLLATION = re.compile(rb"(COLLATE[ =]|collation_connection\s*=\s*)'?([a-z0-9_]+)", re.IGNORECASE)
_ENGINE = re.compile(rb"^(\).*?\bENGINE=)(MyISAM|Aria|MEMORY|HEAP)\b", re.IGNORECASE)
_FORMAT = re.compile(rb"\s+ROW_FORMAT=(FIXED|PAGE)\b", re.IGNORECASE)
_DEFINER = re.compile(rb"DEFINER\s*=\s*`[^`]*`@`[^`]*`\s*")
# Of the server that wrote it: its position, its log, its tablespaces; and locks, which Galera does not replicate.
_DROPPED = re.compile(
    rb"^(SET @@(GLOBAL|SESSION)\.(GTID_PURGED|SQL_LOG_BIN)|SET @MYSQLDUMP_TEMP_LOG_BIN|(UN)?LOCK TABLES|(/\*!\d+ )?DROP DATABASE)",
    re.IGNORECASE,
)
_SANDBOX = b"/*M!999999"  # of MariaDB's own dumps; the client is told so anyway
_NAMED = re.compile(rb"^(?:CREATE DATABASE|USE)\b[^`;]*`?([^`;\s]+)`?", re.IGNORECASE)
_CLIENT = re.compile(rb"^(\\|system\b|source\b|delimiter\b(?! (;|;;|//|\$\$)))", re.IGNORECASE)
# By its rules for languages, the nearest of a server that has none of MySQL 8's or MariaDB 11's.
_NEAREST = {
    b"ai_ci": b"unicode_520_ci",
    b"as_ci": b"unicode_520_ci",
    b"as_cs": b"bin",
    b"bin": b"bin",
}
_NEW = re.compile(rb"(utf8mb4)_(?:0900|uca1400)_(ai_ci|as_ci|as_cs|bin)")
_SHOWN = 60  # characters of a line


class DumpError(Exception):
    """What keeps a dump from being taken, in a sentence."""


def adapted(lines: Iterable[bytes], collations: Collection[bytes]) -> Iterator[bytes]:
    """Return the dump's lines as they are run. ``collations``: those that the server knows.

    Raises DumpError where it is for more than one database, asks for a collation that nothing here is near to, or has a command for the
    client in it and not for the server.
    """
    named: set[bytes] = set()
    data = dropped = False  # within a statement that goes on
    for line in lines:
        ends = line.rstrip().endswith(_END)
        if data or _DATA.match(line):
            data = not ends
            yield line
            continue
        if dropped or _DROPPED.match(line):
            dropped = not ends
            continue
        if line.startswith(_SANDBOX):
            continue
        if (found := _NAMED.match(line)) is not None:
            named.add(found[1])
            if len(named) > 1:
                raise DumpError(
                    f"it is of several databases ({_text(b', '.join(sorted(named)))}): dump the site's own alone, without --all-databases"
                )
            continue
        if _CLIENT.match(line):
            raise DumpError(f"it has a command for the client in it, which no dump has: {_text(line[:_SHOWN])}")
        known = _COLLATION.sub(lambda one: one[0][: one.start(2) - one.start()] + _near(one[2], collations), line)
        yield _DEFINER.sub(b"", _FORMAT.sub(b"", _ENGINE.sub(rb"\1InnoDB", known)))


def _near(name: bytes, collations: Collection[bytes]) -> bytes:
    """Return a collation that the server knows."""
    if name.lower() in collations:
        return name
    found = _NEW.fullmatch(name.lower())
    if found is not None:
        return found[1] + b"_" + _NEAREST[found[2]]
    older = name.lower().replace(b"utf8mb3_", b"utf8_")
    if older in collations:
        return older
    raise DumpError(
        f"MariaDB here has no collation {_text(name)}: change it where the site is now (ALTER TABLE … CONVERT TO), and dump anew"
    )


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace").strip()
