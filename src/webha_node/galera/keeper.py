"""Brings Galera's primary component back after all of it was lost, and a failed mariadbd back into one.

Runs on every node beside Pacemaker, which carries what each node says of its
mariadbd (private attribute webha-galera: never in the CIB, gone with the node). 'systemctl stop webha-galera-keeper'
on all nodes takes the matter into a person's hands.

Why two nodes never bootstrap, and none that lacks a commit:
- A node acts without a primary component only while *every* node of the inventory is a member of its corosync partition
  and said something new within 15 s. A lone node, or two of three, never act: the missing one may hold more.
- Every mariadbd is stopped, its position read from its disk, and all are of one cluster. A commit that was acknowledged
  is on the disk of the node that took it (innodb_flush_log_at_trx_commit=1), and within one cluster the seqno orders all
  commits, so the highest seqno has them all. Histories of one UUID fork only where a person bootstraps without a node.
- Equal UUID and seqno are equal states: any of them may be first. All compute the same one: safe_to_bootstrap, then the
  inventory's order.
- The chosen one claims first, and bootstraps only when its claim came back from the cluster and no other one is there.
  Corosync delivers in one order to all, so of two claims at least one sees the other.
- A value outlives its truth for 15 s at most (a keeper died, a person starts that mariadbd): so before the bootstrap port
  4567 of every peer must *refuse* a connection. No answer is no refusal. A person's galera_new_cluster on another node
  within the same second is the one race that stays.
A mariadbd that a person stopped (inactive and not failed, not stopped from here) is never started.
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from webha_node.commands import said
from webha_node.galera.decisions import (
    FRESH,
    LONGEST_PAUSE,
    REJOIN,
    Position,
    Seen,
    State,
    View,
    decide,
    parse,
    state_of,
    unsettled,
)
from webha_node.galera.machine import Machine
from webha_node.values import ValuesError

ROUND, REFRESH, STOPPING, AGAIN = 3.0, 60.0, 60.0, 300.0


@dataclass(frozen=True)
class Values:
    """``nodes``: name to address, in the inventory's order."""

    name: str
    nodes: dict[str, str]


class Sees(Protocol):
    """What a keeper sees and does: :class:`webha_node.galera.machine.Machine`, or a test's."""

    def now(self) -> float:
        """Return a clock that only goes forward."""

    def boot(self) -> str:
        """Return what tells this keeper's values from those of one before it."""

    def look(self) -> Seen:
        """Return what there is to see of the mariadbd here."""

    def tell(self, text: str) -> bool:
        """Give the nodes this node's value; whether Pacemaker took it."""

    def hear(self) -> tuple[set[str], dict[str, str]]:
        """Return the members of this partition, and every node's value."""

    def say(self, reason: str) -> None:
        """Tell people, once a change."""

    def recall(self) -> str:
        """Return what :meth:`remember` kept since the machine booted."""

    def remember(self, asked: str) -> None:
        """Keep which standstill of mariadbd the keeper began."""

    def stop(self) -> None:
        """Begin to stop mariadbd."""

    def kill(self) -> None:
        """End a mariadbd that does not stop."""

    def start(self, again: bool) -> None:
        """Begin to start mariadbd, or to restart it."""

    def recover(self) -> None:
        """Begin to read the position from the data directory."""

    def recovered(self) -> Position | None:
        """Return the position once it is read; once."""

    def bootstrap(self) -> None:
        """Make a new primary component of this node, if no peer listens."""


