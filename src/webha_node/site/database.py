"""The site's database as a file beside its release, and back."""

import subprocess
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from webha_node.site.change import ChangeError
from webha_node.sql import SOCKET, client

ENDING = 120.0  # seconds that requests of before may take to end
# All of a database at one moment; no LOCK TABLES in it, which Galera does not replicate.
DUMPED = ("--single-transaction", "--quick", "--skip-add-locks", "--routines", "--triggers", "--events")
SITES_OWN = "SELECT id FROM information_schema.processlist WHERE db='{}' AND user NOT IN ('root', 'system user')"


class DatabaseError(ChangeError):
    """What MariaDB said where a dump or a restore did not go through."""


def dump(database: str, path: Path) -> None:
    """Write all of the database, as it is at one moment, into ``path``, which is seen whole or not at all. Root's alone."""
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    words = (
        *("mariadb-dump", "--no-defaults", "--protocol=socket", f"--socket={SOCKET}", "--user=root"),
        *(*DUMPED, database),
    )
    with part.open("wb") as file:
        wrong = _piped(words, ("gzip", "-1"), file)
    if wrong:
        part.unlink()
        raise DatabaseError(f"the database {database} could not be dumped: {wrong}")
    part.rename(path)


def restore(database: str, path: Path, account: str = "") -> None:
    """Make the database what ``path`` has, and nothing else. Nothing is removed for a file that is broken (one whose name ends with .gz).

    The site's ``account`` is let in by no node meanwhile: a page that found half of the tables would write what it made of them into the site's
    caches, after they were rebuilt. Done again it lets it in at its end.
    """
    packed = path.suffix == ".gz"
    test = ("gzip", "-t", str(path)) if packed else ("test", "-r", str(path))
    tried = subprocess.run(test, capture_output=True, check=False, text=True)
    wrong = tried.stderr.strip() or ("it is broken" if tried.returncode else "")
    if not wrong:
        with _shut_out(account):
            empty(database)
            wrong = _piped(("gzip", "-dc", str(path)) if packed else ("cat", str(path)), (*client(), database), None)
    if wrong:
        raise DatabaseError(f"{path} could not be restored into the database {database}: {wrong}")


@contextmanager
def _shut_out(account: str) -> Generator[None]:
    if not account:
        yield
        return
    ask(f"ALTER USER '{account}'@localhost ACCOUNT LOCK; KILL HARD USER '{account}'@localhost")
    try:
        yield
    finally:
        ask(f"ALTER USER '{account}'@localhost ACCOUNT UNLOCK")


def settled(database: str) -> None:
    """Wait for the requests, and cron, that use the database now: they end with what they began. Raises DatabaseError where they do not."""
    begun, end = set(ask(SITES_OWN.format(database)).split()), time.monotonic() + ENDING
    while left := begun & set(ask(SITES_OWN.format(database)).split()):
        if time.monotonic() > end:
            raise DatabaseError(
                f"{len(left)} requests of before, or cron, still use the database {database} after {ENDING:.0f} s: SHOW PROCESSLIST; try again when they have ended"
            )
        time.sleep(0.2)


def empty(database: str) -> None:
    """Remove every table and view of the database, whatever their names."""
    drops = ask(
        "SELECT CONCAT('DROP ', IF(table_type='VIEW', 'VIEW', 'TABLE'), ' IF EXISTS `', REPLACE(table_schema, '`', '``'), '`.`', "
        f"REPLACE(table_name, '`', '``'), '`;') FROM information_schema.tables WHERE table_schema='{database}'"
    )
    ask(f"USE `{database}`; SET FOREIGN_KEY_CHECKS=0; {drops}")  # in it: binary logs are gone through by database


def ask(statements: str) -> str:
    """Have MariaDB do what root asks; return what it says, as it is."""
    done = subprocess.run((*client(), "--raw"), input=statements, capture_output=True, check=False, text=True)
    if done.returncode != 0:
        raise DatabaseError(done.stderr.strip())
    return done.stdout


def _piped(source: Sequence[str], target: Sequence[str], file: IO[bytes] | None) -> str:
    """Have the one program read what the other writes; return what went wrong. Neither waits for one that has ended."""
    giving = subprocess.Popen(source, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    taking = subprocess.Popen(target, stdin=giving.stdout, stdout=file or subprocess.DEVNULL, stderr=subprocess.PIPE)
    if giving.stdout is not None:
        giving.stdout.close()  # or the giver would never hear that nobody reads any more
    _, said = taking.communicate()
    if taking.returncode != 0:
        with suppress(OSError):
            giving.kill()
    told = giving.stderr.read() if giving.stderr is not None else b""
    ended = giving.wait()
    if taking.returncode == 0 and ended == 0:
        return ""
    words = (said if taking.returncode != 0 else told).decode("utf-8", "replace").strip()
    return words or f"{source[0]} ended with {ended}, {target[0]} with {taking.returncode}"
