"""Databases of ours without a history: which are the newest is not known, and nobody's are copied over."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webha.galera import NO_HISTORY, Grastate, Member, bootstrap, may_join, of_others, returning

from .test_galera import BARE, OTHER, OURS, WAS_MEMBER, status, stopped, synced

NAMES = ("a", "b", "c")
DENIED = "ERROR 1045 (28000): Access denied"
MARKED = replace(BARE, databases=("drupal",), made=("drupal",))
ZERO = replace(MARKED, grastate=Grastate(NO_HISTORY, -1, False))
UNMARKED = replace(BARE, databases=("drupal",))
CUT = replace(ZERO, joining=True)


def of(*members):
    return dict(zip(NAMES, members, strict=True))


@pytest.mark.parametrize(
    "members",
    [
        of(MARKED, MARKED, MARKED),
        of(MARKED, MARKED, BARE),
        of(MARKED, BARE, ZERO),
        of(BARE, MARKED, ZERO),
        of(MARKED, CUT, BARE),
    ],
)
def test_where_several_nodes_hold_ours_and_none_a_history_nothing_is_bootstrapped(members):
    verdict = bootstrap(members)
    assert verdict.action == "refuse"
    assert of_others(members) == [verdict.reason]
    for name, member in members.items():
        assert (f"{name} (drupal" in verdict.reason) is bool(member.made)
    assert "which is the newest is not known" in verdict.reason
    assert "'galera_recovery' prints --wsrep_start_position=UUID:seqno" in verdict.reason
    assert "'rm -f /var/lib/mysql/grastate.dat; galera_new_cluster', then this again" in verdict.reason


def test_a_copy_that_was_cut_off_is_said_beside_its_node():
    assert "b (drupal, a copy that was cut off)" in bootstrap(of(MARKED, CUT, BARE)).reason


@pytest.mark.parametrize("others", [(BARE, BARE), (stopped(Grastate(NO_HISTORY, -1, False)), BARE)])
@pytest.mark.parametrize("first", [MARKED, ZERO])
def test_the_first_alone_brings_its_databases_to_machines_that_hold_none(first, others):
    members = of(first, *others)
    assert bootstrap(members).action == "bootstrap"
    assert of_others(members, "drupal") == []


def test_another_node_alone_is_not_copied_over_by_an_empty_first():
    for members in (of(BARE, MARKED, BARE), of(stopped(databases=("old",)), MARKED, BARE)):
        reason = bootstrap(members).reason
        assert bootstrap(members).action == "refuse"
        assert "b would take a full copy over them. On b: 'rm -f" in reason
        assert of_others(members) == [reason]


def test_copies_that_were_cut_off_make_no_cluster():
    for members in (of(CUT, BARE, BARE), of(CUT, CUT, BARE)):
        assert "none of them is whole. Bring back a backup" in bootstrap(members).reason
        assert "galera_new_cluster" not in bootstrap(members).reason


def test_without_our_configuration_the_way_is_the_inventorys_order():
    bare = replace(MARKED, configured=None)
    (said,) = of_others(of(bare, bare, BARE))
    assert "Name the one whose data stay first in inventory.py, save what /var/lib/mysql holds on the others" in said
    assert "galera_new_cluster" not in said
    (said,) = of_others(of(BARE, bare, BARE))
    assert "Name b first in inventory.py, then this again" in said


def test_the_sites_database_of_before_the_mark_counts_and_is_not_told_to_be_dropped():
    (said,) = of_others(of(UNMARKED, UNMARKED, UNMARKED), "drupal")
    assert "a (drupal); b (drupal); c (drupal)" in said
    assert "drop" not in said
    assert any("Dump and drop" in one for one in of_others(of(UNMARKED, UNMARKED, BARE), "other"))


def test_one_that_starts_may_be_primary_when_its_turn_comes():
    members = of(replace(MARKED, unit="activating"), MARKED, MARKED)
    assert of_others(members) == []
    verdict = bootstrap(members)
    assert verdict.action == "refuse"
    assert "a: no cluster's history, database drupal, activating" in verdict.reason
    assert "which is the newest is not known" in verdict.reason


def test_who_never_was_a_member_and_runs_is_stopped_first():
    assert "None was ever a member: stop MariaDB where it runs" in returning(
        of(replace(BARE, unit="active"), BARE, BARE)
    )


def test_beside_a_history_a_node_without_one_is_compared_by_hand_and_not_called_behind():
    words = returning(of(stopped(Grastate(OURS, 12, True)), MARKED, BARE))
    assert "No grastate.dat tells how far b came: webha-galera-keeper leaves it to a person" in words
    assert "was the last to stop" not in words
    assert "is the most advanced" not in words
    assert "on a, b 'systemctl stop webha-galera-keeper" in words
    assert "(on b 'rm -f /var/lib/mysql/grastate.dat; galera_new_cluster')" in words


def test_a_join_says_what_it_copies_over():
    assert may_join("c", of(synced(), synced(), MARKED)).reason == (
        "c can join a, b, by a full copy over its own (drupal), whose history is not known"
    )
    assert "full copy" not in may_join("c", of(synced(), synced(), WAS_MEMBER)).reason


GRASTATES = st.sampled_from(
    [
        None,
        *(
            Grastate(uuid, seqno, safe)
            for uuid in (NO_HISTORY, OURS, OTHER)
            for seqno in (-1, 7)
            for safe in (True, False)
        ),
    ]
)
STOPPED = st.builds(
    Member,
    installed=st.booleans(),
    unit=st.sampled_from(["inactive", "failed", "activating", "active"]),
    status=st.sampled_from([{}, {}, {}, status(cluster="non-Primary", comment="Initialized")]),
    grastate=GRASTATES,
    here=st.booleans(),
    databases=st.sampled_from([(), ("drupal",), ("drupal", "shop")]),
    made=st.sampled_from([(), ("drupal",)]),
    strangers=st.sampled_from([(), (), ("x.sql",)]),
    joining=st.booleans(),
    configured=st.sampled_from([None, "x"]),
    shut_out=st.sampled_from([None, None, None, DENIED]),
)
MEMBERS = st.tuples(*[st.one_of(STOPPED, st.just(BARE), st.just(MARKED), st.none())] * 3)


@given(MEMBERS)
def test_no_bootstrap_is_followed_by_a_copy_over_databases_of_ours(found):
    """Whatever the three hold while none is primary."""
    members = of(*found)
    verdict = bootstrap(members)
    if verdict.action != "bootstrap":
        assert verdict.action == "refuse"
        return
    assert not (set(members["a"].made) & set(members["a"].databases) and members["a"].joining)
    after = members | {"a": synced(size=1)}
    for name in ("b", "c"):
        if may_join(name, after).action == "join":
            assert not set(members[name].databases) & set(members[name].made)
            assert members[name].joining or not members[name].databases
    one = {name: member for name, member in members.items() if member is not None and member.undated}
    assert set(one) <= {"a"}


@given(MEMBERS)
def test_what_the_bootstrap_refuses_for_its_age_was_refused_before_anything_changed(found):
    members = of(*found)
    verdict = bootstrap(members)
    if "without a history" in verdict.reason and not any(one and one.unit == "activating" for one in found):
        assert any("without a history" in line for line in of_others(members))
