"""What Galera's keeper sees and does on a real node: systemd, mariadbd, its data directory, Pacemaker's attributes."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from webha_node import attributes, sql
from webha_node.commands import said
from webha_node.galera.decisions import Position, Seen
from webha_node.grastate import Grastate, parse, position

DATA = Path("/var/lib/mysql")
NOTES = Path("/run/webha")
PORT = 4567
ROOM = 200_000_000  # bytes
RECOVERY = 900.0
_SHOWN = "ActiveState,Job,UnitFileState,InactiveEnterTimestampMonotonic,MainPID"
_SQL = "SHOW GLOBAL STATUS WHERE Variable_name IN ('wsrep_cluster_status', 'wsrep_cluster_state_uuid')"


class Machine:
    """The node ``name`` among ``nodes``, name to address."""

    def __init__(self, name: str, nodes: Mapping[str, str]) -> None:
        """Nothing was seen or begun yet."""
        self.name, self.nodes = name, nodes
        self.reason = self.kind = self.begun = self.standstill = ""
        self.work: subprocess.Popen[bytes] | None = None
        self.deadline = 0.0
        self.seen = Seen()

    def now(self) -> float:
        """Return a clock that only goes forward."""
        return time.monotonic()

    def boot(self) -> str:
        """Return what tells this keeper's values from those of one before it."""
        self.begun = self.begun or f"{int(time.monotonic() * 10):x}"
        return self.begun

    def look(self) -> Seen:
        """Return what there is to see of the mariadbd here."""
        shown = said("systemctl", "show", "-p", _SHOWN, "mariadb.service")
        if shown is None:
            self.seen = Seen(unit="active")  # systemd does not answer: unknown
            return self.seen
        unit = dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)
        status: dict[str, str] = {}
        if unit.get("ActiveState") == "active":
            answer = sql.ask(_SQL)
            if answer.returncode == 0:
                status = dict(line.lower().split("\t", 1) for line in answer.stdout.splitlines() if "\t" in line)
        state = status.get("wsrep_cluster_status")
        self.seen = Seen(
            unit=unit.get("ActiveState", "active"),
            queued=bool(unit.get("Job", "").strip("0")),
            enabled=unit.get("UnitFileState", "").startswith("enabled"),
            stopped_at=unit.get("InactiveEnterTimestampMonotonic", "0"),
            status="Primary" if state == "primary" else state,
            uuid=status.get("wsrep_cluster_state_uuid", ""),
        )
        return self.seen if state == "primary" else self._closer(unit.get("MainPID", "0"))

    def _closer(self, pid: str) -> Seen:
        written: Grastate | tuple[()] | None
        try:
            written = parse((DATA / "grastate.dat").read_text())
        except FileNotFoundError:
            written = ()
        except (OSError, ValueError):
            written = None
        ports, words = [], b""
        for name in ("tcp", "tcp6"):
            with contextlib.suppress(OSError):
                ports.append(Path(f"/proc/net/{name}").read_text())
        with contextlib.suppress(OSError):
            words = Path(f"/proc/{int(pid)}/cmdline").read_bytes()
        try:
            disk = os.statvfs(DATA)
            room = disk.f_bavail * disk.f_frsize >= ROOM and disk.f_bavail * 50 >= disk.f_blocks
        except OSError:
            room = False
        self.seen = replace(
            self.seen,
            listens=any(listens(one) for one in ports),
            new_cluster=b"wsrep-new-cluster" in words.replace(b"_", b"-"),
            grastate=written,
            room=room,
            job=self.kind if self.work is not None and self.work.poll() is None else "",
        )
        return self.seen

    def tell(self, text: str) -> bool:
        """Give the nodes this node's value; whether Pacemaker took it."""
        return said("attrd_updater", "-n", attributes.GALERA, "-p", "-U", text) is not None

    def hear(self) -> tuple[set[str], dict[str, str]]:
        """Return the members of this partition, and every node's value."""
        members = (said("crm_node", "-p") or "").split()
        told = said("attrd_updater", "-n", attributes.GALERA, "-A", "-Q") or ""
        return set(members), attributes.of_all(told, attributes.GALERA)

    def say(self, reason: str) -> None:
        """Tell people, once a change: the journal, and the status."""
        if self.seen.room is False:
            reason += "; the data directory has less than 200 MB or 2 % free, and nothing is started before it has more"
        if reason != self.reason:
            self.reason = reason
            print(reason, flush=True)
            with contextlib.suppress(OSError):
                (NOTES / "galera-keeper.said").write_text(f"{reason}\n")

    def recall(self) -> str:
        """Return what :meth:`remember` kept since the machine booted."""
        try:
            return str(json.loads((NOTES / "galera-keeper.json").read_text())["asked"])
        except (OSError, ValueError, KeyError):
            return ""

    def remember(self, asked: str) -> None:
        """Keep which standstill of mariadbd the keeper began."""
        NOTES.mkdir(exist_ok=True)
        place(NOTES / "galera-keeper.json", json.dumps({"asked": asked}))

    def stop(self) -> None:
        """Begin to stop mariadbd."""
        said("systemctl", "--no-block", "stop", "mariadb.service")

    def kill(self) -> None:
        """End a mariadbd that does not stop."""
        said("systemctl", "kill", "-s", "KILL", "mariadb.service")

    def start(self, again: bool) -> None:
        """Begin to start mariadbd, or to restart it."""
        said("systemctl", "reset-failed", "mariadb.service")
        said("systemctl", "--no-block", "restart" if again else "start", "mariadb.service")

    def recover(self) -> None:
        """Begin to read the position from the data directory, as the unit's own user, never beside a live mariadbd."""
        if not alive():
            self._begin("recovering", "runuser", "-u", "mysql", "--", "/usr/bin/galera_recovery")

    def recovered(self) -> Position | None:
        """Return the position once it is read; once."""
        work = self.work
        if work is None or (work.poll() is None and (self.kind == "bootstrapping" or self.now() < self.deadline)):
            return (
                None  # a galera_new_cluster that is killed would leave every later start a bootstrap; systemd bounds it
            )
        self.work = None
        if work.poll() is None:
            with contextlib.suppress(OSError):
                os.killpg(work.pid, signal.SIGKILL)
            work.wait()
        if self.kind != "recovering" or work.stdout is None:
            return None
        text = work.stdout.read().decode(errors="replace")
        found = position(text) if work.returncode == 0 else None
        return Position(self.standstill, *found) if found else Position(self.standstill)

    def _begin(self, kind: str, *words: str) -> None:
        self.kind, self.standstill, self.deadline = kind, self.seen.stopped_at, self.now() + RECOVERY
        output = subprocess.PIPE if kind == "recovering" else None
        self.work = subprocess.Popen(words, stdout=output, stdin=subprocess.DEVNULL, start_new_session=True)

    def bootstrap(self) -> None:
        """Make a new primary component of this node, if no peer listens."""
        loud = [name for name, address in self.nodes.items() if name != self.name and not refused(address)]
        if loud or alive():
            self.say(f"not bootstrapped: a database may run on {', '.join(loud) or self.name}")
            return
        path = DATA / "grastate.dat"
        text = path.read_text()
        if "safe_to_bootstrap:" in text:
            place(path, re.sub(r"^safe_to_bootstrap:.*$", "safe_to_bootstrap: 1", text, flags=re.MULTILINE))
        else:
            place(path, f"{text.rstrip()}\nsafe_to_bootstrap: 1\n")
        said("systemctl", "reset-failed", "mariadb.service")
        self._begin("bootstrapping", "galera_new_cluster")


