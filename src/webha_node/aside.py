"""A node that the others cannot all hear steps aside instead of disturbing them.

Where only the link between two of the nodes is broken, corosync does not settle: each time two of them have formed a membership
the third one's messages reach one of the two and break it up again, every three seconds. The third knows itself by one of two
signs: it has just lost the majority although it reaches one of those who were in it and not all; or it forms one membership
after another without a majority. It stops its cluster daemons, and starts them when it reaches every node again; in case one
of these is dead, after a growing while.

Of the two ends of a broken link the later one in the inventory goes first. A node that reaches nobody, or was not with
the majority before (a boot), forms one membership, of itself, and disturbs nobody: nothing happens. Who was lost before does
not count, nor does a majority that was lost long ago: the last node of three must be there when the first one boots.
In maintenance mode they come and go by a person's hand, and nothing happens.
"""

import re
import time
from dataclasses import dataclass
from pathlib import Path

from webha_node import maintenance
from webha_node.commands import run
from webha_node.corosync_log import Log
from webha_node.reach import out_of_reach

STEP = 0.5
HOLD = 1.0  # seconds without the majority before it is more than a passing membership
FIRST = 1.5  # seconds that the later end of a broken link goes ahead
AGAIN = (30.0, 60.0, 120.0, 300.0)  # seconds aside where a node stays out of reach; the last one for ever
NOTE = Path("/run/webha/stepped-aside")  # what this program stopped, the one that follows it starts


@dataclass(frozen=True)
class Values:
    """``nodes``: name to address, in corosync's numbering; ``window``: seconds in which a second membership without a majority
    is one too many.
    """

    name: str
    nodes: dict[str, str]
    window: float


class Memberships:
    """The memberships that corosync's log told of lately: when, and of which nodes."""

    def __init__(self, values: Values) -> None:
        """Begin with what the log told last."""
        self.values, self.names, self.log = values, list(values.nodes), Log()
        self.seen: list[tuple[float, set[str]]] = []
        self.lonely_since: float | None = None  # when this node was left without a majority
        told = self._told()
        self.majority = (
            told[-1] if told and not self.small(told[-1]) else set()
        )  # the one that this node is or was last in

    def _told(self) -> list[set[str]]:
        """The memberships that were written of since the last look."""
        return [
            {self.names[int(number) - 1] for number in numbers.split() if 0 < int(number) <= len(self.names)}
            for numbers in re.findall(r"\[QUORUM\] Sync members\[\d+\]: ([\d ]+)", self.log.told())
        ]

    def read(self, now: float) -> None:
        """Take in what was written since."""
        for members in self._told():
            self.seen.append((now, members))
            if not self.small(members):
                self.majority, self.lonely_since = members, None
            elif self.majority and self.lonely_since is None:
                self.lonely_since = now
        self.seen = [one for one in self.seen if now - one[0] <= self.values.window]

    def unsettled(self) -> bool:
        """Whether this node formed more than one membership without a majority, and none with one since."""
        return [self.small(members) for _, members in self.seen][-2:] == [True, True]

    def left(self, now: float) -> bool:
        """Whether this node lost the majority that it was with, not just in passing, and not long ago."""
        return self.lonely_since is not None and HOLD <= now - self.lonely_since <= self.values.window

    def small(self, members: set[str]) -> bool:
        """Whether they are no majority."""
        return 2 * len(members) <= len(self.names)


def link_broken(memberships: Memberships) -> bool:
    """Whether a link to the last majority is broken, not all of them, and it is this node's turn to step aside."""
    names, own = memberships.names, memberships.values.name
    lost = memberships.majority - {own}
    gone = lost & set(out_of_reach(memberships.values.nodes))
    if not 0 < len(gone) < len(lost):
        return False
    if names.index(own) < max(map(names.index, gone)):
        time.sleep(FIRST)
    now = time.monotonic()
    memberships.read(now)
    return memberships.left(now)


def step_aside() -> None:
    """Stop the cluster's daemons; Pacemaker by force where it does not end at once, for it waits for a corosync that does not settle.

    The guard has let go of the address by now; an Apache that is left running is found again at the start.
    """
    units = ("pacemaker.service", "corosync.service")
    run("systemctl", "--no-block", "stop", *units, seconds=2)
    for unit in units:
        time.sleep(STEP)
        states = run("systemctl", "is-active", *units, seconds=2).stdout.split()
        if len(states) == len(units) and set(states) <= {"inactive", "failed"}:
            return
        run("systemctl", "kill", "-s", "KILL", unit, seconds=2)
    run("systemctl", "stop", *units, seconds=60)


def stay_aside(values: Values, times: int) -> None:
    """Wait until every node is reached, or long enough; then start the cluster's daemons."""
    begin, limit = time.monotonic(), AGAIN[min(times, len(AGAIN) - 1)]
    while time.monotonic() - begin < limit:
        if not out_of_reach(values.nodes):
            break
        time.sleep(STEP)
    print(f"back after {time.monotonic() - begin:.0f} s", flush=True)
    run("systemctl", "start", "corosync.service", "pacemaker.service", seconds=120)
    NOTE.unlink(missing_ok=True)


def main(values: Values) -> None:
    """Watch for ever."""
    memberships, times, calm = Memberships(values), 0, time.monotonic()
    if NOTE.exists():
        stay_aside(values, 0)
    while True:
        time.sleep(STEP)
        now = time.monotonic()
        memberships.read(now)
        if now - calm > AGAIN[-1]:
            times = 0
        if (memberships.unsettled() or (memberships.left(now) and link_broken(memberships))) and not maintenance.on():
            print("without a majority, and not out of the others' way: this node steps aside", flush=True)
            NOTE.parent.mkdir(parents=True, exist_ok=True)
            NOTE.touch()
            step_aside()
            stay_aside(values, times)
            memberships, times, calm = Memberships(values), times + 1, time.monotonic()
