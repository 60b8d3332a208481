"""When a node that not all others hear steps aside, and when it comes back."""

import os
import socket
from types import SimpleNamespace

import pytest

from .node_scripts import loaded
from .stubs import fake_program

NODES = [SimpleNamespace(name=f"nodoha{n}", address=f"127.0.0.{n}") for n in (1, 2, 3)]


@pytest.fixture
def script(tmp_path, monkeypatch):
    """The script, with the test's programs first in the PATH and its note in a folder of the test's."""
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    found = loaded("cluster/aside.py.j2", nodes=NODES, patience=6.0)
    found.NOTE = tmp_path / "run/stepped-aside"
    return found


def members(*states):
    return "".join(f"runtime.members.{n}.status (str) = {state}\\n" for n, state in enumerate(states, 1))


@pytest.mark.parametrize(
    ("said", "majority"),
    [
        (members("joined", "joined", "joined"), True),
        (members("joined", "left", "joined"), True),
        (members("left", "joined", "left"), False),
        (members("joined"), False),
        ("", None),
    ],
)
def test_a_corosync_that_does_not_say_is_not_one_without_a_majority(script, tmp_path, said, majority):
    fake_program(tmp_path, "corosync-cmapctl", f"printf '{said}'")
    assert script.quorate() is majority


def links(*up):
    lines = "".join(f"stats.knet.node{n}.link0.connected (u8) = {int(n in up)}\n" for n in (1, 2, 3))
    return f"""case $1 in -g) echo 'runtime.votequorum.this_node_id (u32) = 1';; *) printf '%s' "{lines}";; esac"""


@pytest.mark.parametrize(("up", "answers"), [((1, 2, 3), True), ((1, 3), True), ((1,), False), ((), False)])
def test_a_link_to_itself_is_no_answer_of_a_peer(script, tmp_path, up, answers):
    fake_program(tmp_path, "corosync-cmapctl", links(*up))
    assert script.answered() is answers


def test_without_corosyncs_words_it_is_unknown_whether_a_peer_answers(script, tmp_path):
    fake_program(tmp_path, "corosync-cmapctl", "exit 1")
    assert script.answered() is None


@pytest.mark.parametrize(
    ("majority", "answers", "is_outside"),
    [(True, True, False), (False, True, True), (False, False, False), (None, True, None), (False, None, None)],
)
def test_outside_is_without_a_majority_though_a_peer_answers(script, monkeypatch, majority, answers, is_outside):
    monkeypatch.setattr(script, "quorate", lambda: majority)
    monkeypatch.setattr(script, "answered", lambda: answers)
    assert script.outside() is is_outside


def test_silence_neither_begins_nor_ends_the_wait(script):
    patience = script.Patience()
    assert [patience.over(now, None) for now in (0.0, 9.0)] == [False, False]
    assert [patience.over(now, seen) for now, seen in ((10.0, True), (13.0, None), (15.9, None))] == [False] * 3
    assert patience.over(16.0, None) is True


def test_patience_starts_anew_with_every_moment_in_the_majority(script):
    patience = script.Patience()
    assert [patience.over(now, True) for now in (0.0, 5.9)] == [False, False]
    assert patience.over(6.0, False) is False
    assert [patience.over(now, True) for now in (7.0, 12.9, 13.0)] == [False, False, True]


def test_a_refusal_and_a_connection_are_reached_and_silence_is_not(script, monkeypatch):
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        script.MANAGEMENT = server.getsockname()[1]
        assert script.reached("127.0.0.1") is True
    assert script.reached("127.0.0.1") is True  # refused now

    def silent(*_arguments, **_named):
        raise TimeoutError

    monkeypatch.setattr(script.socket, "create_connection", silent)
    assert script.reached("127.0.0.1") is False


class Clock:
    """Time that only passes where somebody sleeps."""

    def __init__(self, monkeypatch, script):
        self.now = 100.0
        monkeypatch.setattr(script, "time", SimpleNamespace(monotonic=lambda: self.now, sleep=self.sleep))

    def sleep(self, seconds):
        self.now += seconds


def noted(script, monkeypatch, state="inactive\ninactive\n"):
    done = []

    def run(*words, seconds=2):  # noqa: ARG001 (its own name)
        done.append(words)
        return SimpleNamespace(stdout=state)

    monkeypatch.setattr(script, "run", run)
    return done


def test_it_comes_back_as_soon_as_all_are_reached(script, monkeypatch, capsys):
    clock, done = Clock(monkeypatch, script), noted(script, monkeypatch)
    monkeypatch.setattr(script, "reached", lambda address: address != "127.0.0.2" or clock.now > 105)
    script.stay_aside(0)
    assert done == [("systemctl", "start", "corosync.service", "pacemaker.service")]
    assert "back after 6 s" in capsys.readouterr().out


@pytest.mark.parametrize(("times", "seconds"), [(0, 30), (1, 60), (3, 300), (99, 300)])
def test_where_a_node_stays_out_of_reach_it_comes_back_after_a_growing_while(
    script, monkeypatch, capsys, times, seconds
):
    Clock(monkeypatch, script)
    noted(script, monkeypatch)
    monkeypatch.setattr(script, "reached", lambda _: False)
    script.stay_aside(times)
    assert f"back after {seconds} s" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("state", "killed"),
    [("inactive\ninactive\n", []), ("deactivating\ndeactivating\n", ["pacemaker.service", "corosync.service"])],
)
def test_daemons_that_do_not_end_are_killed(script, monkeypatch, state, killed):
    Clock(monkeypatch, script)
    done = noted(script, monkeypatch, state)
    script.step_aside()
    assert done[0] == ("systemctl", "--no-block", "stop", "pacemaker.service", "corosync.service")
    assert [words[-1] for words in done if words[1] == "kill"] == killed


class EndedError(Exception):
    """The test has seen enough of an endless loop."""


def rounds(script, monkeypatch, majority, answered, count):
    """Run main for ``count`` looks; return what it did to units."""
    clock, done = Clock(monkeypatch, script), noted(script, monkeypatch)
    looks = iter(range(count))

    def look():
        if next(looks, None) is None:
            raise EndedError
        return majority

    monkeypatch.setattr(script, "quorate", look)
    monkeypatch.setattr(script, "answered", lambda: answered)
    monkeypatch.setattr(script, "reached", lambda _: True)
    with pytest.raises(EndedError):
        script.main()
    return [words[1] for words in done if words[1] in ("start", "kill") or words[2:3] == ("stop",)], clock


def test_outside_though_a_peer_answers_it_stops_and_starts_its_daemons(script, monkeypatch):
    assert rounds(script, monkeypatch, majority=False, answered=True, count=7)[0] == ["--no-block", "start"]


@pytest.mark.parametrize(("majority", "answered"), [(True, True), (False, False), (None, True)])
def test_in_the_majority_or_alone_or_unknown_it_does_nothing(script, monkeypatch, majority, answered):
    assert rounds(script, monkeypatch, majority, answered, count=60)[0] == []


def test_what_its_forerunner_stopped_it_starts(script, monkeypatch):
    script.NOTE.parent.mkdir(parents=True)
    script.NOTE.touch()
    assert rounds(script, monkeypatch, majority=True, answered=True, count=3)[0] == ["start"]
    assert not script.NOTE.exists()
