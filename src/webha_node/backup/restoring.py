"""A point comes back: onto the volume and into the database, whole or a part of it. On the node that serves, where the site writes."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from webha_node.backup import record, repository
from webha_node.backup.gather import PLACE, STAGE
from webha_node.backup.repository import BackupError, Point
from webha_node.backup.watch import Cluster, alone
from webha_node.site import apps, database
from webha_node.site.application import away
from webha_node.sql import client

BACK = PLACE / "back"
BEFORE = "before-restore"  # the tag of a point of what was there
PARTS = ("all", "database", "files")
WRITERS = 8  # a file that is made on the volume is a dozen round trips
# Of the volume, which is not in a point: how the nodes speak, and the databases of releases that were left.
KEPT = (
    "/.glusterfs*",
    "/.webha-backup",
    "/lost+found",
    "/.webha-releases/*.sql.gz",
    "/.webha-releases/.lock",
    "/.webha-faults",
)
_SECTION = re.compile(
    rb"^-- (?:Table structure for table|Temporary table structure for view) `((?:[^`]|``)+)`", re.MULTILINE
)


def chosen(points: list[Point], wanted: str) -> Point:
    """Return the point that ``wanted`` names: ``latest`` or the beginning of its id. Raises BackupError."""
    if not points:
        raise BackupError("the repository has no restore point of this cluster")
    if wanted == "latest":  # not what is damaged, and was kept before a restore
        return next((one for one in reversed(points) if BEFORE not in one.tags), points[-1])
    found = [one for one in points if one.id.startswith(wanted) or wanted.startswith(one.id)]
    if len(found) != 1:
        known = ", ".join(f"{one.id} ({one.time[:16]})" for one in points[-10:])
        raise BackupError(
            f"{wanted}: {'no' if not found else 'more than one'} restore point of that name; there are {known}"
        )
    return found[0]


@dataclass(frozen=True)
class Wish:
    """``latest`` or a point's id; all, database or files of it, or one ``table``, or one ``path`` below the docroot."""

    point: str = "latest"
    part: str = "all"
    table: str = ""
    path: str = ""


def restore(cluster: Cluster, account: str, wish: Wish) -> None:
    """Bring a point back, or what is wished of it; pages answer 503 until it is there, but for one table or path. Raises BackupError.

    All of the volume is what the point has then, but for what is only this cluster's.
    """
    root = cluster.gathering.root
    point, part, table, path = wish.point, wish.part, wish.table, wish.path
    if part not in PARTS:
        raise BackupError(f"part is {part!r}, allowed is {', '.join(PARTS)}")
    with alone(cluster):
        repository.unlocked()
        # Of a cluster of another name, where this one has none: the site moves.
        found = chosen(repository.points(cluster.name) or repository.points(), point)
        wanted = [str(STAGE / record.RECORD)]
        if table or part == "database":
            wanted.append(str(STAGE / record.DUMP))
        elif path:
            wanted.append(str(STAGE / record.FILES / _inside(path)))
        with _brought(found, wanted if table or path or part == "database" else ()) as folder:
            told = record.read(folder)
            if path:
                _one(folder / record.FILES / _inside(path), root / _inside(path))
            elif table:
                _table(folder / record.DUMP, table, cluster.gathering.database)
            else:
                with away():
                    if part != "database":
                        shared = apps.APPS[told.app].shared if part == "files" else ""
                        _files(folder / record.FILES / shared, root / shared)
                    if part != "files":
                        database.restore(cluster.gathering.database, folder / record.DUMP, account)
    what = f"table {table}" if table else path or part
    print(
        f"{what} of the point {found.id} ({found.time[:19]}) is back: {told.files} files, {sum(told.rows.values())} rows in it"
    )


def _inside(path: str) -> str:
    clean = os.path.normpath(path.lstrip("/"))
    if clean in (".", "") or clean.startswith(".."):
        raise BackupError(f"path is {path!r}: name a file or a folder below the docroot, sites/default/files/x.jpg say")
    return clean


@contextmanager
def _brought(point: Point, include: Iterable[str]) -> Iterator[Path]:
    shutil.rmtree(BACK, ignore_errors=True)
    BACK.mkdir(mode=0o700, parents=True)
    try:
        if not include:
            repository.room(point.id, BACK, 1.1)
        repository.brought(point.id, BACK, include)
        folder = BACK / str(STAGE).lstrip("/")
        if not (folder / record.RECORD).is_file():
            raise BackupError(f"the point {point.id} does not say what it is: it is none of pyinfra-webha's")
        yield folder
    finally:
        shutil.rmtree(BACK, ignore_errors=True)


def _files(source: Path, target: Path) -> None:
    """Make the volume below ``target`` what ``source`` has: several writers at once, then one look at all of it."""
    kept = [f"--exclude={one}" for one in KEPT]
    _rsync("-a", "--numeric-ids", *kept, "-f", "+ */", "-f", "- *", f"{source}/", f"{target}/")
    names = sorted(str(one.relative_to(source)) for one in source.rglob("*") if one.is_file() and not one.is_symlink())

    def some(number: int) -> None:
        mine = "\0".join(names[number::WRITERS])
        if mine:
            words = ("-a", "--numeric-ids", "--inplace", "--whole-file", "--from0", "--files-from=-", *kept)
            _rsync(*words, f"{source}/", f"{target}/", given=mine)

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(some, range(WRITERS)))
    _rsync("-a", "-H", "--numeric-ids", "--delete", *kept, f"{source}/", f"{target}/")


def _one(source: Path, target: Path) -> None:
    if not os.path.lexists(source):
        raise BackupError(f"{target} is not in that point")
    if os.path.realpath(target.parent) != str(target.parent) or target.is_symlink():
        raise BackupError(f"{target}: a link is on the way there, which may lead anywhere: remove it first")
    target.parent.mkdir(parents=True, exist_ok=True)
    inner = "/" if source.is_dir() and not source.is_symlink() else ""
    _rsync("-a", "--numeric-ids", f"{source}{inner}", f"{target}{inner}")


def _rsync(*words: str, given: str | None = None) -> None:
    done = subprocess.run(
        ("rsync", *words), capture_output=True, check=False, input=(given or "").encode("utf-8", "surrogateescape")
    )
    if done.returncode != 0:
        raise BackupError(
            f"the files could not be brought back: {done.stderr.decode('utf-8', 'replace').strip()[-400:]}"
        )


def _table(dump: Path, table: str, name: str) -> None:
    part = dump.with_name("table.sql")
    part.write_bytes(b"".join(section(dump.read_bytes(), table)))
    done = subprocess.run((*client(), name), stdin=part.open("rb"), capture_output=True, check=False, text=True)
    if done.returncode != 0:
        raise BackupError(f"the table {table} could not be restored: {done.stderr.strip()}")


def section(dump: bytes, table: str) -> tuple[bytes, bytes, bytes]:
    """Return what of a dump makes one table: its head, the table's own part, its end. Raises BackupError where it has no such table."""
    found = list(_SECTION.finditer(dump))
    names = [one[1].replace(b"``", b"`").decode("utf-8", "replace") for one in found]
    if table not in names:
        raise BackupError(f"the point has no table {table}; it has {', '.join(names[:40])}")
    number = names.index(table)
    begin = found[number].start()
    tail = dump.rfind(b"\n/*!40103 SET TIME_ZONE=")
    end = found[number + 1].start() if number + 1 < len(found) else (tail if tail > begin else len(dump))
    return dump[: found[0].start()], dump[begin:end], dump[tail:] if tail > 0 else b""
