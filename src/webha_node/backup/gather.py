"""What a restore point is made of, gathered in a folder of this node's own disk: the database, the volume, and what makes the machine ours.

The volume is read where its brick lies, which is whole (asked of Gluster before and after) and does not cost the pages a round trip a file.
All of it is copied first; in the moment in which no page runs, only what changed since in the folders that are written at all.
"""

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from webha_node.backup import healing, record
from webha_node.backup.listing import difference, listed
from webha_node.backup.repository import BackupError, OwnError, room_for
from webha_node.commands import run
from webha_node.site import apps, journal, layout
from webha_node.site.database import DUMPED
from webha_node.sql import SOCKET, client

PLACE = Path("/var/lib/webha/backup")
STAGE = PLACE / "point"
# Of the volume: Gluster's own, what is only for a moment, and the databases of releases that were left (they are for rollback, on this cluster).
LEFT = (
    "/.glusterfs",
    "/.glusterfs-anonymous-inode-*",
    "/.webha-backup",
    "/.webha-faults",
    "/lost+found",
    "/.webha-releases/*.sql.gz",
    "/.webha-releases/.lock",
    ".webha-files",
)
# Where in the binary logs the dump is, as a comment: its snapshot knows it, and nothing is locked for that.
_WITH_PLACE = ("--master-data=2",)
_PLACED = re.compile(rb"^-- CHANGE MASTER TO MASTER_LOG_FILE='([^']+)', MASTER_LOG_POS=(\d+);", re.MULTILINE)
_BEGUN = b"\nCREATE TABLE "
_MACHINE = {
    "packages": ("dpkg-query", "-W"),
    "cib.xml": ("cibadmin", "--query"),
    "volume.txt": ("gluster", "--mode=script", "volume", "info"),
    "restic.txt": ("restic", "version"),
}
_COPIED = ("/etc/webha/node.json", "/etc/corosync/corosync.conf", "/etc/hosts")


def _left(folder: str) -> tuple[str, ...]:
    """Return what of a folder that pages write is not in a point."""
    return (".webha-files",) if folder else LEFT


def asked(statement: str) -> str:
    """Return what MariaDB of this node answers. Raises BackupError."""
    done = run(*client(), "-e", statement, seconds=60)
    if done.returncode != 0:
        raise OwnError(f"MariaDB of this node does not answer: {done.stderr.strip()}")
    return done.stdout


def logs_folder() -> Path:
    """Return the folder in which MariaDB has its binary logs, where it keeps any."""
    return Path(asked("SELECT @@log_bin_basename").strip()).parent