class Keeper:
    """The rounds of one node. ``machine`` is what it sees and does, ``memory`` what survives the keeper's restart."""

    def __init__(self, name: str, order: Iterable[str], machine: Sees) -> None:
        """Remember what one before it began."""
        self.name, self.order, self.machine = name, tuple(order), machine
        self.asked = machine.recall()
        self.position: Position | None = None
        self.failed_at = 0.0
        self.tries, self.not_before = 0, 0.0
        self.primary_since: float | None = None
        self.settled_since: float | None = None
        self.outside_since: float | None = None
        self.stopping_since: float | None = None
        self.claims: set[str] | None = None
        self.said_text, self.said_at, self.beats = "", float("-inf"), 0
        self.heard: dict[str, tuple[str, float]] = {}

    def round(self) -> None:
        """Look, tell the others, hear them, decide and act: once."""
        now = self.machine.now()
        own = self._own(self.machine.look(), now)
        if own.kind == "primary":
            self.primary_since = now if self.primary_since is None else self.primary_since
            if now - self.primary_since >= REJOIN:
                self.tries, self.not_before = 0, 0.0
            self._tell(own, now)
            self.settled_since = self.outside_since = self.claims = None
            self.machine.say("the database is in the primary component")
            return
        self.primary_since = None
        if self.claims is not None and own.kind == "down":
            own = replace(own, kind="claim")
        self._tell(own, now)
        members, values = self.machine.hear()
        states = self._fresh(members, values, now) | {self.name: own}
        confirmed = self.claims is not None and values.get(self.name) in self.claims
        view = View(self.name, self.order, frozenset(members), states, confirmed=confirmed)
        self.settled_since = None if unsettled(view) else now if self.settled_since is None else self.settled_since
        outside = own.kind == "outside" and view.primaries
        self.outside_since = None if not outside else now if self.outside_since is None else self.outside_since
        view = replace(view, settled=self._since(self.settled_since, now), outside=self._since(self.outside_since, now))
        decision = decide(view)
        self.machine.say(decision.reason)
        self._act(decision.action, now)

    @staticmethod
    def _since(moment: float | None, now: float) -> float:
        return 0.0 if moment is None else now - moment

    def _own(self, seen: Seen, now: float) -> State:
        found = self.machine.recovered()
        if found is not None:
            self.position, self.failed_at = found, now
        if self.position and self.position.seqno is None and now - self.failed_at > AGAIN:
            self.position = None
        if seen.unit == "deactivating" and self.asked == "stopping":
            self.stopping_since = now if self.stopping_since is None else self.stopping_since
            if now - self.stopping_since > STOPPING:
                self.machine.kill()
        elif self.asked and not seen.queued:
            self.stopping_since = None
            if seen.unit in ("inactive", "failed"):
                if self.asked == "stopping":
                    self._remember(seen.stopped_at)
            else:
                self._remember("")
        return state_of(seen, self.asked, self.position, now < self.not_before)

    def _remember(self, asked: str) -> None:
        self.asked = asked
        self.machine.remember(asked)

    def _tell(self, own: State, now: float) -> None:
        # A primary's value is constant, so that a healthy cluster's logs stay quiet; without one every round is news.
        self.beats += own.kind != "primary"
        text = own.text(self.machine.boot() if own.kind == "primary" else f"{self.machine.boot()}x{self.beats}")
        if text != self.said_text or now - self.said_at >= REFRESH:
            self.said_text, self.said_at = (text, now) if self.machine.tell(text) else ("", now)
        if own.kind == "claim" and self.claims is not None:
            self.claims.add(text)

    def _fresh(self, members: set[str], values: Mapping[str, str], now: float) -> dict[str, State]:
        """A value counts once it changed before our eyes, and for 15 s; a primary's while its node is a member."""
        states = {}
        for name in self.order:
            text = values.get(name)
            if text is None or name not in members:
                self.heard.pop(name, None)
                continue
            known, changed = self.heard.get(name, (text, float("-inf")))
            self.heard[name] = (text, changed if text == known else now)
            state = parse(text)
            if state.kind == "primary" or now - self.heard[name][1] <= FRESH:
                states[name] = state
        return states

    def _act(self, action: str, now: float) -> None:
        if action not in ("claim", "bootstrap"):
            self.claims = None
        if action == "claim" and self.claims is None:
            self.claims = set()
        elif action == "recover":
            self.machine.recover()
        elif action == "stop":
            self._remember("stopping")
            self.machine.stop()
        elif action in ("start", "rejoin", "bootstrap"):
            self.claims = None
            self.not_before = now + min(LONGEST_PAUSE, 10.0 * 2 ** min(self.tries, 10))
            self.tries += 1
            if action == "bootstrap":
                self.machine.bootstrap()
            else:
                self.machine.start(action == "rejoin")


def main(values: Values) -> None:
    """Keep this node until systemd says stop. Raises ValuesError where Pacemaker knows the node by another name."""
    name = (said("crm_node", "-n") or values.name).strip()
    if name not in values.nodes:
        raise ValuesError(f"{name} is none of {', '.join(values.nodes)}")
    keeper = Keeper(name, values.nodes, Machine(name, values.nodes))
    while True:
        keeper.round()
        time.sleep(ROUND)
