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
        "nodoha:/gluster": Brick(3, 0, 3),
        "nodoha2:/gluster": AWAY,
        "nodoha3:/gluster": Brick(0, 0, 0),
    }
    assert healing.bricks("Volume fs_ha does not exist") == {}


@pytest.mark.parametrize(
    ("own", "others", "why"),
    [
        (Brick(0, 0, 0), (Brick(0, 0, 0), Brick(0, 0, 0)), ""),
        (Brick(0, 0, 0), (Brick(2, 0, 2), Brick(0, 0, 0)), "wait for healing"),
        (Brick(2, 0, 2), (Brick(2, 0, 2), AWAY), ""),  # what the one that is away misses
        (Brick(0, 0, 0), (Brick(37, 0, 37), AWAY), "wait for healing"),  # some of it is ours
        (AWAY, (Brick(0, 0, 0), Brick(0, 0, 0)), "is not connected"),
        (None, (Brick(0, 0, 0), Brick(0, 0, 0)), "is not connected"),
        (Brick(0, 0, 0), (Brick(0, 1, 0), AWAY), "split-brain on b:/x"),
    ],
)
def test_a_brick_that_may_lack_something_is_said(own, others, why):
    found = {"b:/x": others[0], "c:/x": others[1]} | ({} if own is None else {"a:/x": own})
    said = healing.owed(found, found, "a:/x")
    assert why in said
    assert bool(why) == bool(said)


def test_what_pages_write_between_two_bricks_answers_is_in_ours_when_it_is_looked_at_again():
    found = {"a:/x": Brick(4, 0, 4), "b:/x": Brick(6, 0, 6), "c:/x": AWAY}
    assert "wait for healing" in healing.owed(found, found, "a:/x")
    assert healing.owed(found, {**found, "a:/x": Brick(7, 0, 7)}, "a:/x") == ""
    assert "is not connected" in healing.owed(found, {}, "a:/x")


def test_a_brick_that_does_not_come_is_its_nodes_own_trouble(monkeypatch):
    passed = iter(range(0, 10_000, 31))
    monkeypatch.setattr(healing.time, "monotonic", lambda: next(passed))
    monkeypatch.setattr(healing.time, "sleep", lambda _: None)
    monkeypatch.setattr(healing, "summary", lambda _: CompletedProcess((), 0, SAID, ""))
    with pytest.raises(OwnError, match="nodoha2:/gluster is not connected"):
        healing.wait("v", "nodoha2:/gluster", lambda: "")
    healing.wait("v", "nodoha:/gluster", lambda: "")
    with pytest.raises(BackupError, match=r"3 on nodoha:/gluster, 0 on nodoha3:/gluster\): no point is made"):
        healing.wait("v", "nodoha3:/gluster", lambda: "")
    with pytest.raises(BackupError, match="is not on the brick"):
        healing.wait("v", "nodoha:/gluster", lambda: "/gluster/sites is not on the brick")
