"""A restore point goes on to a given second: its dump in a mariadbd of its own, then what the binary logs have, and a dump of that.

The site is touched by none of it: what cannot be gone through is refused before.
"""

import os
import shutil
import subprocess
import time
from pathlib import Path

from webha_node.backup import binlog, record, repository, scratch, transactions
from webha_node.backup.binlog import DOMAIN, LOGS, SERVER
from webha_node.backup.gather import PLACE
from webha_node.backup.record import Record
from webha_node.backup.repository import BackupError, Point
from webha_node.backup.scratch import Scratch
from webha_node.backup.transactions import Printed

BROUGHT = PLACE / "back-logs"
_DUMPS, _LOGS = 4.0, 3.0  # times that a dump, and logs, are on the disk at once: loaded, printed, dumped again
_FORMS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M")


def second(text: str) -> float:
    """Return the second (of the epoch) that a person means by this machine's clock. Raises BackupError."""
    for form in _FORMS:
        try:
            return time.mktime(time.strptime(text, form))
        except (ValueError, OverflowError):
            continue
    raise BackupError(f"until is {text!r}: say a time of this site's nodes as 2026-11-25 12:00:00")


def advanced(point: Point, told: Record, folder: Path, until: float) -> int:
    """Make the dump in ``folder`` what the database was when that second began; return how many transactions that took.

    Raises BackupError where the logs do not reach from the point to it, have a hole, or cannot be gone through.
    """
    if not told.gtid:
        raise BackupError(
            f"the point {point.id} was made without binary logs (galera_binlog): it cannot go on from there"
        )
    known = binlog.spans(point.cluster, told.galera)
    parts = binlog.chain(known, binlog.number(told.gtid), until)
    dump, start = folder / record.DUMP, binlog.number(told.gtid)
    repository.room_for(folder, dump.stat().st_size * _DUMPS)
    for one in parts:
        repository.room(one.id, folder, _LOGS)
    with scratch.mariadbd(folder, told.database, told.charset, told.collation) as server:
        server.load(dump)
        for one in parts:
            start = _replayed(server, one.id, told, start, until)
        least = max((one.last for one in known if one.when <= until), default=0)
        if start < least:
            raise BackupError(
                f"the binary logs end with transaction {start}, and {least} was there before {repository.local(until)}: the nodes' clocks are apart"
            )
        server.dump(dump)
    return start - binlog.number(told.gtid)


def _replayed(server: Scratch, saved: str, told: Record, start: int, until: float) -> int:
    """Go through saved logs from the transaction after ``start``; return the last one that was gone through."""
    shutil.rmtree(BROUGHT, ignore_errors=True)
    BROUGHT.mkdir(mode=0o700, parents=True)
    try:
        repository.brought(saved, BROUGHT)
        logs = sorted((BROUGHT / str(LOGS).lstrip("/")).iterdir())
        words = (
            *("mariadb-binlog", "--no-defaults", "--skip-annotate-row-events"),
            *(f"--start-position={DOMAIN}-{SERVER}-{start}", f"--stop-datetime={_utc(until)}"),
        )
        text = BROUGHT / "replay.sql"
        names = [str(one) for one in logs]
        everything = _printed((*words, "--base64-output=decode-rows", *names), BROUGHT / "all.txt", start)
        taken = _printed((*words, f"--database={told.database}", *names), text, start)
        if lost := transactions.passed_over(everything, taken, told.database):
            raise BackupError(
                f"{told.database} was changed by {' '.join(lost[0].split())[:200]!r} from a session of another database, which cannot be gone through: "
                "restore a point that was made after it"
            )
        server.load(text)
    finally:
        shutil.rmtree(BROUGHT, ignore_errors=True)
    return everything.end


def _printed(words: tuple[str, ...], path: Path, start: int) -> Printed:
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
        raise BackupError(f"the binary logs cannot be read from transaction {start} on: {said}")
    with path.open("rb") as lines:
        return transactions.read(lines, start)


def _utc(when: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(when))
