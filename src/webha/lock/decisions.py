"""Whether a run may have the cluster's lock, what it then replaces, and what is said of it.

A lock lies on every node, so it survives the loss of any. It is over where it lies on none. A copy that is left on a node (which was
away when its run gave it back) is stale where the journal of any node tells that its run has ended: the next run replaces it and says
so. Any other copy counts, on however few nodes it lies: only a person knows that its run is dead, and says ``takeover=True``.
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from webha.ground.forms import AsJson
from webha.lock.manifest import FOLDER, LOCK
from webha.lock.state import Entry, Lock, Notes, Run

Nodes = Mapping[str, Notes | None]
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_WAY_OUT = "wait for it; if it is dead: --data takeover=True"


@dataclass(frozen=True)
class Copies(AsJson):
    """One lock, and the nodes that it lies on."""

    lock: Lock
    nodes: tuple[str, ...]


@dataclass(frozen=True)
class Holding(AsJson):
    """Who holds the cluster's lock: nobody, a run, or in a mishap several; ``unknown``: nodes that did not say."""

    held: tuple[Copies, ...] = ()
    unknown: tuple[str, ...] = ()

    def sentences(self, now: float) -> list[str]:
        """Say it."""
        said = [holder(one, now) for one in self.held]
        said += [f"{name}: unknown, it did not say" for name in self.unknown]
        return said or ["free"]


@dataclass(frozen=True)
class Judgement:
    """``refusals``: why the lock cannot be taken; else ``instead``: node to the digest of the lock that is replaced there.

    ``taken_over`` and ``stale`` are those locks, by why they are replaced.
    """

    refusals: tuple[str, ...] = ()
    taken_over: tuple[Copies, ...] = ()
    stale: tuple[Copies, ...] = ()
    instead: Mapping[str, str] = field(default_factory=dict)


def holding(nodes: Nodes) -> Holding:
    """Put together what all nodes said."""
    found: dict[Lock, list[str]] = {}
    for name, notes in nodes.items():
        if notes is not None and notes.lock is not None:
            found.setdefault(notes.lock, []).append(name)
    return Holding(
        tuple(Copies(lock, tuple(names)) for lock, names in found.items()),
        tuple(name for name, notes in nodes.items() if notes is None),
    )


def judge(nodes: Nodes, takeover: bool, now: float) -> Judgement:
    """Decide of what all nodes said. A node that did not say is not free, and cannot be taken over."""
    found = holding(nodes)
    ended = [entry for notes in nodes.values() if notes is not None for entry in notes.journal or ()]
    stale = tuple(one for one in found.held if _has_ended(one.lock, ended))
    alive = tuple(one for one in found.held if one not in stale)
    refusals = [
        f"{name}: whether a run holds the cluster's lock cannot be read: log in there as this run does, look at {LOCK}"
        for name in found.unknown
    ]
    if not takeover:
        refusals += [busy(one, now, len(nodes)) for one in alive]
    if refusals:
        return Judgement(tuple(refusals))
    return Judgement((), alive, stale, {name: one.lock.digest for one in (*alive, *stale) for name in one.nodes})


def _has_ended(lock: Lock, ended: Iterable[Entry]) -> bool:
    return lock.run is not None and any(entry.tells_of_the_end_of(lock.run) for entry in ended)


def refused(refusals: Iterable[str]) -> str:
    """Return the refusal of a run that has changed nothing."""
    found = list(refusals)
    return "nothing was changed on any node:" + (f" {found[0]}" if len(found) == 1 else "\n    " + "\n    ".join(found))


def busy(one: Copies, now: float, nodes: int = 0) -> str:
    """Say who holds the lock, and the way out."""
    return f"{holder(one, now, nodes)}: {_WAY_OUT}"


def untaken(name: str, why: str) -> str:
    """Say why the lock could not be made on a node."""
    return f"{name}: the cluster's lock cannot be made in {FOLDER}: {why}"


