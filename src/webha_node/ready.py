"""Whether this node could serve the site now, as a node attribute of Pacemaker.

The volume (a stat, a read and a write), MariaDB, its disk and Apache are each asked again and again in a thread of its own,
because a process that waits for a dead file system cannot be ended. The virtual IP prefers the node whose attribute is highest, so
it moves away from a node that is not ready, and stays where it is when none is: the least bad keeps serving.
"""

import http.client
import os
import re
import stat
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath

from webha_node import attributes, sql
from webha_node.address import leaving
from webha_node.commands import run

DATA = "/var/lib/mysql"
LITTLE = 200  # MB that the database's disk must have left: before it is full the address goes where there is more
READY = 1000
PART = 250  # what each thing that serves is worth on a node that is not ready
CONFIRM = 2  # looks in a row that must be bad, or good, before one is believed
WRITE_EVERY = 5.0
PUBLISH_EVERY = 10.0
MUCH = 4096  # bytes of a page
SQL = (
    "SHOW GLOBAL STATUS WHERE Variable_name IN "
    "('wsrep_cluster_status','wsrep_local_state_comment','wsrep_ready','wsrep_cluster_size')"
)


@dataclass(frozen=True)
class Values:
    """``interval``: seconds between two looks at one thing; ``patience``: seconds that an answer may take, longer than the whole
    cluster waits when it loses a node. ``nodes``: how many there are.
    """

    name: str
    nodes: int
    root: str
    health_port: int
    interval: float
    patience: float


class BrokenError(Exception):
    """What was asked answers, and is not well."""


class Opinion:
    """What is believed of one thing, from looks that began and ended at given seconds. None until the first two agree."""

    def __init__(self, patience: float, confirm: int = CONFIRM) -> None:
        """Nothing is believed yet."""
        self.patience, self.confirm = patience, confirm
        self.since: float | None = None  # when the look under way began
        self.problem: str | None = None
        self._good = self._bad = 0
        self._good_now: bool | None = None

    def begins(self, now: float) -> None:
        """A look begins."""
        self.since = now

    def ends(self, now: float, problem: str | None) -> None:
        """The look ended, with this problem or none."""
        late = self.since is not None and now - self.since > self.patience
        self.since = None
        if problem is None and not late:
            self._good, self._bad = self._good + 1, 0
            if self._good >= self.confirm:
                self._good_now, self.problem = True, None
        elif problem is not None:
            self._good, self._bad = 0, self._bad + 1
            if self._bad >= self.confirm:
                self._good_now, self.problem = False, problem

    def good(self, now: float) -> bool | None:
        """Whether it is well, None while that is not known."""
        if self.since is not None and now - self.since > self.patience:
            self._good, self._good_now = 0, False
            self.problem = f"no answer since {now - self.since:.0f} s"
        return self._good_now


def score(serving: list[bool | None], well: bool | None) -> int | None:
    """The attribute's value; None while something is not known yet. ``well``: what serves has room, and is no minority's."""
    if None in (*serving, well):
        return None
    return READY if well and all(serving) else PART * sum(map(bool, serving))


