"""Whose brick may lack files, by what Gluster says."""

import pytest

from webha_node.backup import healing
from webha_node.backup.healing import Brick

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
AWAY = Brick(None, None)


def test_bricks_are_read_one_by_one():
    assert healing.bricks(SAID) == {
        "nodoha:/gluster": Brick(3, 0),
        "nodoha2:/gluster": AWAY,
        "nodoha3:/gluster": Brick(0, 0),
    }
    assert healing.bricks("Volume fs_ha does not exist") == {}


@pytest.mark.parametrize(
    ("own", "others", "why"),
    [
        (Brick(0, 0), (Brick(0, 0), Brick(0, 0)), ""),
        (Brick(0, 0), (Brick(2, 0), Brick(0, 0)), "wait for healing"),
        (Brick(2, 0), (Brick(2, 0), AWAY), ""),  # what the one that is away misses
        (Brick(0, 0), (Brick(37, 0), AWAY), "wait for healing"),  # some of it is ours
        (AWAY, (Brick(0, 0), Brick(0, 0)), "is not connected"),
        (None, (Brick(0, 0), Brick(0, 0)), "is not connected"),
        (Brick(0, 0), (Brick(0, 1), AWAY), "split-brain on b:/x"),
    ],
)
def test_a_brick_that_may_lack_something_is_said(own, others, why):
    found = {"b:/x": others[0], "c:/x": others[1]} | ({} if own is None else {"a:/x": own})
    said = healing.owed(found, "a:/x")
    assert why in said
    assert bool(why) == bool(said)
