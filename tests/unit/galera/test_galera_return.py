"""What a person is told where no node is in a primary component: what is known of each, and what decides."""

import re

import pytest

from webha.galera import NO_HISTORY, Grastate, Member, parse_position, returning
from webha.galera.facts import Galera

from ..captured_facts import text

OURS = "772159c2-e6ae-11f1-b424-5a194bf1f37b"
OTHER = "0a0a0a0a-e6ae-11f1-b424-5a194bf1f37b"
NAMES = ("nodoha", "nodoha2", "nodoha3")
A, B, C = NAMES
CONVERGED = "trixie"
_FRAME = r"(@@webha-begin {0}\n)(?:(?!@@).*\n)*(@@webha-end {0} 0\n)"


def stopped(seqno=-1, uuid=OURS, safe=False, unit="failed", recovered=None, **more):
    return Member(True, unit, grastate=Grastate(uuid, seqno, safe), recovered=recovered, **more)


def told(*members):
    return returning(dict(zip(NAMES, members, strict=True)))


def test_all_that_is_known_of_each_node_is_said():
    words = told(stopped(411), stopped(unit="activating", recovered=(OURS, 412)), None)
    assert f"{A}: cluster {OURS}, seqno 411, safe_to_bootstrap 0, failed;" in words
    assert f"{B}: cluster {OURS}, seqno -1, safe_to_bootstrap 0, recovered seqno 412, activating;" in words
    assert f"{C}: not reached." in words


def test_with_a_node_lost_for_good_the_most_advanced_of_the_others_is_named_with_the_commands():
    words = told(stopped(411), stopped(unit="activating", recovered=(OURS, 412)), None)
    assert f"{C} may hold what the others do not" in words
    assert f"of the others {B} is the most advanced (seqno 412)" in words
    assert (
        f"If {C} never returns: on {A}, {B} 'systemctl stop webha-galera-keeper; timeout 30 systemctl stop mariadb;"
        in words
    )
    assert f"on {B} \"sed -i 's/^safe_to_bootstrap: 0/safe_to_bootstrap: 1/'" in words
    assert "&& galera_new_cluster" in words
    assert f"before {C} is started again all the same, 'rm /var/lib/mysql/grastate.dat' there" in words


def test_where_a_position_is_unknown_no_node_is_called_the_most_advanced():
    words = told(stopped(411), stopped(), None)
    assert "is the most advanced" not in words
    assert "on the most advanced one" in words
    assert "galera_recovery" in words


def test_with_every_node_there_the_keeper_is_named_first():
    words = told(stopped(411), stopped(412), stopped(410))
    assert "webha-galera-keeper brings it back by itself" in words
    assert "rm /var/lib/mysql" not in words
    assert f"{B} is the most advanced (seqno 412)" in words


def test_a_tie_goes_to_the_one_that_is_safe():
    assert f'on {B} "sed' in told(stopped(412), stopped(412, safe=True), None)


def test_who_claims_to_be_safe_and_is_behind_is_not_named_the_last():
    assert "was the last to stop" not in told(stopped(412), stopped(411, safe=True), stopped(410))
    assert f"{C} was the last to stop" in told(stopped(411), stopped(410), stopped(412, safe=True))


def test_between_two_clusters_a_person_decides():
    words = told(stopped(7), stopped(9, OTHER), stopped(7))
    assert "decide whose data stay" in words
    assert "galera_new_cluster" not in words


def test_a_node_without_history_and_what_the_keeper_said_are_told():
    words = told(stopped(7), stopped(uuid=NO_HISTORY), stopped(7, keeper="the nodes do not agree"))
    assert f"{B}: no cluster's history, failed;" in words
    assert "failed, its keeper: the nodes do not agree" in words


def test_a_position_of_another_cluster_does_not_count():
    assert stopped(recovered=(OTHER, 9)).position is None
    assert stopped(recovered=(OURS, 9)).position == 9
    assert stopped(8, recovered=(OURS, 9)).position == 8


def test_the_position_at_the_start_says_nothing_of_one_that_answers():
    assert stopped(recovered=(OURS, 9), status={"wsrep_cluster_status": "non-Primary"}).position is None


@pytest.mark.parametrize(
    ("line", "position"),
    [
        (f"--wsrep_start_position={OURS.upper()}:1424", (OURS, 1424)),
        (f"--wsrep_start_position={OURS}:1424,0-1-7", (OURS, 1424)),
        (f"_WSREP_START_POSITION=--wsrep_start_position={OURS}:0", (OURS, 0)),
        (f"--wsrep_start_position={NO_HISTORY}:-1", None),
        ("", None),
    ],
)
def test_the_position_of_a_start_is_read(line, position):
    assert parse_position(line) == position


def answered(question, said):
    """Return the member that a converged node is when it says that to one question."""
    return Galera().process(
        re.sub(_FRAME.format(question), rf"\g<1>{said}\n\g<2>", text(CONVERGED, "galera")).splitlines()
    )


def test_the_fact_knows_where_a_waiting_mariadbd_stands_and_what_its_keeper_says():
    assert answered("position", f"--wsrep_start_position={OURS}:12").recovered == (OURS, 12)
    assert answered("keeper", "all is well").keeper == "all is well"


def test_a_node_that_was_not_asked_has_neither():
    old = text(CONVERGED, "galera")
    for question in ("position", "keeper"):
        old = re.sub(_FRAME.format(question), "", old)
    member = Galera().process(old.splitlines())
    assert (member.recovered, member.keeper) == (None, None)
