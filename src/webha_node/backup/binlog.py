"""MariaDB's binary logs, saved every few minutes, so that a restore point can go on to a given second.

Every node keeps them (``galera_binlog``), with the same GTIDs of one domain; one node at a time saves its own, the same one while it can. What is
saved says from which transaction to which it reaches: a node that got a full copy has logs since then only, and another one's have what was before.
"""

import os
import re
import shutil
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from webha_node.backup import record, repository, watch
from webha_node.backup.gather import PLACE
from webha_node.backup.repository import BackupError, Point
from webha_node.backup.watch import Cluster
from webha_node.commands import run
from webha_node.sql import client

BASE = "webha-bin"  # the logs' name, in MariaDB's folder
DOMAIN = 0  # of the GTIDs that the cluster gives: a cluster that runs keeps the one it began with, which was this
SERVER = 1  # every node says that it is this one
LOGS = PLACE / "logs"
ROTATED = 16 << 20  # bytes: a larger log that is being written is ended first, as that one is copied each time
_OTHERS_WAIT, _HOLDER_WAITS = 10.0, 20.0  # seconds that they leave to the node that did it last
_JUST = 30.0  # seconds: saved so lately is saved now
_EVENTS = 50  # events at a log's beginning in which its first transaction is looked for


@dataclass(frozen=True)
class Span:
    """Saved logs: restic's ``id``, of which ``node`` and Galera cluster (``galera``, its UUID); all transactions after ``first`` up to ``last``, those committed before ``when`` (seconds of the epoch)."""

    id: str
    node: str
    galera: str
    first: int
    last: int
    when: float


def attend(cluster: Cluster) -> None:
    """Save them, where no other node does; what the timer is for. While a point is made or comes back nothing is saved."""
    folder, begun = watch.prepared(cluster), time.time()
    before = record.state(folder).get("logs", {})
    time.sleep(
        0
        if before.get("node") == cluster.node and not before.get("why")
        else _HOLDER_WAITS
        if cluster.holds()
        else _OTHERS_WAIT
    )
    with (folder / watch.LOCK).open("a") as file:
        if not watch.locked(file):
            return
        time.sleep(watch.CACHED)
        if float(record.state(folder).get("logs", {}).get("at", 0)) < begun - _JUST:
            save(cluster)
        else:  # another node does it: what this one linked, when it did, would keep what MariaDB has removed
            shutil.rmtree(LOGS, ignore_errors=True)


def save(cluster: Cluster) -> None:
    """Save this node's, under the lock; what came of it is remembered on the volume. Raises BackupError."""
    known = record.state(cluster.folder).get("logs", {})
    try:
        made = _save(cluster)
    except (BackupError, OSError) as error:
        record.remember(cluster.folder, logs={"at": 0.0, **known, "node": cluster.node, "why": str(error)})
        raise
    record.remember(cluster.folder, logs=made)


def _save(cluster: Cluster) -> dict[str, Any]:
    at = time.time()
    repository.unlocked()
    uuid, last = where_it_is()
    if last is None:
        raise BackupError("MariaDB of this node keeps no binary logs: set galera_binlog and run tasks/galera.py")
    first = staged(LOGS, last)
    tags = (repository.LOG_TAG, f"node={cluster.node}", f"galera={uuid}", f"first={first}", f"last={last}")
    said = repository.saved(LOGS, cluster.name, tags, at, cluster.limit)
    return {"at": at, "node": cluster.node, "added": said.get("data_added_packed", said.get("data_added")), "why": ""}


def where_it_is() -> tuple[str, int | None]:
    """Return the Galera cluster's UUID, and the last transaction in this node's logs, which has all that the cluster committed; None: it keeps none."""
    uuid, kept, gtid = _asked(
        "SET SESSION wsrep_sync_wait=1; SELECT VARIABLE_VALUE FROM information_schema.global_status WHERE VARIABLE_NAME='wsrep_cluster_state_uuid'; "
        "SELECT CONCAT('=', IFNULL(@@log_bin_basename, '')); SELECT CONCAT('=', @@gtid_binlog_pos)"
    ).split()
    return uuid, number(gtid) if kept.endswith(f"/{BASE}") else None


def number(gtid: str) -> int:
    """Return the transaction's number in the cluster's domain, 0 where none was yet."""
    found = re.search(rf"(?:^|[^0-9-]){DOMAIN}-\d+-(\d+)", gtid)
    return int(found[1]) if found else 0


def staged(folder: Path, last: int) -> int:
    """Have the logs as they are now in ``folder``; return the transaction after which they begin: ``last`` where they have none yet."""
    names = _logs()
    if names[-1][1] > ROTATED:
        _asked("FLUSH LOCAL BINARY LOGS")
        names = _logs()
    source = Path(_asked("SELECT @@log_bin_basename").strip()).parent
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in folder.iterdir():
        if path.name not in {name for name, _ in names}:
            path.unlink()
    for name, _ in names[:-1]:
        _linked(source / name, folder / name)
    name, size = names[-1]
    (folder / name).unlink(missing_ok=True)
    with (source / name).open("rb") as log, (folder / name).open("wb") as copy:
        copy.write(log.read(size))
    return _first(names[0][0], last)


def _logs() -> list[tuple[str, int]]:
    rows = [line.split("\t") for line in _asked("SHOW BINARY LOGS").splitlines()]
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


def _first(log: str, last: int) -> int:
    said = _asked(f"SHOW BINLOG EVENTS IN '{log}' LIMIT {_EVENTS}").splitlines()
    begun = next((number(line.split("GTID ", 1)[1]) for line in said if f"GTID {DOMAIN}-" in line), 0)
    listed = next((number(line.split("[", 1)[1]) for line in said if "\tGtid_list\t" in line and "[" in line), 0)
    return begun - 1 if begun else listed or last


def spans(cluster: str, galera: str) -> list[Span]:
    """Return what is saved of that Galera cluster, the oldest first."""
    found = [span(one) for one in repository.points(cluster, repository.LOG_TAG)]
    return [one for one in found if one is not None and one.galera == galera]


def span(one: Point) -> Span | None:
    """Return what its tags say; None where they do not say it."""
    words = dict(tag.split("=", 1) for tag in one.tags if "=" in tag)
    with suppress(LookupError, ValueError):
        return Span(one.id, words["node"], words["galera"], int(words["first"]), int(words["last"]), one.when)
    return None


def chain(known: Iterable[Span], start: int, until: float) -> list[Span]:
    """Return whose logs, one after the other, have all transactions after ``start`` up to that second. Raises BackupError where none have."""
    left = sorted(known, key=lambda one: one.when)
    if not left or left[-1].when < until:
        reach = f"they reach {repository.local(left[-1].when)}" if left else "there are none"
        raise BackupError(f"no binary logs of up to {repository.local(until)} are saved: {reach}")
    # Of those that were saved after that second the last one that reaches back by itself; else others go before it.
    reaching = [one for one in left if one.when >= until]
    final = next((one for one in reversed(reaching) if one.first <= start), reaching[0])
    found = [final]
    while found[0].first > start:
        before = [one for one in left if one.first < found[0].first <= one.last]
        if not before:
            raise BackupError(
                f"the binary logs that are saved begin after that point: {found[0].node}'s with transaction {found[0].first + 1}, the point ends with {start}"
            )
        found.insert(0, min(before, key=lambda one: (max(one.first, start), -one.last)))
    return found


def _asked(statement: str) -> str:
    done = run(*client(), "-e", statement, seconds=60)
    if done.returncode != 0:
        raise BackupError(f"MariaDB of this node does not answer: {done.stderr.strip()}")
    return done.stdout
