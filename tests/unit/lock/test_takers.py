"""Takers over three nodes in any order of their steps, some of them killed, a node away for a while: who has the lock, what stays.

The takers are the real :class:`webha.run.holding.Holder`; a node answers as :mod:`webha.lock.commands` makes a real one answer.
"""

from contextlib import nullcontext
from dataclasses import dataclass, field
from types import SimpleNamespace
from unittest.mock import patch

from greenlet import GreenletExit, getcurrent, greenlet
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyinfra.api.exceptions import PyinfraError

from webha import lock as locks
from webha.lock.commands import Taking
from webha.run import holding

from ..stubs import NAMES
from .runs import free, lock, run

STATE = SimpleNamespace(ops={})


@dataclass
class Node:
    """What lies on a node, and whether it answers."""

    name: str
    lock: locks.Run | None = None
    journal: list[locks.Entry] = field(default_factory=list)
    away: bool = False
    deaf: bool = True  # while it is away: it hears nothing; else it does as it is told, and its answer is lost

    def notes(self):
        return free(*self.journal) if self.lock is None else locks.Notes(lock(self.lock), tuple(self.journal))

    def answer(self, command):
        said = None if self.away and self.deaf else self.obey(*command)
        return None if self.away else said

    def obey(self, verb, one, *more):
        if verb == "take":
            if self.lock is None or self.lock.digest == more[0]:
                replaced, self.lock = self.lock is not None, one
                return Taking(taken=True, instead=replaced)
            return Taking(held=lock(self.lock))
        self.journal += [more[0]] if more[0] is not None else []
        self.lock = None if self.lock == one else self.lock
        return True


class Taker:
    """A run: it looks, takes, works for two operations, gives back. Each word with a node is a step."""

    def __init__(self, world, number, takeover=False, changes=False):
        self.world, self.run = world, run(number)
        self.looked = self.at_work = self.refused = self.dead = False
        self.changes = {"An operation": ("nodoha",)} if changes else {}
        self.holder = holding.Holder(list(world.nodes.values()), takeover)
        self.thread = greenlet(self._live)

    def _live(self):
        try:
            self.holder.look()
            self.looked = True
            self.world.step()
            for _ in range(2):
                self.holder.operation_start(STATE, "x")
                assert not self.dead
                self.at_work = True
                self.world.alone()
                self.world.step()
                self.at_work = False
        except PyinfraError:
            self.refused = True
        self.at_work = False
        self.holder.end(STATE)

    @property
    def over(self):
        return self.dead or self.thread.dead

    def go(self):
        """Go on by one step."""
        self.world.now = self
        self.thread.switch()

    def die(self):
        """Die where it stands: nothing of it runs any more."""
        self.dead, self.at_work = True, False


class World:
    """Three nodes and who comes to them."""

    def __init__(self):
        self.nodes = {name: Node(name) for name in NAMES}
        self.takers = []
        self.main = getcurrent()
        self.now = None

    def taker(self, **what):
        self.takers.append(Taker(self, len(self.takers) + 1, **what))
        return self.takers[-1]

    def step(self):
        self.main.switch()

    def alone(self):
        working = [one for one in self.takers if one.at_work]
        assert len(working) <= 1, [one.run.id for one in working]

    def said(self, node, command, *_):
        self.step()
        return node.answer(command)

    def ask(self, node, *_, **__):
        self.step()
        return None if node.away else node.notes()

    def to_the_end(self):
        for one in self.takers:
            while not one.over:
                one.go()

    def patched(self):
        stand_ins = {
            "said": self.said,
            "ask": self.ask,
            "gevent": SimpleNamespace(
                spawn=lambda work, *words, **named: SimpleNamespace(value=work(*words, **named)),
                joinall=lambda *_, **__: None,
            ),
            "changes": SimpleNamespace(
                this_run=lambda _: self.now.run,
                changed=lambda *_: self.now.changes,
                unfinished=lambda *_: {},
                result=lambda *_: "done",
            ),
            "commands": SimpleNamespace(
                take=lambda one, instead: ("take", one, instead),
                taking=lambda answer: answer or Taking(wrong="no answer"),
                give_back=lambda one, entry, _=False: ("give back", one, entry),
                given_back=bool,
            ),
            "ending": SimpleNamespace(say_at_end=lambda _: None),
            "FRESH": 0,
            "SHARE": 0,
            "_given": lambda *_: {},
            "_end_on_signals": lambda: None,
            "_undisturbed": nullcontext,
        }
        return patch.multiple(holding, **stand_ins)

    def end(self):
        for one in self.takers:  # greenlets that stand still for ever
            one.thread.throw(GreenletExit) if not one.thread.dead else None


