"""This node's binary logs, saved every few minutes, so that a restore point that was made here can go on to a given second.

Every node keeps and saves its own (``galera_binlog``): what one log calls a transaction another one does not, and a node that got a full copy of
the database begins anew. A point says after which byte of which log it is, and how that log begins.
"""

import os
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from webha_node.backup import record, repository, watch
from webha_node.backup.gather import PLACE, asked, logs_folder
from webha_node.backup.repository import BackupError, Point
from webha_node.backup.watch import Cluster

BASE = "webha-bin"  # the logs' name, in MariaDB's folder
LOGS = PLACE / "logs"
ROTATED = 16 << 20  # bytes: a larger log that is being written is ended first, as that one is copied each time
WAITED = 150.0  # seconds for the other nodes, which do the same


@dataclass(frozen=True)
class Span:
    """Saved logs: restic's ``id``, of which ``node``; with all that was committed there before ``when`` (seconds of the epoch)."""

    id: str
    node: str
    when: float


def attend(cluster: Cluster) -> None:
    """Save this node's; what the timer is for. While a point is made, tried or brought back nothing is saved."""
    with suppress(watch.OccupiedError), watch.alone(cluster, WAITED):
        save(cluster)


def save(cluster: Cluster) -> None:
    """Save them, under the lock; what came of it is remembered on the volume. Raises BackupError."""
    known = record.state(cluster.folder).get("logs", {})
    at = time.time()
    try:
        _save(cluster, at)
    except (BackupError, OSError) as error:
        before = known.get(cluster.node, {}).get("at", 0.0)
        record.remember(cluster.folder, logs={**known, cluster.node: {"at": before, "why": str(error)}})
        raise
    record.remember(cluster.folder, logs={**known, cluster.node: {"at": at, "why": ""}})


def _save(cluster: Cluster, at: float) -> None:
    repository.unlocked()
    if asked("SET SESSION wsrep_sync_wait=1; SELECT @@log_bin").strip() != "1":
        raise BackupError("MariaDB of this node keeps no binary logs: set galera_binlog and run tasks/galera.py")
    staged(LOGS)
    repository.saved(LOGS, cluster.name, (repository.LOG_TAG, f"node={cluster.node}"), at, cluster.limit)


def staged(folder: Path) -> None:
    """Have the logs as they are now in ``folder``."""
    names = _logs()
    if names[-1][1] > ROTATED:
        asked("FLUSH LOCAL BINARY LOGS")
        names = _logs()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in folder.iterdir():
        if path.name not in {name for name, _ in names}:
            path.unlink()
    for name, _ in names[:-1]:
        _linked(logs_folder() / name, folder / name)
    name, size = names[-1]
    (folder / name).unlink(missing_ok=True)
    with (logs_folder() / name).open("rb") as log, (folder / name).open("wb") as copy:
        copy.write(log.read(size))


def _logs() -> list[tuple[str, int]]:
    rows = [line.split("\t") for line in asked("SHOW BINARY LOGS").splitlines()]
    return [(name, int(size)) for name, size, *_ in rows]


def _linked(log: Path, copy: Path) -> None:
    """Have the same file there: one that MariaDB removes meanwhile stays until it is saved."""
    if copy.exists() and copy.samefile(log):
        return
    copy.unlink(missing_ok=True)
    try:
        os.link(log, copy)
    except OSError:  # on another disk
        shutil.copy2(log, copy)


def spans(cluster: str, node: str) -> list[Span]:
    """Return what is saved of that node, the oldest first."""
    return [
        one for one in map(span, repository.points(cluster, repository.LOG_TAG)) if one is not None and one.node == node
    ]


def span(one: Point) -> Span | None:
    """Return what its tags say; None where they do not say it."""
    node = next((tag.removeprefix("node=") for tag in one.tags if tag.startswith("node=")), None)
    return None if node is None else Span(one.id, node, one.when)
