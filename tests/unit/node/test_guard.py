"""When a node lets go of the virtual IP by itself, and that it takes nothing else off."""

import ctypes
import os
import subprocess
import threading
import time
from types import SimpleNamespace

import pytest

from webha_node import guard as module
from webha_node import reaper

from ..stubs import fake_program

VIP = "10.0.0.250"
NODES = {"nodoha": "10.0.0.133", "nodoha2": "10.0.0.134", "nodoha3": "10.0.0.135"}
VALUES = module.Values("nodoha", NODES, VIP, patience=1.5, detection=2.2, confirm=0.15)


@pytest.mark.parametrize(
    ("gap", "silence", "lost", "words"),
    [
        (0.1, 0.1, False, None),
        (2.2, 1.5, False, None),
        (2.3, 0.1, False, "this node stood still for 2.3 s"),
        (2.3, 9.9, True, "this node stood still for 2.3 s"),
        (0.1, 0.1, True, "no longer in the majority"),
        (0.1, 1.6, False, "no quorate corosync was heard for 1.6 s"),
    ],
)
def test_the_address_goes_for_a_standstill_a_lost_majority_or_silence(gap, silence, lost, words):
    reason = module.verdict(gap, silence, lost, VALUES)
    assert (reason is None) is (words is None)
    assert words is None or words in reason


def shown(*addresses):
    """`ip -4 -o address show` of a node; eth0 and eth1 in turn."""
    lines = [
        f"{i}: eth{i % 2}    inet {one} brd 10.0.0.255 scope global eth{i % 2}\\       valid_lft forever preferred_lft forever"
        for i, one in enumerate(addresses, 2)
    ]
    return "1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever\n" + "\n".join(lines)