SCHEDULE = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from(["go"] * 14 + ["die", "leave", "return"])), max_size=60
)
QUIET = st.lists(st.integers(0, 1), max_size=60)


@settings(deadline=None)
@given(QUIET, st.booleans())
@example([0, 1] * 30, False)
def test_of_two_that_live_at_most_one_works_and_nothing_stays(schedule, changes):
    world = World()
    with world.patched():
        pair = [world.taker(changes=changes), world.taker(changes=changes)]
        for number in schedule:
            if not pair[number].over:
                pair[number].go()
        world.to_the_end()
        assert not all(one.refused for one in pair)
        assert [node.lock for node in world.nodes.values()] == [None] * 3
        following = world.taker()
        world.to_the_end()
        assert not following.refused


@settings(deadline=None)
@given(SCHEDULE, st.sampled_from(NAMES), st.booleans())
def test_whatever_happens_one_works_at_most_and_a_person_can_always_go_on(schedule, lossy, deaf):
    """Some are killed, and one node is away for a while. Without a death nothing stays that needs a person."""
    world = World()
    node = world.nodes[lossy]
    node.deaf = deaf
    with world.patched():
        trio = [world.taker(), world.taker(changes=True), world.taker()]
        for number, what in schedule:
            if what == "go" and not trio[number].over:
                trio[number].go()
            elif what == "die":
                trio[number].die()
            elif what in ("leave", "return"):
                node.away = what == "leave"
        world.to_the_end()
        node.away = False
        journals = [one for each in world.nodes.values() for one in each.journal]
        for each in world.nodes.values():
            if each.lock is not None and not any(entry.tells_of_the_end_of(each.lock) for entry in journals):
                assert [one.dead for one in trio if one.run == each.lock] == [True]
        if not any(one.dead for one in trio):
            following = world.taker()
            world.to_the_end()
            assert not following.refused
        person = world.taker(takeover=True)
        world.to_the_end()
        assert not person.refused
        assert [each.lock for each in world.nodes.values()] == [None] * 3
        last = world.taker()
        world.to_the_end()
        assert not last.refused
    world.end()


@settings(deadline=None)
@given(st.integers(0, 14), QUIET)
def test_a_run_that_was_killed_keeps_all_others_away_or_left_nothing(steps, schedule):
    """Wherever it was killed: before it took anything it is nobody's lock, after that it takes a person's word."""
    world = World()
    with world.patched():
        killed = world.taker()
        for _ in range(steps):
            if not killed.over:
                killed.go()
        held = any(each.lock for each in world.nodes.values())
        killed.die()
        pair = [world.taker(), world.taker()]
        for number in schedule:
            if not pair[number].over:
                pair[number].go()
        world.to_the_end()
        assert all(one.refused for one in pair) if held else not all(one.refused for one in pair)
    world.end()


@settings(deadline=None)
@given(QUIET)
def test_of_two_that_have_seen_the_same_dead_run_and_take_it_over_one_goes_on(schedule):
    """One that looks later sees the other one's lock, and takes that over: a person has said so."""
    world = World()
    with world.patched():
        dead = world.taker()
        while not dead.at_work:
            dead.go()
        dead.die()
        pair = [world.taker(takeover=True), world.taker(takeover=True)]
        for one in pair:
            while not one.looked:
                one.go()
        for number in schedule:
            if not pair[number].over:
                pair[number].go()
        world.to_the_end()
        assert [node.lock for node in world.nodes.values()] == [None] * 3
        assert not all(one.refused for one in pair)
        taken = [one for node in world.nodes.values() for one in node.journal if one.took]
        assert len(taken) >= len(NAMES), "every node tells of the takeover"
    world.end()


def test_a_run_whose_lock_was_taken_over_stops_before_its_next_operation():
    world = World()
    with world.patched():
        slow = world.taker()
        while not slow.at_work:
            slow.go()
        slow.at_work = False  # it stands still, and a person thinks that it is dead
        person = world.taker(takeover=True)
        while not person.at_work:
            person.go()
        while not slow.over:
            slow.go()
        assert slow.refused
        assert slow.holder.displaced
        assert all(node.lock == person.run for node in world.nodes.values())
        world.to_the_end()
        assert not person.refused
