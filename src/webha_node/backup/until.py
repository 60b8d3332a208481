"""A restore point goes on to a given second: its dump in a mariadbd of its own, then what the binary logs have, and a dump of that.

The site is touched by none of it: what cannot be gone through is refused before.
"""

import re
import shutil
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

from webha_node.backup import binlog, record, repository, scratch
from webha_node.backup.binlog import DOMAIN, LOGS, SERVER
from webha_node.backup.gather import PLACE
from webha_node.backup.record import Record
from webha_node.backup.repository import BackupError, Point
from webha_node.backup.scratch import Scratch

BROUGHT = PLACE / "back-logs"
_NUMBER = re.compile(rf"\bGTID {DOMAIN}-\d+-(\d+)\b".encode())
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
    parts = binlog.chain(binlog.spans(point.cluster, told.galera), binlog.number(told.gtid), until)
    dump, gone = folder / record.DUMP, 0
    with scratch.mariadbd(folder, told.database) as server:
        server.load(dump)
        start = binlog.number(told.gtid)
        for one in parts:
            begin, start = start, _replayed(server, one.id, told, start, until)
            gone += start - begin
        server.dump(dump)
    return gone


def _replayed(server: Scratch, saved: str, told: Record, start: int, until: float) -> int:
    """Go through saved logs from the transaction after ``start``; return the last one that was gone through."""
    shutil.rmtree(BROUGHT, ignore_errors=True)
    BROUGHT.mkdir(mode=0o700, parents=True)
    try:
        repository.brought(saved, BROUGHT)
        logs = sorted((BROUGHT / str(LOGS).lstrip("/")).iterdir())
        words = (
            "mariadb-binlog",
            "--no-defaults",
            f"--start-position={DOMAIN}-{SERVER}-{start}",
            f"--database={told.database}",
            f"--stop-datetime={repository.local(until)}",
            *map(str, logs),
        )
        text = BROUGHT / "replay.sql"
        with text.open("wb") as file:
            done = subprocess.run(words, stdout=file, stderr=subprocess.PIPE, check=False, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            said = done.stderr.decode("utf-8", "replace").strip()[-300:]
            raise BackupError(f"the binary logs cannot be read from transaction {start} on: {said}")
        with text.open("rb") as lines:
            end = whole(lines, start)
        server.load(text)
    finally:
        shutil.rmtree(BROUGHT, ignore_errors=True)
    return end


def whole(lines: Iterable[bytes], start: int) -> int:
    """Return the last of the transactions in ``lines``, which follow ``start`` one after the other. Raises BackupError where one is missing."""
    end = start
    for line in lines:
        if line.startswith(b"#") and (found := _NUMBER.search(line)) is not None:
            if int(found[1]) != end + 1:
                raise BackupError(
                    f"the binary logs go from transaction {end} to {int(found[1])}: what is between is missing"
                )
            end += 1
    return end
