"""The endless rounds of the readiness and of the guard, with a clock of the test's and an end."""

import os

import pytest

from webha_node import guard, ready

from ..stubs import fake_program

VIP = "10.0.0.250"
NODES = {"nodoha": "10.0.0.133", "nodoha2": "10.0.0.134", "nodoha3": "10.0.0.135"}
VALUES = guard.Values("nodoha", NODES, VIP, patience=1.5, detection=2.2, confirm=0.15)


AWAY = ({"nodoha2"}, {"nodoha3"})


class EnoughError(BaseException):
    """Ends an endless loop."""


class Clock:
    """Seconds that pass only as the script waits, and at chosen rounds longer than it asked for."""

    def __init__(self, rounds, extra=()):
        self.now, self.left, self.extra = 100.0, rounds, dict(extra)

    def passes(self, seconds):
        self.left -= 1
        if self.left < 0:
            raise EnoughError
        self.now += seconds + self.extra.get(self.left, 0.0)


@pytest.fixture
def guarded(monkeypatch):
    """The reasons for which the guard let go, with the second at which it did."""

    def run(rounds, hears=lambda _now: None, holds=True, extra=(), **world):
        script, clock, said = guard, Clock(rounds, extra), []

        class Quorum:
            def __init__(self, values):
                assert values is VALUES
                self.heard, self.lost, self.news = clock.now, False, self

            def watch(self):
                pass

            def wait(self, seconds):
                clock.passes(seconds)
                hears_at = hears(clock.now)
                self.heard = self.heard if hears_at is None else hears_at

            def clear(self):
                pass

            def away(self):
                return AWAY

        class Detach:
            def __init__(self, *words):
                assert words == ("nodoha", NODES, VIP)

            def keeps(self, *words):
                assert words == AWAY
                return world.get("detached", False)

            def calm(self, heard):
                pass

        monkeypatch.setattr(script, "Detach", Detach)
        monkeypatch.setattr(script.maintenance, "on", lambda: world.get("maintenance", world.get("detached", False)))
        monkeypatch.setattr(script.time, "monotonic", lambda: clock.now)
        monkeypatch.setattr(script, "Quorum", Quorum)
        monkeypatch.setattr(script, "held", lambda vip: holds and vip == VIP and len(said) < world.get("tries", 1))
        monkeypatch.setattr(script, "let_go", lambda _vip, reason: said.append((round(clock.now - 100, 1), reason)))
        with pytest.raises(EnoughError):
            script.main(VALUES)
        return said

    return run


def test_while_a_quorate_corosync_is_heard_the_address_stays(guarded):
    assert guarded(100, hears=lambda now: now) == []


def test_after_a_patience_of_silence_the_address_goes(guarded):
    (when, reason), *_ = guarded(30)
    assert 1.5 < when <= 1.7
    assert "no quorate corosync was heard" in reason


def test_a_detach_excuses_silence_and_no_standstill(guarded):
    assert guarded(100, detached=True) == []
    ((when, reason),) = guarded(100, hears=lambda now: now, extra={50: 10.0}, detached=True)
    assert "stood still" in reason
    assert when > 10


def test_in_maintenance_mode_what_is_not_kept_lets_go(guarded):
    (when, reason), *_ = guarded(100, maintenance=True)
    assert "no quorate corosync was heard" in reason
    assert 1.5 < when <= 1.8


def test_a_node_without_the_address_has_nothing_to_let_go(guarded):
    assert guarded(100, holds=False) == []


def test_a_node_that_stood_still_for_longer_than_the_others_wait_lets_go_though_all_is_well_again(guarded):
    ((when, reason),) = guarded(40, hears=lambda now: now, extra={20: 2.5})
    assert when == pytest.approx(4.5)
    assert "stood still for 2.6 s" in reason


def test_an_address_that_does_not_go_at_once_is_tried_again_for_the_same_reason(guarded):
    tried = guarded(40, hears=lambda now: now, extra={20: 2.5}, tries=3)
    assert len(tried) == 3
    assert {reason for _, reason in tried} == {tried[0][1]}


def test_a_shorter_standstill_is_no_silence_of_corosync(guarded):
    assert guarded(24, hears=lambda now: now if now < 101 else None, extra={12: 1.8}) == []