@dataclass
class Gathering:
    """From ``brick``, the one that ``node`` has of ``volume``, and the ``database``; ``root`` is where the volume is mounted."""

    root: Path
    brick: Path
    volume: str
    database: str
    node: str
    stage: Path = STAGE
    _dumping: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _logs: bool = field(default=False, init=False)
    _seen: dict[str, dict[bytes, bytes]] = field(default_factory=dict, init=False)

    def before(self) -> None:
        """Copy the volume, whatever happens to it meanwhile. Raises BackupError where this node cannot."""
        self.stage.mkdir(parents=True, exist_ok=True)
        PLACE.chmod(0o700)
        self.abandoned()
        self._room()
        self._logs = asked("SELECT @@log_bin").strip() == "1"
        self.healed()
        before = {folder: listed(self.brick / folder, _left(folder)) for folder in self._written()}
        self._copied("", *LEFT)
        # What came and went meanwhile may be in the copy alone.
        copies = {folder: listed(self.stage / record.FILES / folder) for folder in before}
        self._seen = {folder: dict.fromkeys(copies[folder], b"") | before[folder] for folder in before}

    def at_once(self) -> None:
        """Take what changed since, and the database's snapshot: in the moment. Done again, after :meth:`abandoned`, it takes them again."""
        asked("SET SESSION wsrep_sync_wait=1; SELECT COUNT(*) FROM information_schema.schemata")
        dump = self.stage / record.DUMP
        with self._private(dump) as file:
            words = (
                *("mariadb-dump", "--no-defaults", "--protocol=socket", f"--socket={SOCKET}", "--user=root"),
                *(*DUMPED, *(_WITH_PLACE if self._logs else ()), self.database),
            )
            self._dumping = subprocess.Popen(words, stdout=file, stderr=subprocess.PIPE)
        for folder, before in list(self._seen.items()):
            self._again(folder, before)
        self._begun(dump)

    def after(self, cluster: str, when: float, why: str) -> record.Record:
        """Wait for the dump, gather what is of the machine, and write down what all of it is."""
        if self._dumping is None:
            raise BackupError("no dump was begun")
        _, said = self._dumping.communicate()
        if self._dumping.returncode != 0:
            raise BackupError(
                f"the database {self.database} could not be dumped: {said.decode('utf-8', 'replace').strip()}"
            )
        self._dumping = None
        self.healed()
        machine = self.stage / record.MACHINE
        machine.mkdir(exist_ok=True)
        for name, words in _MACHINE.items():
            (machine / name).write_text(run(*words, seconds=30).stdout)
        for path in map(Path, _COPIED):
            with suppress(OSError):
                (machine / path.name).write_bytes(path.read_bytes())
        tree = self.stage / record.FILES
        known = self._known()
        found = record.sums(tree, known)
        self._note(found)
        (self.stage / record.SUMS).write_text(record.listed(found), errors="surrogateescape")
        dump = self.stage / record.DUMP
        made = asked(
            f"SELECT default_character_set_name, default_collation_name FROM information_schema.schemata WHERE schema_name='{self.database}'"
        ).split()
        written = record.Record(
            when=when,
            node=self.node,
            why=why,
            cluster=cluster,
            database=self.database,
            root=str(self.root),
            app=self._known_app(),
            rows=record.rows(dump),
            files=len(found),
            size=dump.stat().st_size + sum(one[0] for one in found.values()),
            versions={"mariadb": asked("SELECT VERSION()").strip()},
            **self._place(dump),
            charset=made[0],
            collation=made[1],
        )
        record.write(self.stage, written)
        return written

    def abandoned(self) -> None:
        """End the dump that was begun, and have it gone: to make a large file empty takes longer than a moment has."""
        if self._dumping is not None:
            self._dumping.kill()
            self._dumping.communicate()
            self._dumping = None
        (self.stage / record.DUMP).unlink(missing_ok=True)

    def healed(self) -> None:
        """Wait until no brick owes a file to one that is there. Raises BackupError where that does not come."""
        healing.wait(self.volume, f"{self.node}:{self.brick}", self._lacking)

    def _lacking(self) -> str:
        """Return why the brick is not what the volume shows, or nothing."""
        missing = [one for one in self._written() if (self.root / one).is_dir() and not (self.brick / one).is_dir()]
        return f"{self.brick / missing[0]} is not on the brick, and on the volume it is" if missing else ""

    def release(self) -> tuple[str | None, str]:
        """Return which release runs, and what of a change of it is under way, empty: nothing is. Of code that is lost, why."""
        try:
            entry = journal.read(self.root)
            return layout.running(self.root), entry.phase if entry is not None and entry.unfinished else ""
        except layout.LayoutError as error:
            return str(error), ""

    def _written(self) -> list[str]:
        """Return the folders that pages write: what all releases share; of code at the top that is all that may be."""
        try:
            its = self._app()
        except layout.LayoutError:  # its code is lost: what is left of it is what a point can have
            return [""]
        return ["sites"] if its is apps.DRUPAL else [its.shared] if its.tables else [its.shared, ""]

    def _app(self) -> apps.App:
        release = layout.running(self.root)
        return layout.app(self.root if release is None else layout.home(self.root, release))

    def _known_app(self) -> str:
        try:
            return self._app().name
        except layout.LayoutError:
            return apps.PHP.name

    def _copied(self, folder: str, *left: str) -> None:
        source, target = self.brick / folder, self.stage / record.FILES / folder
        if not source.is_dir():
            return
        target.mkdir(parents=True, exist_ok=True)
        self._rsynced(
            "--delete", "--delete-excluded", *(f"--exclude={one}" for one in left), f"{source}/", f"{target}/"
        )

    def _again(self, folder: str, before: Mapping[bytes, bytes]) -> None:
        """Copy what is not as it was ``before`` the last copy: in the moment there is no time to compare all of it with the copy."""
        source, target = self.brick / folder, self.stage / record.FILES / folder
        now = listed(source, _left(folder))
        gone, changed = difference(before, now)
        for path in gone:
            old = target / os.fsdecode(path)
            if old.is_dir() and not old.is_symlink():
                shutil.rmtree(old, ignore_errors=True)
            else:
                old.unlink(missing_ok=True)
        self._seen[folder] = now
        if changed:
            some = ("--force", "--from0", "--files-from=-")
            self._rsynced(*some, f"{source}/", f"{target}/", given=b"\0".join(changed))

    def _rsynced(self, *words: str, given: bytes = b"") -> None:
        done = subprocess.run(
            ("rsync", "-a", "-H", "--numeric-ids", *words), input=given, capture_output=True, check=False
        )
        if done.returncode not in (0, 24):  # files that went while it copied
            said = done.stderr.decode("utf-8", "replace").strip()[-400:]
            raise BackupError(f"the volume could not be copied to {self.stage}: {said}")

    def _begun(self, dump: Path) -> None:
        """Wait until the dump has its snapshot, which it takes before it writes of the first table."""
        process = self._dumping
        while process is not None and process.poll() is None:
            with dump.open("rb") as file:
                if _BEGUN in file.read(65536):
                    return
            time.sleep(0.005)

    def _place(self, dump: Path) -> dict[str, Any]:
        """Return where in this node's binary logs the dump is, where it keeps any."""
        with dump.open("rb") as file:
            found = _PLACED.search(file.read(65536)) if self._logs else None
        if found is None:
            return {}
        log, position = found[1].decode(), int(found[2])
        return {"log": log, "position": position, "head": record.head(logs_folder() / log, position)}

    def _room(self) -> None:
        """Raise BackupError where the copy, and the database, would not fit beside what is there."""
        there = run("du", "-sxk", str(self.stage), seconds=300).stdout.split()
        size = asked(
            f"SELECT COALESCE(SUM(data_length), 0) FROM information_schema.tables WHERE table_schema='{self.database}'"
        )
        needed = self._brick_size() + int(float(size)) // 1024 - int((there or ["0"])[0])
        try:
            room_for(self.stage, needed * 1.1 * 1024, "a copy of volume and database")
        except BackupError as error:
            raise OwnError(str(error)) from error

    def _brick_size(self) -> int:
        said = run("du", "-sxk", "--exclude=.glusterfs", str(self.brick), seconds=600).stdout.split()
        return int(said[0]) if said else 0

    def _known(self) -> dict[str, tuple[int, int, str]]:
        try:
            found = json.loads((PLACE / "known.json").read_text())
            return {name: (int(one[0]), int(one[1]), str(one[2])) for name, one in found.items()}
        except (OSError, ValueError, LookupError, TypeError):
            return {}

    def _note(self, found: dict[str, tuple[int, int, str]]) -> None:
        layout.replace(PLACE / "known.json", json.dumps(found))

    def _private(self, path: Path) -> IO[bytes]:
        return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