@pytest.fixture
def programs(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    begun = []
    monkeypatch.setattr(
        subprocess,
        "Popen",
        lambda *given, real=subprocess.Popen, **named: begun.append(real(*given, **named)) or begun[-1],
    )

    def let_go(addresses, vip=VIP, body=":"):
        (tmp_path / "shown").write_text(shown(*addresses))
        for name in ("done", "told"):
            (tmp_path / name).unlink(missing_ok=True)
        (tmp_path / "done").touch()
        fake_program(
            tmp_path, "ip", f'case $* in *show) cat {tmp_path}/shown ;; *) echo "$*" >> {tmp_path}/done ;; esac\n{body}'
        )
        fake_program(tmp_path, "attrd_updater", f'echo "$*" > {tmp_path}/told')
        module.let_go(vip, "because")
        for one in begun:
            one.wait(timeout=10)
        told = tmp_path / "told"
        return (tmp_path / "done").read_text().splitlines(), told.read_text() if told.exists() else ""

    return let_go


def test_the_address_is_taken_off_its_device_with_its_prefix_and_nothing_else_is(programs, capfd):
    done, _ = programs(["10.0.0.133/24", "10.0.0.250/24", "10.0.0.25/24"])
    assert done == ["address del 10.0.0.250/24 dev eth1"]
    assert capfd.readouterr().out == "let go of 10.0.0.250: because\n"


@pytest.mark.parametrize(
    ("vip", "addresses"),
    [
        ("10.0.0.25", ["10.0.0.250/24"]),
        ("10.0.0.250", ["10.0.0.25/24", "110.0.0.250/24", "10.0.0.1 peer 10.0.0.250/32"]),
        ("10.0.0.250", []),
    ],
)
def test_what_only_looks_like_the_address_stays(programs, capfd, vip, addresses):
    assert programs(addresses, vip) == ([], "")
    assert capfd.readouterr().out == ""


def test_the_address_goes_with_the_prefix_that_somebody_gave_it(programs):
    assert programs(["10.0.0.250/32", "10.0.0.250/24"])[0] == [
        "address del 10.0.0.250/32 dev eth0",
        "address del 10.0.0.250/24 dev eth1",
    ]


def test_an_address_on_two_devices_is_taken_off_both(programs):
    assert programs(["10.0.0.250/24", "10.0.0.250/24"])[0] == [
        "address del 10.0.0.250/24 dev eth0",
        "address del 10.0.0.250/24 dev eth1",
    ]


def test_pacemaker_is_told_that_this_node_is_not_ready(programs):
    assert programs(["10.0.0.250/24"])[1] == "-n webha-ready -U 0 -d 0\n"


def test_a_pacemaker_that_hangs_is_not_waited_for_and_does_not_stay(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    (tmp_path / "shown").write_text(shown("10.0.0.250/24"))
    fake_program(tmp_path, "ip", f"case $* in *show) cat {tmp_path}/shown ;; esac")
    fake_program(
        tmp_path, "timeout", f'echo "$*" > {tmp_path}/told.new; mv {tmp_path}/told.new {tmp_path}/told; exec sleep 3'
    )
    begun = time.monotonic()
    module.let_go(VIP, "because")
    assert time.monotonic() - begun < 2
    while not (tmp_path / "told").exists():
        assert time.monotonic() - begun < 10
        time.sleep(0.01)
    assert (tmp_path / "told").read_text() == "-k 1 8 attrd_updater -n webha-ready -U 0 -d 0\n"


class EnoughError(BaseException):
    """Ends an endless loop."""


class Corosync:
    """libvotequorum of connections: each a list of answers, 1 and 0 for quorate or not; at its end the connection breaks."""

    def __init__(self, *connections):
        self.connections, self.answers = list(connections), []
        self.peers, self.states = [], {}  # of each answer: the others' states by number
        self.finished, self.number = 0, 1

    def votequorum_initialize(self, _handle, callbacks):
        assert callbacks is None
        if not self.connections:
            raise EnoughError
        self.answers = self.connections.pop(0)
        if self.answers is None:
            return 2  # CS_ERR_LIBRARY: corosync does not run
        self.answers = list(self.answers)
        return module.CS_OK

    def votequorum_getinfo(self, _handle, node, info):
        if node:
            info._obj.state = self.states.get(node, 0)
            return module.CS_OK if node in self.states else 12  # CS_ERR_NOT_EXIST
        if not self.answers:
            return 2
        self.states = self.peers.pop(0) if self.peers else self.states
        info._obj.node = self.number
        info._obj.flags = 0b1101 | self.answers.pop(0) << 1  # the other flags mean other things
        return module.CS_OK

    def votequorum_finalize(self, _handle):
        self.finished += 1


def watched(monkeypatch, *connections, peers=(), number=1, departed=()):
    """A watch of these connections: the quorum, and what was lost after each answer."""
    quorum, seen = module.Quorum.__new__(module.Quorum), []
    quorum.heard, quorum.lost, quorum.news = 0.0, False, threading.Event()
    quorum._library, quorum.values = Corosync(*connections), VALUES
    quorum.departures = SimpleNamespace(read=lambda: None, names=set(departed))
    quorum._library.peers, quorum._library.number = list(peers), number
    clock = iter(range(1, 1000))
    monkeypatch.setattr(module.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(
        module.time, "sleep", lambda seconds: seen.append(quorum.lost) if seconds < module.STEP else None
    )
    with pytest.raises(EnoughError):
        quorum._watch()
    return quorum, seen


def test_a_quorate_corosync_is_heard_each_time(monkeypatch):
    quorum, seen = watched(monkeypatch, [1, 1, 1])
    assert seen == [False, False, False]
    assert quorum.heard == 3
    assert not quorum.news.is_set()


def test_the_first_majority_makes_how_corosync_ended_old_news(monkeypatch, tmp_path):
    monkeypatch.setattr(module, "NOTE", tmp_path / "corosync.ended")
    for answers, there in (([0, 0], True), ([0, 1], False)):
        module.NOTE.write_text("success")
        watched(monkeypatch, answers)
        assert module.NOTE.exists() is there


def test_a_majority_that_is_gone_is_lost_at_once_until_it_is_back(monkeypatch):
    quorum, seen = watched(monkeypatch, [1, 0, 0, 1])
    assert seen == [False, True, True, False]
    assert quorum.heard == 4
    assert quorum.news.is_set()


def test_a_corosync_that_never_had_a_majority_lost_none_and_is_not_heard(monkeypatch):
    quorum, seen = watched(monkeypatch, [0, 0, 0])
    assert seen == [False, False, False]
    assert quorum.heard == 0
    assert not quorum.news.is_set()


def test_a_corosync_that_was_started_again_lost_nothing_by_that(monkeypatch):
    quorum, seen = watched(monkeypatch, [1, 0], [0, 0], [0, 1, 0])
    assert seen == [False, True, False, False, False, False, True]
    assert quorum.lost is False  # the connection broke: silence tells from here on
    assert quorum._library.finished == 3


def test_a_corosync_that_does_not_run_is_asked_again_and_never_heard(monkeypatch):
    quorum, seen = watched(monkeypatch, None, None)
    assert (seen, quorum.heard, quorum.lost) == ([], 0, False)
    assert quorum._library.finished == 0


ALL = {2: reaper.MEMBER, 3: reaper.MEMBER}
LOST = {2: reaper.MEMBER, 3: reaper.DEAD}


@pytest.mark.parametrize(
    ("quorate", "peers", "reaped"),
    [
        ([1, 1, 1, 1], [ALL, LOST, LOST, LOST], [("nodoha3", "10.0.0.135")]),
        ([1, 1, 0, 0], [ALL, LOST, LOST, LOST], []),  # it is this node that is lost
        ([1, 1, 1, 1], [ALL, LOST, ALL, ALL], []),  # a member again
        ([1, 1, 1, 1], [{2: reaper.MEMBER}, LOST, LOST, LOST], []),  # never seen as a member
    ],
)
def test_the_connections_to_a_node_that_corosync_lost_are_destroyed_once(monkeypatch, quorate, peers, reaped):
    done = []
    monkeypatch.setattr(reaper, "reap", lambda *which: done.append(which))
    watched(monkeypatch, quorate, peers=peers)
    for thread in threading.enumerate():
        if thread is not threading.current_thread():
            thread.join(timeout=5)
    assert done == reaped


def test_the_connections_to_a_node_that_left_in_order_stay(monkeypatch):
    done = []
    monkeypatch.setattr(reaper, "reap", lambda *which: done.append(which))
    quorum, _ = watched(monkeypatch, [1, 1, 1, 1], peers=[ALL, LOST, LOST, LOST], departed={"nodoha3"})
    assert done == []
    assert quorum.away() == ({"nodoha3"}, {"nodoha3"})


def test_where_corosync_numbers_the_nodes_otherwise_no_connection_is_destroyed(monkeypatch):
    """Its file is an older one than these values: number 3 may be another node."""
    done = []
    monkeypatch.setattr(reaper, "reap", lambda *which: done.append(which))
    watched(monkeypatch, [1, 1, 1, 1], peers=[ALL, LOST, LOST, LOST], number=2)
    assert done == []


def test_the_structure_is_votequorums():
    """corosync/votequorum.h: struct votequorum_info."""
    assert (module.Info.node.offset, module.Info.state.offset, module.Info.flags.offset) == (0, 4, 28)
    assert ctypes.sizeof(module.Info) == 292


def test_a_watch_that_fails_ends_the_program(monkeypatch):
    ended = []
    quorum = module.Quorum.__new__(module.Quorum)
    monkeypatch.setattr(module.os, "_exit", ended.append)
    quorum.watch()  # it has no values
    assert ended == [1]


@pytest.mark.parametrize("body", ["exit 1", "exec sleep 9"], ids=["fails", "hangs"])
@pytest.mark.parametrize("which", ["show", "del"])
def test_an_ip_that_does_not_do_it_is_said_and_nothing_is_told(tmp_path, monkeypatch, capfd, body, which):
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(module, "PATIENCE", 0.3)
    (tmp_path / "shown").write_text(shown("10.0.0.250/24"))
    fake_program(tmp_path, "ip", f"case $* in *{which}*) {body} ;; esac; cat {tmp_path}/shown")
    fake_program(tmp_path, "attrd_updater", f"touch {tmp_path}/told")
    module.let_go(VIP, "because")
    assert capfd.readouterr().out.startswith("cannot let go of 10.0.0.250 yet: ip says ")
    assert not (tmp_path / "told").exists()
