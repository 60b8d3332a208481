"""When a node that not all others hear steps aside, and when it comes back."""

import os
import socket
from dataclasses import replace
from types import SimpleNamespace

import pytest

from webha_node import aside, corosync_log, maintenance, reach

NODES = {f"nodoha{n}": f"127.0.0.{n}" for n in (1, 2, 3)}
VALUES = aside.Values("nodoha2", NODES, 10.0)


@pytest.fixture
def script(tmp_path, monkeypatch):
    """The script, with the test's programs first in the PATH and its note in a folder of the test's."""
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(aside, "NOTE", tmp_path / "run/stepped-aside")
    monkeypatch.setattr(corosync_log, "LOG", tmp_path / "corosync.log")
    monkeypatch.setattr(maintenance, "CIB", tmp_path / "cib.xml")
    return aside


MEMBERS = {1: "2", 2: "2 3", 3: "1 2 3"}


def formed(*memberships):
    """Let corosync's log tell of memberships: of so many nodes, or of these."""
    with corosync_log.LOG.open("a") as log:
        for one in memberships:
            members = MEMBERS.get(one, one)
            count = len(members.split())
            log.write(f"Nov 24 17:59:15 [81] nodoha2 corosync info    [QUORUM] Sync members[{count}]: {members}\n")
            log.write(f"Nov 24 17:59:15 [81] nodoha2 corosync notice  [QUORUM] Members[{count}]: {members}\n")


@pytest.mark.parametrize(
    ("counts", "unsettled"),
    [
        ((), False),
        ((1,), False),  # cut off, or the last one left
        ((2, 1), False),
        ((1, 1), True),
        ((2, 1, 1), True),
        ((1, 1, 3), False),  # together again
        ((2, 2, 2), False),  # the two that are disturbed
        ((1, 2, 1), False),
    ],
)
def test_who_forms_two_memberships_without_a_majority_disturbs(script, counts, unsettled):
    seen = script.Memberships(VALUES)
    for now, count in enumerate(counts):
        formed(count)
        seen.read(float(now))
    assert seen.unsettled() is unsettled


def test_what_was_in_the_log_before_does_not_count(script):
    formed(1, 1, 1)
    seen = script.Memberships(VALUES)
    seen.read(1.0)
    assert seen.unsettled() is False
    assert seen.left(99.0) is False


@pytest.mark.parametrize(
    ("before", "counts", "left"),
    [
        ((3,), (1,), True),
        ((3,), (2,), False),
        ((3,), (1, 2), False),  # in passing
        ((3,), (1, 2, 1), True),
        ((), (1,), False),  # a boot: it was never with the others
        ((1,), (1,), False),
        ((), (3, 1), True),
    ],
)
def test_who_was_with_the_majority_and_is_not_has_left_it(script, before, counts, left):
    formed(*before)
    seen = script.Memberships(VALUES)
    for count in counts:
        formed(count)
        seen.read(5.0)
    assert seen.left(5.5) is False  # too early to tell
    assert seen.left(6.0) is left
    assert seen.left(16.0) is False  # long ago: the last one of three stays where the first of the others boots


@pytest.mark.parametrize("own", ["nodoha2", "nodoha3"])
def test_a_node_that_was_lost_before_is_no_broken_link(script, monkeypatch, own):
    """One is dead for days; the corosync of another is restarted, and its kernel answers."""
    clock = Clock(monkeypatch, script)
    monkeypatch.setattr(reach, "reached", lambda address: address != NODES["nodoha1"])
    formed(3, "2 3")
    seen = script.Memberships(replace(VALUES, name=own))
    formed(own[-1])
    seen.read(clock.now - 2)
    assert seen.left(clock.now) is True
    assert script.link_broken(seen) is False


@pytest.mark.parametrize(
    ("own", "gone", "then"),
    [
        ("nodoha2", ["nodoha1"], "at once"),
        ("nodoha1", ["nodoha2"], "later"),  # the earlier end of the link lets the other one go first
        ("nodoha2", ["nodoha1", "nodoha3"], "nothing"),  # cut off, or the last one left
        ("nodoha2", [], "nothing"),
    ],
)
def test_a_node_that_reaches_one_of_the_others_has_a_broken_link(script, monkeypatch, own, gone, then):
    clock = Clock(monkeypatch, script)
    lost = [NODES[name] for name in gone]
    monkeypatch.setattr(reach, "reached", lambda address: address not in lost)
    formed(3)
    seen = script.Memberships(replace(VALUES, name=own))
    formed(1)
    seen.read(clock.now - 2)
    begin = clock.now
    assert script.link_broken(seen) is (then != "nothing")
    assert (clock.now > begin) is (then == "later")


