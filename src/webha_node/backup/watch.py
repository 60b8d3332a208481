"""Which node makes the point, and what the others do meanwhile."""

import fcntl
import os
import time
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from webha_node import address, sql
from webha_node.backup import gather, moment, record, repository
from webha_node.backup.gather import Gathering
from webha_node.backup.repository import BackupError, OwnError

LOCK = "lock"
STARTED = 60.0  # seconds between the nodes that the timer starts, at most
HOLDER_WAITS = 30.0  # seconds that the virtual IP's holder leaves to the others
PATIENCE = 12 * 3600.0  # seconds that a node stands by
# Hours before this program began of which a point is what it was started for, where nobody asked since: a node that was off at the time does
# not make one alone, while no holder listens.
RECENT = 20 * 3600.0
ORDINARY = 3600.0  # the same for a node that is up: what was made by hand before does not stand for the timer's
UP = 3600.0  # seconds after a boot that a timer may catch up what was missed
AHEAD = 300.0  # seconds by which nodes' clocks differ at most; what is of a later time says nothing
CHANGED = 900.0  # seconds for a change of the site's release to end
CHANGES = 3
MOUNTED = 90.0  # seconds for the volume to be mounted after a boot
CACHED = 1.5  # seconds after which a node's mount no longer shows what another one has replaced meanwhile
_STEP = 0.25  # seconds between two looks at what the node that works asks for: each lists a folder of the volume, where pages are served
_LOOK = 2.0  # seconds between two looks at the lock


class OccupiedError(BackupError):
    """Somebody else works with the repository."""


@dataclass(frozen=True)
class Cluster:
    """What is backed up: the names of the cluster and of this node, the ``gathering``, what is kept of it, and for how many days binary logs are (0: there are none)."""

    name: str
    node: str
    vip: str
    gathering: Gathering
    keep: Mapping[str, str]
    limit: int = 0
    log_days: int = 0

    @property
    def folder(self) -> Path:
        """The folder on the volume by which the nodes speak."""
        return self.gathering.root / moment.FOLDER

    def holds(self) -> bool:
        """Whether the virtual IP is here."""
        return address.held(self.vip)


def attend(cluster: Cluster, ends: Iterable[str], work: Callable[[], object], *, serves: bool = True) -> None:
    """Do the ``work`` that this node was started for, or stand by until another one has. Raises BackupError where it came to nothing.

    ``ends``: what is remembered on the volume once it is done, or has failed. ``serves``: whether it needs the holder's gate.
    """
    begun, served = time.time(), set[str]()
    folder = prepared(cluster, MOUNTED)
    looked = 0.0
    with (folder / LOCK).open("a") as file:
        while time.time() < begun + PATIENCE:
            if time.monotonic() >= looked + _LOOK:
                looked = time.monotonic()
                if _done(cluster, ends, begun):
                    return
                mine = not cluster.holds() or time.time() > begun + HOLDER_WAITS
                if mine and locked(file):
                    time.sleep(CACHED)
                    if not _done(cluster, ends, begun):
                        work()
                    return
            if serves and cluster.holds():
                with suppress(OSError):  # a volume that does not answer for a moment: asked again by another name
                    moment.serve(folder, served, cluster.holds)
            time.sleep(_STEP)
    raise BackupError(f"another node has been at work for {PATIENCE / 3600:.0f} hours")


def prepared(cluster: Cluster, seconds: float = 0.0) -> Path:
    """Return the folder by which the nodes speak, root's alone. Raises BackupError where the volume is not mounted after so many ``seconds``."""
    folder, end = cluster.folder, time.monotonic() + seconds
    while not folder.parent.is_mount():
        if time.monotonic() >= end:
            raise BackupError(f"{folder.parent} is not mounted here")
        time.sleep(1)
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def locked(file: IO[str]) -> bool:
    """Take the lock, if nobody has it. It goes with its node."""
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


@contextmanager
def alone(cluster: Cluster, seconds: float = 900.0) -> Generator[Path]:
    """Be the only one on all nodes who works with the repository. Raises BackupError where somebody does for too long."""
    folder = prepared(cluster)
    with (folder / LOCK).open("a") as file:
        end = time.monotonic() + seconds
        while not locked(file):
            if time.monotonic() > end:
                raise OccupiedError("a restore point is being made: try again when that has ended (tasks/status.py)")
            time.sleep(0.5)
        time.sleep(CACHED)
        yield folder


