"""Two primary components of one cluster: seen, said, and nothing done before a person chose."""

from dataclasses import replace

import pytest

from webha.galera import apart, may_join, may_restart, of_others, whole
from webha.galera import operations as galera
from webha.status.decisions import _galera
from webha.status.state import Expected, Seen

from ..captured_facts import CONVERGED, fact
from ..stubs import NAMES as NODES
from ..stubs import perform
from .test_galera import BARE, OTHER, stale, synced

NAMES = ("a", "b", "c")
ADDRESSES = {"a": "10.0.0.1:3306", "b": "10.0.0.2:3306", "c": "10.0.0.3:3306"}


def of(*members, names=NAMES):
    return dict(zip(names, members, strict=True))


def sees(names, member=None, **changes):
    """A primary node in whose component are these nodes."""
    member = member or synced(size=len(names), **changes)
    return replace(member, status=member.status | {"wsrep_incoming_addresses": ",".join(map(ADDRESSES.get, names))})


TWO = sees("ab")
PARTED = of(TWO, TWO, sees("c"))
WORDS = (
    "2 primary components: a, b (2 nodes) and c (1 node): each takes writes, and none gets the others'. On c, the smaller, one by "
    "one 'systemctl stop mariadb; rm /var/lib/mysql/grastate.dat; systemctl start mariadb': it takes a full copy, and what was "
    "written only there since they parted is lost (dump it first if you need it)"
)


def test_the_smaller_side_is_named_with_what_is_lost():
    assert apart(PARTED) == WORDS
    assert apart(of(TWO, TWO, sees("c", uuid=OTHER))) == WORDS
    assert apart(of(synced(size=2), synced(size=2), synced(size=1, uuid=OTHER))) == WORDS


def test_it_stands_in_the_place_of_what_each_sees():
    assert whole(PARTED) == [WORDS]
    layer = _galera(
        {name: Seen(galera=one) for name, one in PARTED.items()}, Expected(NAMES, "10.0.0.250", "fs_ha", "x")
    )
    assert layer.problems == (WORDS,)


def test_between_equal_sides_a_person_decides():
    words = apart(of(sees("a"), BARE, sees("c")))
    assert "2 primary components: a (1 node) and c (1 node)" in words
    assert "Decide whose data stay; on the others, one by one" in words
    assert apart(of(sees("a"), sees("b"), sees("c"))).startswith("3 primary components")


@pytest.mark.parametrize(
    "members",
    [
        of(sees("abc"), sees("abc"), sees("abc")),
        of(sees("a"), sees("ab"), BARE),
        of(sees("a"), sees("ab"), sees("abc")),
        of(sees("ab"), sees("bc"), sees("abc")),
        of(sees("abc"), sees("ab"), None),
        of(sees("ab"), sees("ab"), sees("c", cluster="non-Primary")),
        of(synced(size=2), synced(size=3), synced(size=1)),
        of(sees("c"), BARE, None),
    ],
)
def test_a_component_that_changes_between_the_answers_is_one(members):
    assert apart(members) == ""


def test_nothing_is_changed_joined_or_restarted_before_a_person_chose():
    assert of_others(PARTED) == [WORDS]
    assert may_join("b", of(sees("a"), BARE, sees("c"))).action == "refuse"
    assert "primary components" in may_join("b", of(sees("a"), BARE, sees("c"))).reason
    old = sees("ab", stale())
    assert may_restart("b", of(sees("ab"), old, sees("c"))).reason.startswith("2 primary components")
    assert may_restart("b", of(sees("ab"), old, sees("abc"))).action == "restart"
    refused = perform(galera.whole, NODES, peers=of(*PARTED.values(), names=NODES)).refused
    assert refused.startswith("2 primary components: nodoha, nodoha2 (2 nodes) and nodoha3 (1 node)")


@pytest.mark.parametrize("suite", CONVERGED)
def test_a_real_node_says_who_is_in_its_component(suite):
    assert fact(suite, "galera").component == {"10.0.0.133:3306", "10.0.0.134:3306", "10.0.0.135:3306"}