def test_the_earlier_end_stays_where_the_other_one_has_gone_meanwhile(script, monkeypatch):
    clock = Clock(monkeypatch, script)
    monkeypatch.setattr(reach, "reached", lambda address: address != NODES["nodoha2"])
    formed(3)
    seen = script.Memberships(replace(VALUES, name="nodoha1"))
    formed(1)
    seen.read(clock.now)
    formed(2)
    assert script.link_broken(seen) is False


def test_memberships_far_apart_are_no_disturbance(script):
    seen = script.Memberships(VALUES)
    formed(1)
    seen.read(0.0)
    formed(1)
    seen.read(11.0)
    assert seen.unsettled() is False


def test_a_log_that_was_rotated_is_read_from_its_beginning(script):
    formed(3, 3, 3)
    seen = script.Memberships(VALUES)
    corosync_log.LOG.unlink()
    seen.read(0.0)
    formed(1, 1)
    seen.read(1.0)
    assert seen.unsettled() is True


def test_a_refusal_and_a_connection_are_reached_and_silence_is_not(monkeypatch):
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        monkeypatch.setattr(reach, "MANAGEMENT", server.getsockname()[1])
        assert reach.reached("127.0.0.1") is True
    assert reach.reached("127.0.0.1") is True  # refused now

    def silent(*_arguments, **_named):
        raise TimeoutError

    monkeypatch.setattr(reach.socket, "create_connection", silent)
    assert reach.reached("127.0.0.1") is False


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
    monkeypatch.setattr(reach, "reached", lambda address: address != "127.0.0.2" or clock.now > 105)
    script.stay_aside(VALUES, 0)
    assert done == [("systemctl", "start", "corosync.service", "pacemaker.service")]
    assert "back after 6 s" in capsys.readouterr().out


@pytest.mark.parametrize(("times", "seconds"), [(0, 30), (1, 60), (3, 300), (99, 300)])
def test_where_a_node_stays_out_of_reach_it_comes_back_after_a_growing_while(
    script, monkeypatch, capsys, times, seconds
):
    Clock(monkeypatch, script)
    noted(script, monkeypatch)
    monkeypatch.setattr(reach, "reached", lambda _: False)
    script.stay_aside(VALUES, times)
    assert f"back after {seconds} s" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("state", "killed"),
    [
        ("inactive\ninactive\n", []),
        ("deactivating\ndeactivating\n", ["pacemaker.service", "corosync.service"]),
        ("", ["pacemaker.service", "corosync.service"]),  # systemd did not answer: unknown is not stopped
    ],
)
def test_daemons_that_do_not_end_are_killed(script, monkeypatch, state, killed):
    Clock(monkeypatch, script)
    done = noted(script, monkeypatch, state)
    script.step_aside()
    assert done[0] == ("systemctl", "--no-block", "stop", "pacemaker.service", "corosync.service")
    assert [words[-1] for words in done if words[1] == "kill"] == killed


class EndedError(Exception):
    """The test has seen enough of an endless loop."""


def rounds(script, monkeypatch, *counts):
    """Run main while corosync forms these memberships, one a second; return what it did to units."""
    clock, done = Clock(monkeypatch, script), noted(script, monkeypatch)
    coming = list(counts)

    def sleep(seconds):
        clock.now += seconds
        if not done:
            if not coming:
                raise EndedError
            formed(*filter(None, [coming.pop(0)]))
        elif done and done[-1][1] == "start":
            raise EndedError

    clock.sleep = sleep
    monkeypatch.setattr(script, "time", SimpleNamespace(monotonic=lambda: clock.now, sleep=sleep))
    monkeypatch.setattr(reach, "reached", lambda _: True)
    with pytest.raises(EndedError):
        script.main(VALUES)
    return [words[1] for words in done if words[1] in ("--no-block", "start", "kill")]


def test_a_node_that_disturbs_stops_and_starts_its_daemons(script, monkeypatch):
    assert rounds(script, monkeypatch, 1, 1) == ["--no-block", "start"]


@pytest.mark.parametrize("counts", [(3, 2, 2, 2), (1,), (2, 1), (1, 3)])
def test_any_other_node_does_nothing(script, monkeypatch, counts):
    assert rounds(script, monkeypatch, *counts) == []


def test_what_its_forerunner_stopped_it_starts(script, monkeypatch):
    script.NOTE.parent.mkdir(parents=True)
    script.NOTE.touch()
    assert rounds(script, monkeypatch, 3) == ["start"]
    assert not script.NOTE.exists()


def test_a_node_with_a_broken_link_stops_and_starts_its_daemons(script, monkeypatch):
    monkeypatch.setattr(script, "link_broken", lambda _: True)
    assert rounds(script, monkeypatch, 3, 1, None, None, None) == ["--no-block", "start"]


def test_in_maintenance_mode_a_node_that_disturbs_does_not_step_aside(script, monkeypatch):
    monkeypatch.setattr(maintenance, "on", lambda: True)
    assert rounds(script, monkeypatch, 1, 1) == []
