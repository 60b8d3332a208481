"""The site's database as a file beside its release, and back."""

import subprocess
from pathlib import Path

from webha_node.site.change import ChangeError
from webha_node.sql import SOCKET, client

_PATIENCE = 3600.0  # seconds


class DatabaseError(ChangeError):
    """What MariaDB said where a dump or a restore did not go through."""


def dump(database: str, path: Path) -> None:
    """Write all of the database, as it is at one moment, into ``path``, which is seen whole or not at all. Root's alone.

    No LOCK TABLES in it: Galera replicates no locks.
    """
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    words = (
        *("mariadb-dump", "--no-defaults", "--protocol=socket", f"--socket={SOCKET}", "--user=root"),
        *("--single-transaction", "--quick", "--skip-add-locks", "--routines", "--triggers", "--events", database),
    )
    with part.open("wb") as file:
        dumping = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        packed = subprocess.run(("gzip", "-1"), stdin=dumping.stdout, stdout=file, check=False, timeout=_PATIENCE)
        said = dumping.stderr.read().decode("utf-8", "replace") if dumping.stderr else ""
        if dumping.wait() != 0 or packed.returncode != 0:
            part.unlink()
            raise DatabaseError(f"the database {database} could not be dumped: {said.strip() or 'gzip failed'}")
    part.rename(path)


def restore(database: str, path: Path) -> None:
    """Make the database what ``path`` has, and nothing else."""
    empty(database)
    unpacking = subprocess.Popen(("gzip", "-dc", str(path)), stdout=subprocess.PIPE)
    done = subprocess.run((*client(), database), stdin=unpacking.stdout, capture_output=True, check=False, text=True)
    if unpacking.wait() != 0 or done.returncode != 0:
        raise DatabaseError(f"{path} could not be restored into the database {database}: {done.stderr.strip()}")


def empty(database: str) -> None:
    """Remove every table and view of the database."""
    tables = ask(f"SELECT table_name, table_type FROM information_schema.tables WHERE table_schema='{database}'")
    drops = [
        f"DROP {'VIEW' if kind == 'VIEW' else 'TABLE'} IF EXISTS `{database}`.`{name}`;"
        for name, kind in (line.split("\t") for line in tables.splitlines())
    ]
    ask("SET FOREIGN_KEY_CHECKS=0; " + " ".join(drops))


def ask(statements: str) -> str:
    """Have MariaDB do what root asks; return what it says."""
    done = subprocess.run(client(), input=statements, capture_output=True, check=False, text=True)
    if done.returncode != 0:
        raise DatabaseError(done.stderr.strip())
    return done.stdout
