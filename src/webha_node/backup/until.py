"""A restore point goes on to a given second: its dump in a mariadbd of its own, then what the binary logs have, and a dump of that.

The site is touched by none of it: what cannot be gone through is refused before.
"""

import os
import shutil
import subprocess
import time
from pathlib import Path

from webha_node.backup import binlog, record, repository, scratch, transactions
from webha_node.backup.binlog import LOGS
from webha_node.backup.gather import PLACE
from webha_node.backup.record import Record
from webha_node.backup.repository import BackupError, Point
from webha_node.backup.transactions import Printed

BROUGHT = PLACE / "back-logs"
_DUMPS, _LOGS = 4.0, 3.0  # times that a dump, and logs, are on the disk at once: loaded, printed, dumped again
_FORMS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M")


class UnreachedError(BackupError):
    """No logs go from this point to that second."""


def second(text: str) -> float:
    """Return the second (of the epoch) that a person means by this machine's clock. Raises BackupError."""
    for form in _FORMS:
        try:
            return time.mktime(time.strptime(text, form))
        except (ValueError, OverflowError):
            continue
    raise BackupError(f"until is {text!r}: say a time of this site's nodes as 2026-11-25 12:00:00")


def reached(point: Point, told: Record, until: float, folder: Path) -> list[Path]:
    """Bring the logs that go from the point to that second into ``folder``; return them. Raises UnreachedError where none do."""
    if not told.log:
        raise UnreachedError(
            f"the point {point.id} was made without binary logs (galera_binlog): it cannot go on from there"
        )
    known = binlog.spans(point.cluster, told.node)
    late = [one for one in known if one.when >= until]
    if not late:
        reach = f"they reach {repository.local(known[-1].when)}" if known else "there are none"
        raise UnreachedError(f"no binary logs of {told.node}'s of up to {repository.local(until)} are saved: {reach}")
    for one in (late[-1], late[0]):  # all that was written; what was not yet removed
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700, parents=True)
        repository.room(one.id, folder, _LOGS)
        repository.brought(one.id, folder)
        logs = sorted((folder / str(LOGS).lstrip("/")).iterdir())
        found = [log for log in logs if log.name >= told.log]
        if found and found[0].name == told.log and record.same(found[0], told.head):
            return found
    raise UnreachedError(
        f"{told.node}'s binary logs no longer have what follows the point {point.id}: it got a full copy of the database since, or galera_binlog_days are over"
    )


def advanced(told: Record, folder: Path, logs: list[Path], until: float) -> int:
    """Make the dump in ``folder`` what the database was when that second began; return how many transactions that took.

    Raises BackupError where the ``logs``, which follow the point, cannot be gone through.
    """
    dump, text = folder / record.DUMP, folder / "replay.sql"
    repository.room_for(folder, dump.stat().st_size * _DUMPS)
    words = (
        *("mariadb-binlog", "--no-defaults", "--skip-annotate-row-events"),
        *(f"--start-position={told.position}", f"--stop-datetime={_utc(until)}"),
    )
    names = [str(one) for one in logs]
    everything = _printed((*words, "--base64-output=decode-rows", *names), text)
    taken = _printed((*words, f"--database={told.database}", *names), text)
    if lost := transactions.passed_over(everything, taken, told.database):
        raise BackupError(
            f"{told.database} was changed by {' '.join(lost[0].split())[:200]!r} from a session of another database, which cannot be gone through: "
            "restore a point that was made after it"
        )
    with scratch.mariadbd(folder, told.database, told.charset, told.collation) as server:
        server.load(dump)
        server.load(text)
        server.dump(dump)
    return everything.transactions


def _printed(words: tuple[str, ...], path: Path) -> Printed:
    with path.open("wb") as file:
        done = subprocess.run(
            words,
            stdout=file,
            stderr=subprocess.PIPE,
            check=False,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "TZ": "UTC"},
        )
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip()[-300:]
        raise BackupError(f"the binary logs cannot be read: {said}")
    with path.open("rb") as lines:
        return transactions.read(lines)


def _utc(when: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(when))
