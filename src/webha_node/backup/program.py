"""The restore points' program: ``node.pyz backup UNIT`` by the timer; JSON on standard input for what a run asks of it.

Ends with 1 and a sentence on standard error where nothing came of it.
"""

import json
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from webha_node.backup import binlog, drill, record, repository, restoring, watch
from webha_node.backup.gather import Gathering
from webha_node.backup.repository import BackupError
from webha_node.backup.watch import Cluster


@dataclass(frozen=True)
class Values:
    """Where the site is, and how long its points are kept: restic's periods and their numbers; ``limit``: KiB a second, 0: none; ``log_days``: for how many binary logs are kept, 0: there are none."""

    name: str
    cluster: str
    root: str
    vip: str
    brick: str
    volume: str
    database: str
    user: str
    limit: int
    log_days: int
    keep: dict[str, str]


def main(values: Values) -> None:
    """Do what standard input says; with none, what the timer is for."""
    text = "" if sys.stdin is None or sys.stdin.isatty() else sys.stdin.read()
    asked = json.loads(text) if text.strip() else {"do": "attend"}
    cluster = Cluster(
        name=values.cluster,
        node=values.name,
        vip=values.vip,
        gathering=Gathering(Path(values.root), Path(values.brick), values.volume, values.database, values.name),
        keep=values.keep,
        limit=values.limit,
        log_days=values.log_days,
    )
    try:
        DONE[asked.pop("do")](cluster, values, **asked)
    except (BackupError, OSError, ValueError) as error:
        sys.exit(f"refused: {error}")


def attend(cluster: Cluster, _: Values) -> None:
    """Make a point, or stand by."""
    watch.attend(cluster, ("last", "failed"), lambda: watch.make(cluster, ()))


def make(cluster: Cluster, _: Values, tags: list[str]) -> None:
    """Make a point here and now; say its id."""
    with watch.alone(cluster):
        print(watch.make(cluster, tuple(tags)))


def begin(cluster: Cluster, _: Values, second: str = "") -> None:
    """Make the repository, where there is none, and say so; have the password ``second`` open it too. Both are remembered on the volume."""
    if not repository.exists():
        repository.restic("init", seconds=300)
        print("made")
    if second:
        repository.opened_by(second)
    with suppress(watch.OccupiedError), watch.alone(cluster, 60):
        record.remember(
            cluster.folder,
            begun=repository.settings()["RESTIC_REPOSITORY"],
            second=record.fingerprint(second) if second else None,
        )


def look(_: Cluster, __: Values) -> None:
    """Say whether the repository is seen from here."""
    print("yes" if repository.exists() else "no")


def points(cluster: Cluster, _: Values) -> None:
    """Say the points that are there, as JSON, the oldest first."""
    print(json.dumps([{**vars(one), "when": one.when} for one in repository.points(cluster.name)]))


def restore(cluster: Cluster, values: Values, **how: str) -> None:
    """Bring a point back; see :mod:`webha_node.backup.restoring`."""
    restoring.restore(cluster, values.user, restoring.Wish(**how))
    record.remember(cluster.folder, begun=repository.settings()["RESTIC_REPOSITORY"])


def drilled(cluster: Cluster, _: Values) -> None:
    """Restore the newest point into a scratch database and folder, here and now; see :mod:`webha_node.backup.drill`."""
    with watch.alone(cluster):
        drill.drill(cluster)


def logs(cluster: Cluster, _: Values) -> None:
    """Save this node's binary logs; by the timer, and before a restore goes on to a second."""
    binlog.attend(cluster)


def attempt(cluster: Cluster, _: Values) -> None:
    """Do the same on one of the nodes, by the timer."""
    drill.attend(cluster)


DONE: dict[str, Callable[..., None]] = {
    "attend": attend,
    "make": make,
    "begin": begin,
    "look": look,
    "points": points,
    "restore": restore,
    "logs": logs,
    "drill": drilled,
    "try": attempt,
}
