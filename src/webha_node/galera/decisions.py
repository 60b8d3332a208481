"""The decisions of the keeper: pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from webha_node.grastate import NO_HISTORY, Grastate

GRACE = 30.0  # Galera's own recovery takes 2 to 4 s, a mariadbd that finds nobody gives up after 34
SETTLE = 6.0  # where no mariadbd runs Galera cannot help itself: two rounds
REJOIN = 60.0
FRESH = 15.0
LONGEST_PAUSE = 300.0
RUNNING = ("waiting", "outside")


@dataclass(frozen=True)
class State:
    """What one node says of its mariadbd.

    ``kind``: primary; outside (answers, in no primary component); starting; waiting (starting, and its Galera port is
    open); bootstrapping; stopping; recovering (reads its position); down; claim (down, and about to bootstrap);
    unknown. ``uuid``: the cluster of its data, empty where the directory was never a member's. ``will`` of one that
    is down: wants to run, is held back (a pause, a full disk), or is left alone because a person stopped it.
    """

    kind: str
    uuid: str = ""
    seqno: int | None = None
    safe: bool = False
    will: str = "left"

    def text(self, beat: str = "0") -> str:
        """Return it as an attribute's value; ``beat`` makes it another one each time, so that silence shows."""
        seqno = "?" if self.seqno is None else self.seqno
        return f"{self.kind}/{self.uuid or '-'}/{seqno}/{int(self.safe)}/{self.will}/{beat}"


def parse(text: str) -> State:
    """Read :meth:`State.text`; anything else is unknown."""
    found = re.fullmatch(r"([a-z]+)/([0-9a-f-]+)/(\?|\d+)/([01])/([a-z]+)/\w+", text)
    if not found:
        return State("unknown")
    kind, uuid, seqno, safe, will = found.groups()
    return State(kind, "" if uuid == "-" else uuid, None if seqno == "?" else int(seqno), safe == "1", will)


@dataclass(frozen=True)
class Seen:
    """The local mariadbd as the machine shows it. ``status``: wsrep_cluster_status, None where SQL does not answer;
    ``grastate``: (uuid, seqno, safe_to_bootstrap), empty where there is none, None where it cannot be read;
    ``stopped_at``: when the unit last became inactive, which names one standstill; ``job``: ours that still runs.
    """

    unit: str = "inactive"
    queued: bool = False
    enabled: bool = True
    stopped_at: str = "0"
    listens: bool = False
    new_cluster: bool = False
    status: str | None = None
    uuid: str = ""
    grastate: Grastate | tuple[()] | None = ()
    room: bool = True
    job: str = ""


@dataclass(frozen=True)
class Position:
    """What galera_recovery found in the standstill ``stopped_at``; no ``seqno``: it failed."""

    stopped_at: str
    uuid: str = ""
    seqno: int | None = None


def state_of(seen: Seen, asked: str, position: Position | None, pausing: bool) -> State:  # noqa: C901, PLR0911
    """Say what ``seen`` is. ``asked``: the standstill that the keeper itself began.

    A seqno in grastate.dat is Galera's own word of a clean stop and counts before a recovered one, as in Galera.
    """
    uuid, written, safe = seen.grastate or ("", -1, False)
    if seen.unit in ("active", "reloading"):
        if seen.status is None:
            return State("unknown")
        if seen.status == "Primary":
            return State("primary", seen.uuid)
        return State("outside", uuid, will="held" if pausing else "wants")
    if seen.unit == "activating":
        if seen.new_cluster:
            return State("bootstrapping", uuid)
        return State("waiting" if seen.listens else "starting", uuid)
    if seen.unit == "deactivating":
        return State("stopping", uuid)
    if seen.job:
        return State(seen.job, uuid)
    if seen.queued:
        return State("starting", uuid)
    if seen.grastate is None:
        return State("unknown")
    wants = seen.enabled and (seen.unit == "failed" or asked == seen.stopped_at)
    will = "left" if not wants else "wants" if seen.room and not pausing else "held"
    if written >= 0:
        return State("down", uuid, written, safe, will)
    if position is not None and position.stopped_at == seen.stopped_at:
        if position.seqno is None or position.uuid != uuid:
            return State("unknown")
        return State("down", uuid, position.seqno, safe, will)
    return State("down", uuid, None, safe, will)


@dataclass(frozen=True)
class View:
    """All that a decision depends on.

    ``order``: every node there is; ``states``: those members' values that are fresh, the own as just seen; ``settled``
    and ``outside``: for how long :func:`unsettled` has had nothing to say, and the own mariadbd has been outside while
    another is primary; ``confirmed``: the own claim came back from the cluster.
    """

    name: str
    order: tuple[str, ...]
    members: frozenset[str]
    states: Mapping[str, State]
    settled: float = 0.0
    outside: float = 0.0
    confirmed: bool = False

    @property
    def own(self) -> State:
        """The own state."""
        return self.states[self.name]

    @property
    def primaries(self) -> dict[str, str]:
        """The primary nodes, and their cluster's UUID."""
        return {name: one.uuid for name, one in self.states.items() if one.kind == "primary"}

    def of(self, *kinds: str) -> list[str]:
        """Return the nodes of these kinds, in the inventory's order."""
        return [name for name in self.order if name in self.states and self.states[name].kind in kinds]


