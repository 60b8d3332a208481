"""A point comes back: onto the volume and into the database, whole or a part of it. On the node that serves, where the site writes."""

import math
import mmap
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from webha_node.backup import record, repository, until
from webha_node.backup.gather import PLACE, STAGE
from webha_node.backup.repository import BackupError, Point
from webha_node.backup.watch import AHEAD, Cluster, alone
from webha_node.site import apps, database
from webha_node.site.application import away
from webha_node.sql import client

BACK = PLACE / "back"
BEFORE = "before-restore"  # the tag of a point of what was there
PARTS = ("all", "database", "files", "settings")
SETTINGS = PLACE / "settings"  # of the machine that made the point: to be read, nothing is changed by them
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


def chosen(points: list[Point], wanted: str, before: float = math.inf) -> Point:
    """Return the point that ``wanted`` names: ``latest`` or the beginning of its id; one from ``before`` that second. Raises BackupError."""
    if not points:
        raise BackupError("the repository has no restore point of this cluster")
    points = [one for one in points if one.when <= before]
    if not points:
        raise BackupError(f"the repository has no restore point from before {repository.local(before)}")
    if wanted == "latest":  # not what is damaged, and was kept before a restore; nor one of a clock that was ahead
        until_now = [one for one in points if one.when < time.time() + AHEAD]
        return next((one for one in reversed(until_now) if BEFORE not in one.tags), points[-1])
    found = [one for one in points if one.id.startswith(wanted) or wanted.startswith(one.id)]
    if len(found) != 1:
        known = ", ".join(f"{one.id} ({one.time[:16]})" for one in points[-10:])
        raise BackupError(
            f"{wanted}: {'no' if not found else 'more than one'} restore point of that name; there are {known}"
        )
    return found[0]


@dataclass(frozen=True)
class Wish:
    """``latest`` or a point's id; all, database or files of it, or one ``table``, or one ``path`` below the docroot. ``until``: the database as it was when that second began, which binary logs say."""

    point: str = "latest"
    part: str = "all"
    table: str = ""
    path: str = ""
    until: str = ""


def restore(cluster: Cluster, account: str, wish: Wish) -> None:
    """Bring a point back, or what is wished of it; pages answer 503 until it is there, but for one table or path. Raises BackupError.

    All of the volume is what the point has then, but for what is only this cluster's.
    """
    if wish.part not in PARTS:
        raise BackupError(f"part is {wish.part!r}, allowed is {', '.join(PARTS)}")
    end = until.second(wish.until) if wish.until else math.inf
    if wish.until and (wish.path or wish.part in ("files", "settings")):
        raise BackupError("until is for the database: files have no logs, they come back as a restore point has them")
    with alone(cluster):
        repository.unlocked()
        # Of a cluster of another name, where this one has none: the site moves.
        points = repository.points(cluster.name) or repository.points()
        found = chosen(points, wish.point, end)
        what = _of(cluster, account, wish, found) if not wish.until else _until(cluster, account, wish, points, end)
    print(what)


def _until(cluster: Cluster, account: str, wish: Wish, points: list[Point], end: float) -> str:
    """Go on from the newest point that can, or from the one that is named."""
    first: until.UnreachedError | None = None
    left = points
    while True:
        found = chosen(left, wish.point, end)
        try:
            return _of(cluster, account, wish, found, end)
        except until.UnreachedError as error:
            first = first or error
            left = [one for one in left if one.when < found.when]
            if wish.point != "latest" or not any(one.when <= end for one in left):
                raise first from error


def _of(cluster: Cluster, account: str, wish: Wish, found: Point, end: float = math.inf) -> str:
    """Bring back what is wished of one point; say it."""
    with _brought(found, _wanted(wish)) as folder:
        told, went = record.read(folder), ""
        if wish.until:
            logs = until.reached(found, told, end, BACK / "logs")
            gone = until.advanced(told, folder, logs, end)
            went = f", and {gone} transactions after it, up to {repository.local(end)}"
        what = _put(cluster, account, wish, folder, told)
    return (
        f"{what} of the point {found.id} ({found.time[:19]}) is back: {told.files} files, {sum(told.rows.values())} rows in it{went}"
        + (f"; its database and files are not of one moment: {told.why}" if told.why else "")
    )


def _wanted(wish: Wish) -> list[str]:
    """Return what of a point is brought; nothing: all of it."""
    if wish.path:
        only = f"{record.FILES}/{_inside(wish.path)}"
    elif wish.table or wish.part == "database":
        only = record.DUMP
    elif wish.part == "settings":
        only = record.MACHINE
    else:
        return []
    return [str(STAGE / one) for one in (record.RECORD, only)]


def _put(cluster: Cluster, account: str, wish: Wish, folder: Path, told: record.Record) -> str:
    """Put what was brought where it belongs; return what it is."""
    root, name, dump = cluster.gathering.root, cluster.gathering.database, folder / record.DUMP
    if wish.path:
        _one(folder / record.FILES / _inside(wish.path), root / _inside(wish.path))
        return wish.path
    if wish.table:
        _table(dump, wish.table, name)
        return f"table {wish.table}"
    if wish.part == "settings":
        shutil.rmtree(SETTINGS, ignore_errors=True)
        shutil.copytree(folder / record.MACHINE, SETTINGS)
        return f"what made {told.node} ours, in {SETTINGS} on {cluster.node}, to be read,"
    with away():
        if wish.part != "database":
            shared = apps.APPS[told.app].shared if wish.part == "files" else ""
            _files(folder / record.FILES / shared, root / shared)
        if wish.part != "files":
            database.restore(name, dump, account)
    return wish.part


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
    with dump.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text, part.open("wb") as out:
        for one in section(text, table):
            with memoryview(text) as view, view[one] as words:
                out.write(words)
    done = subprocess.run((*client(), name), stdin=part.open("rb"), capture_output=True, check=False, text=True)
    if done.returncode != 0:
        raise BackupError(f"the table {table} could not be restored: {done.stderr.strip()}")


def section(dump: bytes | mmap.mmap, table: str) -> tuple[slice, slice, slice]:
    """Return where in a dump is what makes one table: its head, the table's own part, its end. Raises BackupError where it has no such table."""
    found = [(one.start(), one[1]) for one in _SECTION.finditer(dump)]
    names = [name.replace(b"``", b"`").decode("utf-8", "replace") for _, name in found]
    if table not in names:
        raise BackupError(f"the point has no table {table}; it has {', '.join(names[:40])}")
    number = names.index(table)
    begin = found[number][0]
    tail = dump.rfind(b"\n/*!40103 SET TIME_ZONE=")
    end = found[number + 1][0] if number + 1 < len(found) else (tail if tail > begin else len(dump))
    return slice(0, found[0][0]), slice(begin, end), slice(tail if tail > 0 else len(dump), len(dump))