@pytest.fixture
def published(monkeypatch):
    """What readiness told Pacemaker and the journal in its rounds: opinions of the four things by round."""

    def run(opinions, takes=True, minority=lambda _now: None):
        script, told = ready, []
        clock = Clock(len(opinions))
        rounds = iter(opinions)
        state = {}

        class Opinion:
            made = 0

            def __init__(self, patience):
                assert patience == 8
                self.which, Opinion.made = Opinion.made, Opinion.made + 1

            def good(self, _now):
                if self.which == 0:
                    state["now"] = next(rounds)
                return state["now"][self.which] in (None, "") if state["now"] else None

            @property
            def problem(self):
                return state["now"][self.which]

        def publish(value):
            told.append(value)
            return takes

        monkeypatch.setattr(script.time, "monotonic", lambda: clock.now)
        monkeypatch.setattr(script.time, "sleep", clock.passes)
        monkeypatch.setattr(script.Looks, "minority", lambda _self, now: minority(now))
        for name, other in (("Opinion", Opinion), ("publish", publish), ("watch", lambda *_: None)):
            monkeypatch.setattr(script, name, other)
        with pytest.raises((EnoughError, StopIteration)):
            script.main(script.Values("nodoha", 3, "/var/www/html/drupal", 8081, interval=1, patience=8))
        return told

    return run


WELL = (None, None, None, None)
NO_VOLUME = ("not mounted", None, None, None)


def test_nothing_is_told_before_all_is_known(published, capsys):
    assert published([None, None, WELL]) == [1000]
    assert capsys.readouterr().out == "ready\n"


def test_what_changes_is_told_at_once_and_said_once(published, capsys):
    assert published([WELL, WELL, NO_VOLUME, NO_VOLUME, WELL]) == [1000, 500, 1000]
    assert capsys.readouterr().out.splitlines() == ["ready", "not ready (500): volume: not mounted", "ready"]


def test_it_is_told_again_every_10_seconds(published):
    assert published([WELL] * 90) == [1000] * 3


def test_a_pacemaker_that_did_not_take_it_is_told_in_the_next_round(published):
    assert published([WELL] * 4, takes=False) == [1000] * 4


def test_the_seconds_of_a_silence_are_no_news(published, capsys):
    silent = [(None, f"no answer since {seconds} s", None, None) for seconds in (9, 10, 11)]
    published(silent)
    assert capsys.readouterr().out == "not ready (500): database: no answer since 9 s\n"


def test_a_disk_that_fills_is_said_once_and_keeps_what_the_services_are_worth(published, capsys):
    filling = [(None, None, None, f"{left} MB left in /var/lib/mysql") for left in (190, 70, 3)]
    assert published([WELL, *filling]) == [1000, 750]
    assert capsys.readouterr().out.splitlines()[1:] == ["not ready (750): disk: 190 MB left in /var/lib/mysql"]


def test_a_component_without_most_of_the_nodes_is_worth_less_and_said(published, capsys):
    words = "1 of 3 nodes in its component"
    assert published([WELL] * 4, minority=lambda now: words if now > 100.2 else None) == [1000, 750]
    assert capsys.readouterr().out.splitlines() == ["ready", f"not ready (750): database: {words}"]
    assert published([NO_VOLUME], minority=lambda _now: words) == [500]
    assert published([None, WELL], minority=lambda _now: words) == [750]


def test_what_is_wrong_with_another_thing_besides_is_said(published, capsys):
    published([(f"no answer since {9 + i} s", "stopped" if i else None, None, None) for i in range(2)])
    assert capsys.readouterr().out.splitlines()[-1].endswith("database: stopped")


@pytest.mark.parametrize(("code", "told"), [(0, True), (1, False)])
def test_pacemaker_is_told_at_once_and_whether_it_took_it_is_known(tmp_path, monkeypatch, code, told):
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    fake_program(tmp_path, "attrd_updater", f'echo "$*" > {tmp_path}/asked; exit {code}')
    assert ready.publish(600) is told
    assert (tmp_path / "asked").read_text() == "-n webha-ready -U 600 -d 0\n"


def test_without_pacemakers_program_nothing_was_told(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert ready.publish(1000) is False