def listens(table: str) -> bool:
    """Whether /proc/net/tcp (or tcp6) shows a listener on Galera's port."""
    rows = (line.split() for line in table.splitlines()[1:])
    return any(row[1].endswith(f":{PORT:04X}") and row[3] == "0A" for row in rows)


def refused(address: str) -> bool:
    """Whether nobody listens on Galera's port there: only a refusal says so."""
    try:
        socket.create_connection((address, PORT), timeout=2).close()
    except ConnectionRefusedError:
        return True
    except OSError:
        pass
    return False


def alive() -> bool:
    """Whether any process works in a data directory of MariaDB's, under systemd or not."""
    for path in Path("/proc").glob("[0-9]*/comm"):
        with contextlib.suppress(OSError):
            if path.read_text().strip() in ("mariadbd", "mysqld", "mariadb-backup", "mariabackup"):
                return True
    return False


def place(path: Path, text: str) -> None:
    """Write a file at once or not at all, with its owner and mode."""
    new = path.with_name(f"{path.name}.webha")
    with new.open("w") as file:
        with contextlib.suppress(FileNotFoundError):
            old = path.stat()
            os.fchown(file.fileno(), old.st_uid, old.st_gid)
            os.fchmod(file.fileno(), old.st_mode & 0o7777)
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
