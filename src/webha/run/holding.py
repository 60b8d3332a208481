"""The cluster's lock through a run of pyinfra's: looked at while it prepares, taken before its first operation, given back at its end.

It is no operation: nothing is taken by ``--dry``, by an answer "no", or where there is nothing to do. What the run changed goes into
the journal of every node in the round trip that gives the lock back. Only pyinfra's command line has an end that can be seen: a
program that drives pyinfra by itself looks, and takes nothing.
"""

import signal
import sys
import time
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, cast

import gevent
from pyinfra.api.arguments import auth_argument_meta
from pyinfra.api.command import StringCommand
from pyinfra.api.exceptions import PyinfraError
from pyinfra.api.host import Host
from pyinfra.api.state import BaseStateCallback, State
from pyinfra.context import inventory, state

from webha import lock
from webha.lock import commands
from webha.lock.facts import Runs
from webha.run import changes, ending
from webha.run.across import ask, said

PATIENCE = 60  # seconds for an answer that the run depends on
LAST_PATIENCE = 10  # at its end: a node that is gone must not hold it up
# After a look at the lock operations begin without another: for a second, or so many times as long as the look took.
FRESH, SHARE = 1.0, 10


def hold(hosts: list[Host]) -> None:
    """Hold the lock of the cluster ``hosts`` while this run executes; refuse now where another one does. Once a run."""
    holder = _holder()
    if holder is None:
        # Never from group_data: it speaks of one lock, that a person has seen.
        given: dict[str, Any] = inventory.get_override_data()  # type: ignore[no-untyped-call]
        holder = Holder(hosts, takeover=given.get("takeover") is True)
        state.callback_handlers.append(holder)
        holder.takes = _before_disconnecting()
        holder.tasks.append(str(state.current_deploy_filename))
        holder.look()
    elif str(state.current_deploy_filename) not in holder.tasks:
        holder.tasks.append(str(state.current_deploy_filename))


def leave_nothing() -> None:
    """Have neither lock nor journal on any node at the end of this run, if it ends well."""
    holder = _holder()
    if holder is not None:
        holder.forget = True


def _holder() -> "Holder | None":
    return next((one for one in state.callback_handlers if isinstance(one, Holder)), None)


