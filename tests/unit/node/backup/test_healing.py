"""Whose brick may lack files, by what Gluster says."""

from subprocess import CompletedProcess

import pytest

from webha_node.backup import healing
from webha_node.backup.healing import Brick
from webha_node.backup.repository import BackupError, OwnError

SAID = """Brick nodoha:/gluster
Status: Connected
Total Number of entries: 3
Number of entries in heal pending: 3
Number of entries in split-brain: 0
Number of entries possibly healing: 0

Brick nodoha2:/gluster
Status: Transport endpoint is not connected
Total Number of entries: -
Number of entries in heal pending: -
Number of entries in split-brain: -
Number of entries possibly healing: -

Brick nodoha3:/gluster
Status: Connected
Total Number of entries: 0
Number of entries in heal pending: 0
Number of entries in split-brain: 0
Number of entries possibly healing: 0
"""
AWAY = healing.AWAY


def test_bricks_are_read_one_by_one():
    assert healing.bricks(SAID) == {
        "nodoha:/gluster": Brick(3, 0),
        "nodoha2:/gluster": AWAY,
        "nodoha3:/gluster": Brick(0, 0),
    }
    assert healing.bricks("Volume fs_ha does not exist") == {}


COUNTED = """Gathering count of entries to be healed on volume fs_ha has been successful

Brick nodoha:/gluster
Number of entries: 1580

Brick nodoha2:/gluster
Number of entries: 1572

Brick nodoha3:/gluster
No gathered input for this brick
"""
ALL = COUNTED.replace("No gathered input for this brick", "Number of entries: 0")
A, B, C = "nodoha:/gluster", "nodoha2:/gluster", "nodoha3:/gluster"


def test_lists_are_counted_brick_by_brick():
    assert healing.counts(COUNTED) == {A: 1580, B: 1572, C: None}
    assert healing.counts("") == {}


@pytest.mark.parametrize(
    ("found", "later", "why"),
    [
        ({A: 7, B: 7, C: None}, {A: 7, B: 7, C: None}, ""),  # what the one that is away misses
        ({A: 7, B: 9, C: None}, {A: 9, B: 11, C: None}, ""),  # pages write meanwhile
        ({A: 0, B: 37, C: None}, {A: 0, B: 37, C: None}, "37 on nodoha2"),  # some of it is ours
        ({A: None, B: 0, C: 0}, {A: None, B: 0, C: 0}, "nodoha:/gluster is not connected"),
        ({A: 0, B: 0, C: None}, {}, "nodoha:/gluster is not connected"),
    ],
)
def test_what_ours_may_lack_while_another_one_is_away_is_said(found, later, why):
    said = healing.owed_with_one_away(found, later, A)
    assert why in said
    assert bool(why) == bool(said)


@pytest.mark.parametrize(
    ("others", "why"),
    [(Brick(0, 0), ""), (Brick(2, 0), "wait for healing (0 on a, 2 on b)"), (Brick(0, 1), "split-brain on b")],
)
def test_what_waits_while_all_are_there_is_said(others, why):
    said = healing.owed({"a": Brick(0, 0), "b": others})
    assert why in said
    assert bool(why) == bool(said)


def test_it_is_waited_for_and_a_brick_that_does_not_come_is_its_nodes_own_trouble(monkeypatch):
    passed, says = iter(range(0, 100_000, 31)), {"heal-count": COUNTED, "summary": SAID}
    monkeypatch.setattr(healing.time, "monotonic", lambda: next(passed))
    monkeypatch.setattr(healing.time, "sleep", lambda _: None)
    monkeypatch.setattr(healing, "asked", lambda _, *words: CompletedProcess((), 0, says[words[-1]], ""))
    healing.wait("v", A, lambda: "")
    with pytest.raises(OwnError, match="nodoha3:/gluster is not connected"):
        healing.wait("v", C, lambda: "")
    with pytest.raises(BackupError, match=r"1580 on nodoha:/gluster, 1572 on nodoha2:/gluster\): no point is made"):
        healing.wait("v", B, lambda: "")
    with pytest.raises(BackupError, match="is not on the brick"):
        healing.wait("v", A, lambda: "/gluster/sites is not on the brick")
    says["heal-count"] = ALL
    with pytest.raises(BackupError, match="does not say"):
        healing.wait("v", A, lambda: "")
    says["summary"] = SAID.replace("Transport endpoint is not connected", "Connected").replace(": -", ": 0")
    with pytest.raises(BackupError, match="3 on nodoha:/gluster, 0 on nodoha2:/gluster"):
        healing.wait("v", A, lambda: "")
    says["summary"] = says["summary"].replace("pending: 3", "pending: 0")
    healing.wait("v", A, lambda: "")
    says["heal-count"] = ""
    healing.wait("v", A, lambda: "")