def holder(one: Copies, now: float, nodes: int = 0) -> str:
    """Say who holds a lock; ``nodes``: how many there are, where it is worth saying that not all have it."""
    where = "" if len(one.nodes) >= nodes else f", on {', '.join(one.nodes)} only"
    if one.lock.run is None:
        return f"what is in no form of ours in {LOCK} of {', '.join(one.nodes)} holds the cluster's lock"
    return f"{described(one.lock.run)} holds the cluster's lock since {when(one.lock.run.since, now)}{where}"


def described(run: Run) -> str:
    """Say which run."""
    return f"a run of {run.who} from {run.folder} ({run.task}, pid {run.pid}, {run.version})"


def when(moment: int, now: float) -> str:
    """Say when, in this machine's time: the time of day, with the date where that is another one, and how long ago."""
    then = time.localtime(moment)
    form = "%H:%M:%S" if then[:3] == time.localtime(now)[:3] else "%Y-%m-%d %H:%M:%S"
    ago = now - moment
    for unit, name in ((_DAY, "days"), (_HOUR, "h"), (_MINUTE, "min"), (1, "s")):
        if ago >= (2 * unit if unit > _MINUTE else unit):
            return f"{time.strftime(form, then)} ({ago // unit:.0f} {name} ago)"
    return time.strftime(form, then)


def took_over(one: Copies, now: float) -> str:
    """Say at a run's end that a person's word has removed a lock."""
    run = one.lock.run
    whose = (
        "what was in no form of ours" if run is None else f"{described(run)}, which had it since {when(run.since, now)}"
    )
    return f"takeover=True: the lock on {', '.join(one.nodes)} was taken over from {whose}."


def cleaned(one: Copies) -> str:
    """Say at a run's end that a copy was left of a run that had ended."""
    run = "" if one.lock.run is None else f" {described(one.lock.run)},"
    return f"{', '.join(one.nodes)} still had the lock of a run that has ended,{run} and has it no more."


def lost(run: Run, name: str, notes: Notes | None, now: float) -> str | None:
    """Say why ``run`` may not go on, by what the node ``name`` says of its lock; None where it may."""
    if notes is None:
        return f"{name}: whether this run still holds the cluster's lock cannot be read: it stops here, run again"
    if notes.lock is None:
        return f"{name}: the lock of this run is gone from {LOCK}: it stops here; who removed it?"
    if notes.lock.digest != run.digest:
        return f"the lock of this run was taken over, it stops here: {holder(Copies(notes.lock, (name,)), now)}"
    return None


def kept(nodes: Iterable[str], known: bool) -> str:
    """Say that a lock could not be given back; ``known``: whether a journal tells that its run has ended."""
    names = ", ".join(nodes)
    then = (
        "the next run knows that this one has ended, and removes it"
        if known
        else "the next run is refused until it is given --data takeover=True"
    )
    return f"The cluster's lock could not be given back on {names}: {then}."


def newest(nodes: Nodes, lines: int) -> tuple[Entry, ...]:
    """Return the last lines of all nodes' journals, each run once, the newest last."""
    found = {entry.run.id: entry for notes in nodes.values() if notes is not None for entry in notes.journal or ()}
    return tuple(sorted(found.values(), key=lambda entry: (entry.until, entry.run.id))[-lines:])


def line(entry: Entry) -> str:
    """Return a line of the journal for a person's screen."""
    began = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(entry.run.since))
    run = f"{began}  {entry.run.who} from {entry.run.folder}: {entry.run.task}, {entry.result}"
    words = [
        text
        for names, text in (
            (entry.changed, f"changed {_listed(entry.changed)}"),
            (entry.unfinished, f"not finished {_listed(entry.unfinished)}"),
            (entry.took, f"took over the lock of {', '.join(_whose(lock) for lock in entry.took)}"),
            (entry.left, f"its lock may be left on {', '.join(entry.left)}"),
        )
        if names
    ]
    return "; ".join([run, *words])


_SHOWN = 3  # operations on a person's screen


def _listed(operations: Mapping[str, tuple[str, ...]]) -> str:
    shown = [f"“{name}” ({', '.join(hosts)})" if hosts else name for name, hosts in list(operations.items())[:_SHOWN]]
    more = len(operations) - _SHOWN
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


def _whose(lock: Lock) -> str:
    return "what was in no form of ours" if lock.run is None else f"{lock.run.who} ({lock.run.task})"