def _done(cluster: Cluster, ends: Iterable[str], begun: float) -> bool:
    """Whether somebody did it meanwhile, or could not: what failed for one would fail for the next, but for what is that node's own trouble."""
    known = record.state(cluster.folder)
    asked = record.asked(cluster.folder)
    recent = RECENT if up() < UP else ORDINARY
    for what in ends:
        one = known.get(what, {})
        if one.get("tags") or (one.get("own") and one.get("node") != cluster.node):
            continue
        since = max(begun - (STARTED if what == "failed" else recent), asked)
        if since <= float(one.get("when" if what == "last" else "at", 0)) <= time.time() + AHEAD:
            return True
    return False


def up() -> float:
    """Return for how many seconds this node is up: its first process, for a machine may have more than one."""
    try:
        ticks = float(Path("/proc/1/stat").read_text().rpartition(")")[2].split()[19])
    except (OSError, ValueError, IndexError):
        return 0.0
    return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")


def make(cluster: Cluster, tags: tuple[str, ...]) -> str:
    """Make a point now, under the lock; return its id. What came of it is remembered on the volume."""
    begun = time.time()
    try:
        made = _make(cluster, tags, begun)
    except Exception as error:  # whatever it is: nothing of it may run on, and the status has to say so
        cluster.gathering.abandoned()
        why = str(error) or type(error).__name__
        own = isinstance(error, OwnError)
        record.remember(cluster.folder, failed={"at": time.time(), "node": cluster.node, "why": why, "own": own})
        raise BackupError(str(error)) from error
    record.remember(cluster.folder, last=made, failed=None)
    return str(made["point"])


def _make(cluster: Cluster, tags: tuple[str, ...], begun: float) -> dict[str, object]:
    gathering, folder = cluster.gathering, cluster.folder
    for path in folder.glob("*.*"):  # of a node that died
        if path.name != record.STATE:
            path.unlink(missing_ok=True)
    if not repository.exists():
        raise BackupError(
            f"{repository.settings().get('RESTIC_REPOSITORY')}: no repository is there: is the disk or the share mounted? For a new one name another place in backup_target, or run tasks/backup.py where none was"
        )
    repository.unlocked()
    taken: list[float] = []

    def at_once() -> None:
        gathering.at_once()
        taken.append(time.time())

    for _ in range(CHANGES):
        # Before a restore: what is broken is what may be gone back from.
        release = gathering.release() if tags else _unchanging(gathering)
        gathering.before()
        with desynced():
            why = moment.take(folder, cluster.holds, at_once, gathering.abandoned)
            if gathering.release() == release:
                written = gathering.after(cluster.name, taken[-1], why)
                break
            gathering.abandoned()
    else:
        raise BackupError("the site's release was changed again and again while its files were copied")
    words = (repository.TAG, *tags, f"size={written.size}", *((repository.TORN,) if why else ()))
    said = repository.saved(gather.STAGE, cluster.name, words, written.when, cluster.limit)
    made = {
        "at": time.time(),
        "point": repository.called(str(said["snapshot_id"])),
        "when": written.when,
        "node": cluster.node,
        "why": why,
        "tags": list(tags),
        "seconds": round(time.time() - begun, 1),
        "added": said.get("data_added_packed", said.get("data_added")),
        "size": written.size,
        "files": written.files,
        "rows": sum(written.rows.values()),
    }
    if not tags:  # else somebody is about to restore, the oldest one perhaps
        with suppress(BackupError):  # an account that may only add
            if cluster.log_days or "logs" in record.state(folder):
                repository.forgotten_logs(cluster.name, cluster.log_days or 1)
            repository.forgotten(cluster.name, cluster.keep)
    return made


def _unchanging(gathering: Gathering) -> tuple[str | None, str]:
    """Return the release that runs, once nothing changes it: code of one and the database of another would be no site. Raises BackupError where that does not come."""
    end = time.monotonic() + CHANGED
    while (found := gathering.release())[1]:
        if time.monotonic() > end:
            raise BackupError(
                f"a change of the site's release has not ended ({found[1]}): no point is made meanwhile. Run tasks/site.py or tasks/rollback.py again"
            )
        time.sleep(2)
    return found


@contextmanager
def desynced(ask: Callable[[str], object] | None = None) -> Generator[None]:
    """Let this member fall behind meanwhile without the others' waiting for it; not where no other one is Synced."""
    asked = ask or (lambda words: sql.ask(words, seconds=60).stdout)
    others = str(
        asked("SELECT VARIABLE_VALUE FROM information_schema.global_status WHERE VARIABLE_NAME='wsrep_cluster_size'")
    ).strip()
    alone = not others.isdigit() or int(others) < 3  # noqa: PLR2004 (one that serves, and one more)
    if alone:
        yield
        return
    asked("SET GLOBAL wsrep_desync=ON")
    try:
        yield
    finally:
        asked("SET GLOBAL wsrep_desync=OFF")
