"""Three keepers over three pretended nodes, interleaved at random: one bootstrap, of the most advanced, and never two."""

from itertools import pairwise

import pytest

from ..stubs import NAMES
from .keeper_world import OURS, Node, World, world

A, B, C = NAMES


BEGINNINGS = {
    "all crashed": {},
    "all wait": {name: Node("activating", since=1000.0) for name in NAMES},
    "all stopped cleanly and gave up": {name: Node("failed", written=0) for name in NAMES},
    "all are active and serve nothing": {name: Node("active", status="non-Primary") for name in NAMES},
    "two crashed beside one": {A: Node("active", status="non-Primary")},
    "one waits, one crashed, one serves nothing": {
        A: Node("activating", since=1000.0),
        C: Node("active", status="non-Primary"),
    },
}


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.parametrize("beginning", BEGINNINGS.values(), ids=BEGINNINGS)
def test_the_component_returns_by_one_bootstrap_and_all_join(beginning, seed):
    here = world(seed, **beginning)
    here.run(700)
    assert len(here.bootstraps) == 1, [node.said for node in here.nodes.values()]
    assert here.primary == list(NAMES), [node.said for node in here.nodes.values()]


@pytest.mark.parametrize("seed", range(60))
def test_a_node_that_is_cut_and_returns_meanwhile_ends_well(seed):
    here = world(seed)
    name = here.dice.choice(NAMES)
    here.run(here.dice.randint(1, 80))
    before = bool(here.bootstraps)
    here.cut(name)
    here.run(150)
    assert before or here.bootstraps == []
    survives = set(here.primary)
    if before and not survives:
        here.bootstraps.clear()  # the only primary node was cut: another bootstrap is due
    here.power(name)
    here.run(900)
    assert here.primary == list(NAMES), [node.said for node in here.nodes.values()]


@pytest.mark.parametrize("seed", range(40))
def test_without_one_node_the_others_wait_for_ever(seed):
    here = world(seed, **{name: Node("activating", since=1000.0) for name in NAMES})
    here.cut(here.dice.choice(NAMES))
    here.run(600)
    assert here.bootstraps == []
    assert here.primary == []


@pytest.mark.parametrize("seed", range(40))
def test_what_a_person_stopped_stays_so(seed):
    here = world(seed, **{B: Node("inactive", written=0)})
    here.nodes[B].seqno = here.nodes[B].written = 6
    here.run(700)
    assert here.primary == [A, C]
    assert here.nodes[B].unit == "inactive"


@pytest.mark.parametrize("seed", range(40))
def test_a_person_who_starts_one_meanwhile_makes_no_second_component(seed):
    here = world(seed)
    here.run(here.dice.randint(1, 60))
    node = here.nodes[here.dice.choice(NAMES)]
    if node.unit in ("failed", "inactive"):
        node.unit, node.since, node.reading = "activating", here.time, None
    here.run(1000)
    assert len(here.bootstraps) == 1
    assert here.primary == list(NAMES)


@pytest.mark.parametrize("seed", range(20))
def test_a_bootstrap_that_fails_is_tried_again_and_not_at_once(seed):
    here = world(seed)
    for node in here.nodes.values():
        node.fails = 2
    here.run(1500)
    assert len(here.bootstraps) >= 3
    mine = [at for name, at in zip(here.bootstraps, here.tried, strict=True) if name == here.bootstraps[0]]
    assert all(later - earlier >= 10 for earlier, later in pairwise(mine))
    assert here.primary == list(NAMES)


@pytest.mark.parametrize("seed", range(20))
def test_a_mariadbd_that_does_not_stop_is_ended_after_a_minute(seed):
    here = world(seed, **{name: Node("activating", since=1000.0, hangs=name == B) for name in NAMES})
    here.run(900)
    assert len(here.bootstraps) == 1
    assert here.primary == list(NAMES)


def test_a_value_counts_once_it_changed_and_until_it_is_silent_for_fifteen_seconds():
    here = World(0, {name: Node() for name in NAMES})
    one = here.keepers[A]

    def fresh(second, now, members=NAMES):
        return sorted(one._fresh(set(members), {B: f"down/{OURS}/7/0/wants/{second}"}, now))

    assert fresh("1", 0.0) == []
    assert fresh("1", 3.0) == []  # of a keeper that is dead, perhaps for long
    assert fresh("2", 6.0) == [B]
    assert fresh("2", 21.0) == [B]
    assert fresh("2", 21.1) == []
    assert fresh("3", 22.0, members=(A,)) == []
    assert fresh("4", 23.0) == []


def test_a_primarys_value_counts_while_its_node_is_a_member():
    one = World(0, {name: Node() for name in NAMES}).keepers[A]
    value = {B: f"primary/{OURS}/?/0/left/1"}
    assert sorted(one._fresh({A, B}, value, 0.0)) == [B]
    assert sorted(one._fresh({A, B}, value, 900.0)) == [B]
    assert one._fresh({A}, value, 901.0) == {}


@pytest.mark.parametrize("seed", range(40))
def test_without_one_of_the_keepers_nothing_is_bootstrapped(seed):
    here = world(seed)
    here.nodes[here.dice.choice(NAMES)].keeper = False
    here.run(500)
    assert here.bootstraps == []
