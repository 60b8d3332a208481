"""A mariadbd of its own for a moment: root's, without network and Galera, in a folder that goes afterwards."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from webha_node.backup.repository import BackupError
from webha_node.commands import run
from webha_node.site.database import DUMPED

_STARTING = 120.0  # seconds


class Scratch:
    """The server behind ``socket``, with one database."""

    def __init__(self, socket: Path, database: str) -> None:
        """Ask it nothing yet."""
        self._way = ("--no-defaults", "--protocol=socket", f"--socket={socket}", "--user=root")
        self._client = ("mariadb", *self._way, "--max-allowed-packet=1G", "--binary-mode", "-N", "-B", database)
        self._database = database

    def ask(self, statement: str, seconds: float = 3600.0) -> str:
        """Return what it answers. Raises BackupError."""
        done = run(*self._client, "-e", statement, seconds=seconds)
        if done.returncode != 0:
            raise BackupError(f"the scratch database says: {done.stderr.strip()[-300:]}")
        return done.stdout

    def load(self, dump: Path) -> None:
        """Take a dump in. Raises BackupError."""
        with dump.open("rb") as file:
            done = subprocess.run(self._client, stdin=file, capture_output=True, check=False)
        if done.returncode != 0:
            raise BackupError(f"{dump.name} cannot be loaded: {done.stderr.decode('utf-8', 'replace').strip()[-300:]}")

    def dump(self, path: Path) -> None:
        """Write all of the database into ``path``, as a restore point has it. Raises BackupError."""
        with path.open("wb") as file:
            done = subprocess.run(
                ("mariadb-dump", *self._way, *DUMPED, self._database), stdout=file, stderr=subprocess.PIPE, check=False
            )
        if done.returncode != 0:
            said = done.stderr.decode("utf-8", "replace").strip()[-300:]
            raise BackupError(f"the scratch database cannot be dumped: {said}")


@contextmanager
def mariadbd(folder: Path, database: str, charset: str, collation: str) -> Iterator[Scratch]:
    """Have one below ``folder`` for a ``database`` of that name, as the site's is made. Raises BackupError where it does not start."""
    data, socket, log = folder / "mysql", folder / "mysql.sock", folder / "mysql.log"
    data.mkdir(mode=0o700)
    made = run(
        "mariadb-install-db", "--no-defaults", "--user=root", f"--datadir={data}", "--skip-test-db", seconds=_STARTING
    )
    if made.returncode != 0:
        raise BackupError(f"no scratch database can be made: {(made.stderr + made.stdout).strip()[-300:]}")
    words = (
        *(
            "nice",
            "-n",
            "15",
            "mariadbd",
            "--no-defaults",
            "--user=root",
            f"--datadir={data}",
            f"--socket={socket}",
            f"--pid-file={folder}/mysql.pid",
        ),
        *(
            "--skip-networking",
            "--event-scheduler=OFF",
            "--max-allowed-packet=1G",
            "--wsrep-on=OFF",
            "--skip-log-bin",
            f"--log-error={log}",
            f"--tmpdir={folder}",
        ),
        *(
            "--innodb-flush-log-at-trx-commit=0",
            "--innodb-doublewrite=OFF",
            "--innodb-buffer-pool-size=128M",
            "--plugin-load=",
        ),
    )
    with subprocess.Popen(
        words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            end = time.monotonic() + _STARTING
            while (
                run(
                    "mariadb",
                    "--no-defaults",
                    f"--socket={socket}",
                    "-e",
                    f"CREATE DATABASE IF NOT EXISTS `{database}` CHARACTER SET {charset} COLLATE {collation}",
                ).returncode
                != 0
            ):
                if server.poll() is not None or time.monotonic() > end:
                    said = log.read_text(errors="replace")[-300:] if log.exists() else "nothing"
                    raise BackupError(f"the scratch database does not start: {said}")
                time.sleep(0.2)
            yield Scratch(socket, database)
        finally:
            server.kill()
            server.wait()
            shutil.rmtree(data, ignore_errors=True)
