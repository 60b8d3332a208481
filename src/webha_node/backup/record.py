"""What a restore point says of itself, and what the cluster remembers of its points: JSON beside the data, and on the volume."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from webha_node.site.layout import replace

STATE, ASKED = "state.json", "asked"  # in the folder on the volume
RECORD, DUMP, FILES, SUMS, MACHINE = "record.json", "database.sql", "volume", "files.sha256", "machine"
_TABLE = re.compile(rb"^CREATE TABLE `((?:[^`]|``)+)` \(")
_CHUNK = 1 << 20
_HEAD = 1024  # bytes of a binary log
_IN_USE = slice(21, 23)  # flags of its first event, by which MariaDB knows whether it was closed


@dataclass(frozen=True)
class Record:
    """Of a point: ``when`` (seconds of the epoch) and on which ``node`` it was taken; ``why`` it is not of one moment (empty: it is); ``rows`` of each table; how many ``files``; whose site it is.

    ``log``: the binary log, ``position`` its byte, after which the dump is, and ``head`` by what that log is known; where none are kept, nothing. ``charset``, ``collation``: the database's own, for tables that name none.
    """

    when: float
    node: str
    why: str
    cluster: str
    database: str
    root: str
    app: str
    rows: Mapping[str, int] = field(default_factory=dict)
    files: int = 0
    size: int = 0
    versions: Mapping[str, str] = field(default_factory=dict)
    log: str = ""
    position: int = 0
    head: str = ""
    charset: str = "utf8mb4"
    collation: str = "utf8mb4_general_ci"


def write(folder: Path, record: Record) -> None:
    """Write it beside the data."""
    replace(folder / RECORD, json.dumps(asdict(record), indent=1))


def read(folder: Path) -> Record:
    """Return what was written. Raises ValueError, OSError."""
    found = json.loads((folder / RECORD).read_text())
    try:
        return Record(**{name: found[name] for name in Record.__dataclass_fields__ if name in found})
    except TypeError as error:  # one that a later version would have to write otherwise
        raise ValueError(f"{RECORD} lacks something: {error}") from error


def rows(dump: Path) -> dict[str, int]:
    """Return how many rows the dump has of each table: mariadb-dump writes one on a line of its own."""
    found: dict[str, int] = {}
    table, inserting = "", False
    with dump.open("rb") as file:
        for line in file:
            if inserting and line.startswith(b"("):
                found[table] += 1
                inserting = not line.endswith(b";\n")
            elif line.startswith(b"INSERT INTO "):
                inserting = not line.endswith(b";\n")
                found[table] += 0 if inserting else 1
            elif (begun := _TABLE.match(line)) is not None:
                table = begun[1].replace(b"``", b"`").decode("utf-8", "replace")
                found[table] = 0
    return found


def sums(folder: Path, known: Mapping[str, tuple[int, int, str]]) -> dict[str, tuple[int, int, str]]:
    """Return size, time and SHA-256 of every file below ``folder``; of one that is ``known`` with this size and time it is not read again."""
    found = {}
    for path in _files(folder):
        name, status = str(path.relative_to(folder)), path.lstat()
        before = known.get(name)
        same = before is not None and (before[0], before[1]) == (status.st_size, status.st_mtime_ns)
        found[name] = (status.st_size, status.st_mtime_ns, before[2] if same and before else _sum(path))
    return found


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())


def _sum(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def listed(found: Mapping[str, tuple[int, int, str]]) -> str:
    """Return the list in the form of sha256sum(1), which checks it; names with a line break or a backslash are escaped as it does, and one that is "-" is no standard input."""
    lines = []
    for name, (_, _, digest) in sorted(found.items()):
        plain = name.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
        lines.append(("\\" if plain != name else "") + f"{digest}  ./{plain}\n")
    return "".join(lines)


def state(folder: Path) -> dict[str, Any]:
    """Return what the cluster remembers: ``last`` (point, when, node, why, seconds, added, files, rows), ``failed``, ``drill``; of none nothing."""
    try:
        found = json.loads((folder / STATE).read_text())
    except FileNotFoundError:
        return {}
    return dict(found)


def asked(folder: Path) -> float:
    """Return when somebody asked for a point (seconds of the epoch), 0: nobody."""
    try:
        return float((folder / ASKED).read_text())
    except (OSError, ValueError):
        return 0.0


def remember(folder: Path, **what: Any) -> None:
    """Remember that; None forgets it."""
    known = state(folder) | what
    replace(folder / STATE, json.dumps({name: one for name, one in known.items() if one is not None}))


def fingerprint(password: str) -> str:
    """Return by what a password is known, from which nobody finds it: they are of 32 random bytes."""
    return hashlib.sha256(password.encode()).hexdigest()[:12]


def head(log: Path, size: int) -> str:
    """Return by what a binary log is known, of which ``size`` bytes are written: the same later, whatever is added, and no other log's."""
    with log.open("rb") as file:
        begin = bytearray(file.read(min(size, _HEAD)))
    begin[_IN_USE] = bytes(2)
    return f"{len(begin)}:{hashlib.sha256(begin).hexdigest()}"


def same(log: Path, known: str) -> bool:
    """Whether it is the log that is ``known`` by that."""
    size = known.partition(":")[0]
    return log.is_file() and size.isdigit() and head(log, int(size)) == known
