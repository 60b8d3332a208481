"""Whose connections are destroyed, and whose stay."""

import os

import pytest

from webha_node.reaper import DEAD, LATEST, LEAVING, MEMBER, Losses, reap

from ..stubs import fake_program

NUMBERS = {1: "nodoha", 2: "nodoha2", 3: "nodoha3"}
CONFIRM = 0.15
ALL, LOST, GOING = ({1: MEMBER, 2: MEMBER, 3: state} for state in (MEMBER, DEAD, LEAVING))


def reaped(*looks, quorate=True):
    """What is due after looks at these seconds: (states, second)."""
    losses = Losses(NUMBERS, CONFIRM)
    return [name for states, now in looks for name in losses.saw(states, quorate, now)]


def test_a_lost_node_is_due_once_when_the_loss_has_lasted():
    assert reaped((ALL, 0.0), (LOST, 1.0), (LOST, 1.0 + CONFIRM / 2)) == []
    assert reaped((ALL, 0.0), (LOST, 1.0), (LOST, 1.01 + CONFIRM), (LOST, 2.0), (LOST, 9.0)) == ["nodoha3"]


def test_without_the_majority_nothing_is_due():
    losses = Losses(NUMBERS, CONFIRM)
    losses.saw(ALL, True, 0.0)
    assert losses.saw(LOST, True, 1.0) == []  # it hears of the loss first
    for second in (1.2, 5.0, 99.0):
        assert losses.saw(LOST, False, second) == []


@pytest.mark.parametrize(("back", "due"), [(2.0, ["nodoha3"]), (1.0 + LATEST + 1, [])])
def test_a_majority_that_comes_back_soon_destroys_what_is_still_lost(back, due):
    """A passing membership of this node alone, then one of two: the third is lost all the while."""
    losses = Losses(NUMBERS, CONFIRM)
    losses.saw(ALL, True, 0.0)
    losses.saw({1: MEMBER, 2: DEAD, 3: DEAD}, False, 1.0)
    assert losses.saw(LOST, False, 1.5) == []
    assert losses.saw(LOST, True, back) == due
    assert losses.saw(LOST, True, back + 1) == []


def test_two_lost_nodes_are_both_due():
    assert reaped((ALL, 0.0), ({1: DEAD, 2: DEAD, 3: MEMBER}, 1.0), ({1: DEAD, 2: DEAD, 3: MEMBER}, 2.0)) == [
        "nodoha",
        "nodoha2",
    ]


def test_a_node_that_leaves_is_not_lost():
    """Its Corosync is stopped, for a planned restart say: the machine goes on, and so do Galera and Gluster there."""
    assert reaped((ALL, 0.0), (GOING, 1.0), (LOST, 1.1), (LOST, 9.0)) == []


def test_a_node_that_is_a_member_again_is_lost_anew():
    looks = [(ALL, 0.0), (LOST, 1.0), (LOST, 2.0), (ALL, 3.0), (LOST, 5.0), (LOST, 6.0)]
    assert reaped(*looks) == ["nodoha3", "nodoha3"]


def test_a_loss_that_passes_is_none():
    assert reaped((ALL, 0.0), (LOST, 1.0), (ALL, 1.01 + CONFIRM), (ALL, 9.0)) == []


@pytest.mark.parametrize("unknown", [{}, {3: 0}, {3: LEAVING}, {4: DEAD}])
def test_who_is_not_known_or_leaves_is_not_lost(unknown):
    assert reaped((ALL, 0.0), ({1: MEMBER, 2: MEMBER} | unknown, 1.0), ({1: MEMBER, 2: MEMBER} | unknown, 9.0)) == []


def test_a_node_that_was_never_a_member_is_not_lost():
    assert reaped((LOST, 0.0), (LOST, 1.0), (LOST, 9.0)) == []


def test_the_connections_are_destroyed_and_counted(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    said = 'printf "ESTAB 0 0 a b\\nESTAB 0 0 a c\\n"'
    fake_program(tmp_path, "ss", f'echo "$*" >> {tmp_path}/done\n{said}')
    reap("nodoha3", "10.0.0.135")
    assert (tmp_path / "done").read_text() == "-H -t -K dst 10.0.0.135\n"
    assert capsys.readouterr().out == "nodoha3 (10.0.0.135) is lost: 2 connections to it destroyed\n"


def test_an_ss_that_fails_is_said(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    fake_program(tmp_path, "ss", "echo no right >&2; exit 2")
    reap("nodoha3", "10.0.0.135")
    assert capsys.readouterr().out == "nodoha3 (10.0.0.135) is lost: the connections to it stay: ss says no right\n"