@dataclass(frozen=True)
class Decision:
    """``action``: nothing, start, rejoin, stop, recover, claim or bootstrap; ``reason``: a sentence."""

    action: str
    reason: str


def _nothing(reason: str) -> Decision:
    return Decision("nothing", reason)


def unsettled(view: View) -> str:
    """Say why it is too early to judge a cluster without a primary component; empty: every node is there and at rest."""
    absent = [name for name in view.order if name not in view.members]
    if absent:
        return (
            f"{', '.join(absent)} not in the cluster: it may have what the others have not, so nothing is bootstrapped"
        )
    silent = [name for name in view.order if name not in view.states]
    if silent:
        return f"nothing fresh is heard of the database on {', '.join(silent)}"
    if view.of("unknown"):
        return f"the database's state or position on {', '.join(view.of('unknown'))} is unknown, so nothing is bootstrapped"
    if view.of("primary", "starting", "bootstrapping"):
        return f"the database starts on {', '.join(view.of('primary', 'starting', 'bootstrapping'))}"
    return ""


def decide(view: View) -> Decision:
    """Return what this node's keeper does now."""
    if view.own.kind == "primary":
        return _nothing("the database is in the primary component")
    return _join(view) if view.primaries else _bring_back(view)


def _startable(state: State, uuid: str) -> bool:
    return state.kind in ("down", "claim") and state.will == "wants" and state.uuid in (NO_HISTORY, uuid)


def _join(view: View) -> Decision:  # noqa: PLR0911 (one return a case)
    own, name = view.own, view.name
    if len(set(view.primaries.values())) > 1:
        return _nothing(f"{' and '.join(view.primaries)} are primary in different clusters: a person decides")
    uuid = next(iter(view.primaries.values()))
    if own.kind not in ("down", "claim", "outside"):
        return _nothing(f"the database is {own.kind}, and {', '.join(view.primaries)} primary: Galera's turn")
    if own.uuid not in (NO_HISTORY, uuid):
        return _nothing(
            f"the data here are of the cluster {own.uuid or 'none'}, the primary component is {uuid}: not joined"
        )
    if own.will == "held":
        return _nothing("the database waits here for its next try")
    busy = [one for one in view.of("starting", "waiting", "bootstrapping") if one != name]
    if own.kind == "outside":
        if view.outside < REJOIN or busy:
            return _nothing("the database is outside the primary component; Galera is given a minute")
        return Decision(
            "rejoin", f"restarted: outside the primary component of {', '.join(view.primaries)} for a minute"
        )
    if own.will == "left":
        return _nothing("the database was stopped by a person here and is left alone")
    before = [one for one in view.order[: view.order.index(name)] if one in view.states]
    busy += [one for one in before if _startable(view.states[one], uuid)]
    if busy:
        return _nothing(f"one at a time: {', '.join(busy)} first")
    return Decision("start", f"started: {', '.join(view.primaries)} is primary")


def _bring_back(view: View) -> Decision:
    own = view.own
    why = unsettled(view) or _impossible(view)
    if why:
        return _nothing(why)
    if view.settled < (GRACE if view.of(*RUNNING) else SETTLE):
        return _nothing("no primary component; Galera's own recovery is given its time")
    if own.kind in RUNNING:
        return Decision(
            "stop", "stopped to read its position: every node is there and Galera does not recover by itself"
        )
    if own.kind == "down" and own.seqno is None:
        return Decision("recover", "its position is read from disk")
    positions = {name: view.states[name] for name in view.of("down", "claim") if view.states[name].seqno is not None}
    if len(positions) < len(view.order):
        return _nothing(f"waits for the position of {', '.join(one for one in view.order if one not in positions)}")
    return _choose(view, positions)


def _impossible(view: View) -> str:
    clusters = {view.states[name].uuid for name in view.order if view.states[name].kind != "unknown"}
    if len(clusters) > 1 or clusters & {"", NO_HISTORY}:
        listed = ", ".join(f"{name}: {view.states[name].uuid or 'none'}" for name in view.order)
        return f"the nodes do not all hold the same cluster's history ({listed}): a person decides"
    lost = [one for one in view.of("down") if view.states[one].seqno is None and view.states[one].will == "left"]
    if lost:
        return f"a person stopped the database on {', '.join(lost)}, whose position is not on disk: it is left alone"
    return ""


def _choose(view: View, positions: Mapping[str, State]) -> Decision:
    best = max(one.seqno or 0 for one in positions.values())
    most = [name for name in view.order if positions[name].seqno == best]
    able = sorted((one for one in most if positions[one].will == "wants"), key=lambda one: not positions[one].safe)
    if not able:
        kept = (
            "was stopped by a person"
            if all(positions[one].will == "left" for one in most)
            else "waits for its next try"
        )
        return _nothing(f"{', '.join(most)} is the most advanced (seqno {best}) and {kept}")
    if able[0] != view.name:
        return _nothing(f"{able[0]} bootstraps: the most advanced (seqno {best})")
    others = [one for one in view.of("claim") if one != view.name]
    if others:
        return _nothing(f"{', '.join(others)} is about to bootstrap")
    if view.own.kind != "claim" or not view.confirmed:
        return Decision("claim", f"most advanced of all (seqno {best}): about to bootstrap")
    return Decision("bootstrap", f"bootstraps: every node answered, none runs, none is more advanced (seqno {best})")