class Holder(BaseStateCallback):
    """What pyinfra calls as operations begin; it declares these static and calls them on the handler."""

    def __init__(self, hosts: list[Host], takeover: bool) -> None:
        """Hold nothing yet. ``takeover``: a person says that who holds the lock is dead."""
        self.hosts, self.takeover = hosts, takeover
        self.takes = True
        self.displaced = self.refused = self.forget = False
        self.tasks: list[str] = []
        self.judgement = lock.Judgement()
        self.run: lock.Run | None = None  # while it holds the lock
        self.asked = ""  # the node that was asked for it and has not answered
        self.seen, self.fresh = 0.0, FRESH
        self.taken_over: dict[lock.Lock, list[str]] = {}
        self.privileges: dict[str, dict[str, Any]] = {}
        self.begun: list[tuple[Host, str]] = []

    def look(self) -> None:
        """Refuse where somebody holds the lock, or a node does not say."""
        nodes = self._notes()
        ids = sorted({one.lock.run.id for one in lock.holding(nodes).held if one.lock.run is not None})
        self.judgement = lock.judge(self._notes(ids) if ids else nodes, self.takeover, time.time())
        if self.judgement.refusals:
            raise PyinfraError(lock.refused(self.judgement.refusals))

    def _notes(self, ids: Iterable[str] = ()) -> dict[str, lock.Notes | None]:
        asked = {one.name: gevent.spawn(ask, one, Runs(), PATIENCE, ids=ids) for one in self.hosts}
        gevent.joinall(list(asked.values()))
        return {name: one.value for name, one in asked.items()}

    def operation_start(self, state: State, op_hash: str) -> None:  # type: ignore[override]
        """Take the lock before the first operation; see before the others that nobody has taken it over."""
        if self.run is None and self.takes:
            self._take(state, op_hash)
        elif self.run is not None and time.monotonic() - self.seen >= self.fresh:
            self._see(self.run)

    def operation_host_start(self, state: State, host: Host, op_hash: str) -> None:  # type: ignore[override]
        """It begins on one; pyinfra says so of those too that have nothing to do with it."""
        if op_hash in state.ops[host]:
            self.begun.append((host, op_hash))

    def _take(self, state: State, op_hash: str) -> None:
        """Take it node by node in the inventory's order, with the privileges of the operation that comes; all or none.

        Where they are not root's on the first node, the operation is none of ours, and the next one may be.
        """
        _end_on_signals()
        self.run = changes.this_run(self.tasks)  # from here on it is given back, however the run ends
        self.privileges = {one.name: _given(state, one, op_hash) for one in self.hosts}
        for one in self.hosts:
            self.asked = one.name
            instead = self.judgement.instead.get(one.name, "")
            answer = commands.taking(said(one, commands.take(self.run, instead), PATIENCE, self.privileges[one.name]))
            if answer.powerless and one is self.hosts[0]:
                self.run = None
                return
            if not answer.taken:
                self.refused = True
                if not answer.wrong:
                    self.asked = ""
                raise PyinfraError(lock.refused([_hindrance(one.name, answer, time.time())]))
            if answer.instead:
                self._note(one.name, instead)
        self.asked, self.seen = "", time.monotonic()

    def _note(self, name: str, digest: str) -> None:
        """Tell at the end, and in the journal, whose lock was replaced; a run that is refused on a later node tells it, too."""
        for copies in self.judgement.taken_over:
            if copies.lock.digest == digest:
                self.taken_over.setdefault(copies.lock, []).append(name)
                if len(self.taken_over[copies.lock]) == 1:
                    ending.say_at_end(lock.took_over(copies, time.time()))
        for copies in self.judgement.stale:
            if copies.lock.digest == digest:
                ending.say_at_end(lock.cleaned(copies))

    def _see(self, run: lock.Run) -> None:
        """Stop where the lock is another's by now: one look at one node, which takes an eleventh of the run's time at most."""
        first, begin = self.hosts[0], time.monotonic()
        notes = ask(first, Runs(), PATIENCE, self.privileges[first.name])
        lost = lock.lost(run, first.name, notes, time.time())
        if lost is not None:
            self.displaced = notes is not None
            raise PyinfraError(lost)
        self.seen = time.monotonic()
        self.fresh = max(FRESH, SHARE * (self.seen - begin))

    def end(self, state: State) -> None:
        """Give the lock back, and leave a line of what this run changed."""
        if self.run is None:
            return
        result = "displaced" if self.displaced else "refused" if self.refused else changes.result(state, self.begun)
        with _undisturbed():
            self._give_back(self.run, self._entry(state, self.run, result), self.forget and result == "done")
        self.run = None

    def _entry(self, state: State, run: lock.Run, result: str) -> lock.Entry:
        done, open_ = changes.changed(state, self.begun), changes.unfinished(state, self.begun)
        left = (
            (self.asked,) if self.asked else ()
        )  # it may make it yet: a line tells the next run that this one has ended
        return lock.Entry(run, int(time.time()), result, done, open_, tuple(self.taken_over), left)

    def _give_back(self, run: lock.Run, entry: lock.Entry, forget: bool) -> None:
        """Give it back on all nodes at once; where one does not say so in time, leave word of that on the others."""
        left = self._unsaid(commands.give_back(run, entry if entry.told else None, forget), self.hosts)
        if not left:
            return
        there = [one for one in self.hosts if one.name not in left]
        if not forget and not entry.told:
            unwritten = self._unsaid(commands.give_back(run, replace(entry, left=left)), there)
            there = [one for one in there if one.name not in unwritten]
        ending.say_at_end(lock.kept(left, known=bool(there) and not forget))

    def _unsaid(self, command: StringCommand, hosts: list[Host]) -> tuple[str, ...]:
        """Run ``command`` on all ``hosts`` at once; return the names of those that did not say in time that it is done."""
        asked = {
            one.name: gevent.spawn(said, one, command, LAST_PATIENCE, self.privileges.get(one.name)) for one in hosts
        }
        gevent.joinall(list(asked.values()), timeout=LAST_PATIENCE + 1)
        return tuple(name for name, one in asked.items() if not commands.given_back(one.value))


def _hindrance(name: str, answer: commands.Taking, now: float) -> str:
    if answer.held is not None:
        return lock.busy(lock.Copies(answer.held, (name,)), now)
    return lock.untaken(name, "commands do not run as root there" if answer.powerless else answer.wrong)


def _given(state: State, host: Host, op_hash: str) -> dict[str, Any]:
    """Return the privileges that an operation has on ``host``, beyond what the host has by itself."""
    given = cast("dict[str, Any]", state.ops[host][op_hash].global_arguments) if op_hash in state.ops[host] else {}
    return {key: given[key] for key in auth_argument_meta if key in given}


def _before_disconnecting() -> bool:
    """Have the lock given back at the end of every run, before pyinfra's command line lets go of its hosts.

    Its callback for that moment comes from the pool that operations run in, which is full where a person ends the run meanwhile.
    """
    cli = sys.modules.get("pyinfra_cli.cli")
    if cli is None:
        return False
    disconnect = cli.disconnect_all
    if not getattr(disconnect, "of_webha", False):

        def end(state: State) -> None:
            try:
                for one in state.callback_handlers:
                    if isinstance(one, Holder):
                        one.end(state)
            finally:
                disconnect(state)

        end.of_webha = True  # type: ignore[attr-defined]  # a mark, so that it is wrapped once
        cli.disconnect_all = end  # type: ignore[attr-defined]
    return True


def _end_on_signals() -> None:
    """Make a closed terminal and a kill end the run as Ctrl-C does, where nobody else has said what they do."""
    for one in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(one) is signal.SIG_DFL:
            signal.signal(one, lambda number, _: sys.exit(128 + number))


@contextmanager
def _undisturbed() -> Generator[None]:
    """Hear no second Ctrl-C meanwhile."""
    before = {one: signal.signal(one, signal.SIG_IGN) for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
