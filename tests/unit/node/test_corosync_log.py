"""Who left in order, from what Corosync 3.1.9 wrote."""

import pytest

from webha_node import corosync_log
from webha_node.corosync_log import Departures

NODES = {1: "nodoha", 2: "nodoha2", 3: "nodoha3"}
LEFT = "[TOTEM ] A new membership (2.d) was formed. Members left: 1"
BOTH = "[TOTEM ] A new membership (1.23) was formed. Members joined: 3 left: 3"
JOINED = "[TOTEM ] A new membership (1.1a) was formed. Members joined: 1 2"
FAILED = "[TOTEM ] Failed to receive the leave message. failed: {}"


@pytest.fixture
def told(tmp_path, monkeypatch):
    """Return who has left in order once these lines were written, one look after each."""
    monkeypatch.setattr(corosync_log, "LOG", tmp_path / "corosync.log")

    def run(*lines, ended=True):
        seen = Departures(NODES)
        for line in lines:
            with corosync_log.LOG.open("a") as log:
                log.write(f"Nov 27 23:47:41 [15497] nodoha3 corosync notice  {line}" + ("\n" if ended else ""))
            seen.read()
        return seen.names

    return run


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        ((), set()),
        ((LEFT,), {"nodoha"}),
        ((LEFT, FAILED.format(1)), set()),  # killed, cut off, or its machine is gone
        ((BOTH, FAILED.format(3)), set()),
        ((BOTH,), set()),  # restarted in order
        ((LEFT, JOINED), set()),
        ((LEFT, LEFT.replace("left: 1", "left: 2")), {"nodoha", "nodoha2"}),
        ((LEFT.replace("left: 1", "left: 1 2"), FAILED.format("1 2")), set()),
        ((LEFT.replace("left: 1", "left: 1 2"), FAILED.format(2)), {"nodoha"}),
        ((LEFT.replace("left: 1", "left: 9"),), set()),
        (("[QUORUM] Sync left[1]: 1",), set()),
    ],
)
def test_who_left_in_order_is_told_from_who_was_lost(told, lines, names):
    assert told(*lines) == names


def test_a_line_that_is_not_whole_yet_is_read_later(told):
    assert told(LEFT, ended=False) == set()
    with corosync_log.LOG.open("a") as log:
        log.write("\n")
    assert told() == set(), "not read by this one yet"
    seen = Departures(NODES)
    seen.read()
    assert seen.names == {"nodoha"}, "what stood there before counts"


def test_a_log_that_is_not_there_or_was_rotated_tells_nothing(told):
    assert told() == set()
    seen = Departures(NODES)
    told(LEFT, LEFT)
    seen.read()
    corosync_log.LOG.write_text("")
    seen.read()
    assert seen.names == {"nodoha"}
    corosync_log.LOG.write_text(f"x {JOINED}\n")
    seen.read()
    assert seen.names == set()