class Looks:
    """One look at each thing; raises where it is not well."""

    def __init__(self, values: Values) -> None:
        """Nothing was written yet, and no component seen."""
        self.values, self.written = values, float("-inf")
        self.few: tuple[float, int] | None = None  # since when the database's component has how few nodes

    def volume(self) -> None:
        """The docroot is mounted, and can be read and written."""
        root = self.values.root
        above = os.stat(os.path.dirname(root))  # noqa: PTH116, PTH120 (as few calls as can be: each may hang)
        if os.stat(root).st_dev == above.st_dev:  # noqa: PTH116
            raise BrokenError(f"the volume is not mounted at {root}")
        try:
            with open(f"{root}/.webha-release", "rb") as file:  # noqa: PTH123
                file.read(64)
        except FileNotFoundError:
            return  # no site yet: nothing of ours is put where it would be taken for somebody's
        _code(f"{root}/.webha-current")
        if time.monotonic() - self.written >= WRITE_EVERY:
            with open(f"{root}/.webha-ready.{self.values.name}", "w") as file:  # noqa: PTH123
                file.write(f"{time.time():.0f}\n")
                file.flush()
                os.fsync(file.fileno())
            self.written = time.monotonic()
            if not os.path.exists(f"{root}/.webha-release"):  # noqa: PTH110 (a reset erased the site meanwhile)
                os.unlink(f"{root}/.webha-ready.{self.values.name}")  # noqa: PTH108 (as few calls as can be)

    def database(self) -> None:
        """MariaDB is a synced member of the primary component. One that lets nobody of ours in answers, and nothing else is known of it."""
        done = sql.ask(SQL, seconds=self.values.patience + 5)
        if done.returncode != 0:
            self.few = None
        if done.returncode != 0 and sql.shut_out(done.stderr):
            return
        if done.returncode != 0:
            raise BrokenError((done.stderr.strip().splitlines() or ["mariadbd does not answer"])[-1])
        state = dict(line.split("\t", 1) for line in done.stdout.splitlines())
        size = state.pop("wsrep_cluster_size", "")
        wanted = {"wsrep_cluster_status": "Primary", "wsrep_local_state_comment": "Synced", "wsrep_ready": "ON"}
        few = state == wanted and size.isdigit() and 2 * int(size) <= self.values.nodes
        self.few = ((self.few or (time.monotonic(),))[0], int(size)) if few else None
        if state != wanted:
            raise BrokenError("galera: " + ", ".join(state.values()))

    def minority(self, now: float) -> str | None:
        """Say that the database's component has not most of the nodes: another one may, and take writes as well.

        Only where that lasts. Of members that stop one after the other the last is the one that serves, and those that left
        must have been found out by their own readiness first; one that comes back is seen here before it is Synced there.
        """
        few, values = self.few, self.values
        if few is None or now - few[0] <= values.patience + CONFIRM * values.interval:
            return None
        return f"{few[1]} of {values.nodes} nodes in its component"

    def room(self) -> None:
        """The database can grow."""
        disk = os.statvfs(DATA)
        left = disk.f_bavail * disk.f_frsize // 1_000_000
        if left < LITTLE:
            raise BrokenError(f"{left} MB left in {DATA}, {LITTLE} are needed")

    def web(self) -> None:
        """Apache answers, and what answers is PHP's: without its module Apache hands out the pages' source, with 200."""
        connection = http.client.HTTPConnection("127.0.0.1", self.values.health_port, timeout=self.values.patience + 5)
        try:
            connection.request("GET", "/?alive")
            answer = connection.getresponse()
            said = answer.read(MUCH)
        finally:
            connection.close()
        if answer.status != http.client.OK:
            raise BrokenError(f"Apache answers {answer.status}")
        if said.strip() != b"alive":
            raise BrokenError("Apache answers without PHP" if b"<?php" in said else "the health page is not ours")


def _code(link: str) -> None:
    """The release that runs is there, and the web server, which is nobody's, gets to it: one on this node's own disk may be missing."""
    try:
        target = os.readlink(link)  # noqa: PTH115 (as few calls as can be: each may hang)
    except FileNotFoundError:
        return  # at the volume's top
    if not target.startswith("/"):
        return
    for path in (target, *map(str, PurePosixPath(target).parents)):
        try:
            mode = os.stat(path).st_mode  # noqa: PTH116
        except FileNotFoundError:
            raise BrokenError("the release that runs is not on this node's disk") from None
        if not mode & stat.S_IXOTH:
            raise BrokenError(f"the web server cannot get to the release that runs: {path} is mode {mode & 0o7777:o}")


def watch(look: Callable[[], None], opinion: Opinion, interval: float) -> None:
    """Look for ever."""
    while True:
        opinion.begins(time.monotonic())
        try:
            look()
            problem = None
        except (BrokenError, OSError, http.client.HTTPException, ValueError) as error:
            problem = str(error) or type(error).__name__
        opinion.ends(time.monotonic(), problem)
        time.sleep(interval)


def publish(value: int) -> bool:
    """Tell Pacemaker; False where it does not run (it will be told again)."""
    return run(*attributes.telling(value)).returncode == 0


def main(values: Values) -> None:
    """Look, form an opinion of each thing, and tell Pacemaker what changes, for ever."""
    looks = Looks(values)
    things = {"volume": looks.volume, "database": looks.database, "web server": looks.web, "disk": looks.room}
    opinions = {name: Opinion(values.patience) for name in things}
    for name, look in things.items():
        threading.Thread(target=watch, args=(look, opinions[name], values.interval), daemon=True).start()
    told, told_at, said = None, 0.0, ""
    while True:
        now = time.monotonic()
        *serving, enough = [opinion.good(now) for opinion in opinions.values()]
        apart = looks.minority(now)
        value = 0 if leaving() else score(serving, None if enough is None else enough and not apart)
        if value is not None:
            wrong = [f"{name}: {one.problem}" for name, one in opinions.items() if one.problem]
            wrong += [f"database: {apart}"] if apart else []
            words = f"not ready ({value}): " + "; ".join(wrong) if wrong else "ready"
            news = re.sub(r"since \d+ s|\d+ MB left", "", words)
            if news != said:
                said = news
                print(words, flush=True)
            if (value != told or now - told_at > PUBLISH_EVERY) and publish(value):
                told, told_at = value, now
        time.sleep(values.interval / 4)
