"""Whose connections are destroyed, and whose stay."""

import os

import pytest

from webha_node.reaper import CONFIRM, DEAD, MEMBER, Losses, reap

from ..stubs import fake_program

NUMBERS = {1: "nodoha", 2: "nodoha2", 3: "nodoha3"}
ALL, LOST, LEAVING = {1: MEMBER, 2: MEMBER, 3: MEMBER}, {1: MEMBER, 2: MEMBER, 3: DEAD}, {1: MEMBER, 2: MEMBER, 3: 3}


def reaped(*looks, quorate=True):
    """What is due after looks at these seconds: (states, second)."""
    losses = Losses(NUMBERS)
    return [name for states, now in looks for name in losses.saw(states, quorate, now)]


def test_a_lost_node_is_due_once_when_the_loss_has_lasted():
    assert reaped((ALL, 0.0), (LOST, 1.0), (LOST, 1.0 + CONFIRM / 2)) == []
    assert reaped((ALL, 0.0), (LOST, 1.0), (LOST, 1.01 + CONFIRM), (LOST, 2.0), (LOST, 9.0)) == ["nodoha3"]


def test_without_the_majority_nothing_is_due_and_nothing_later():
    losses = Losses(NUMBERS)
    losses.saw(ALL, True, 0.0)
    assert losses.saw(LOST, True, 1.0) == []  # it hears of the loss first
    assert losses.saw(LOST, False, 1.01 + CONFIRM) == []
    assert losses.saw(LOST, True, 5.0) == []


def test_two_lost_nodes_are_both_due():
    assert reaped((ALL, 0.0), ({1: DEAD, 2: DEAD, 3: MEMBER}, 1.0), ({1: DEAD, 2: DEAD, 3: MEMBER}, 2.0)) == [
        "nodoha",
        "nodoha2",
    ]


@pytest.mark.parametrize("between", [ALL, LEAVING])
def test_a_node_that_is_a_member_again_is_lost_anew(between):
    looks = [(ALL, 0.0), (LOST, 1.0), (LOST, 2.0), (ALL, 3.0), (between, 4.0), (LOST, 5.0), (LOST, 6.0)]
    assert reaped(*looks) == ["nodoha3", "nodoha3"]


def test_a_loss_that_passes_is_none():
    assert reaped((ALL, 0.0), (LOST, 1.0), (ALL, 1.01 + CONFIRM), (ALL, 9.0)) == []


@pytest.mark.parametrize("unknown", [{}, {3: 0}, {3: 3}, {4: DEAD}])
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
