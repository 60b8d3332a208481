"""What a shutdown waits for, and which processes it ends."""

import os
from types import SimpleNamespace

import pytest

from webha_node import handover

from ..stubs import fake_program


@pytest.fixture
def handed(tmp_path, monkeypatch):
    """The handover of a node in the state ``system``, whose address is gone after ``looks``, and what it ran."""

    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(handover.maintenance, "CIB", tmp_path / "cib.xml")

    def program(name, body):
        fake_program(tmp_path, name, f'echo "{name} $*" >> {tmp_path}/done\n{body}')

    def run(system="stopping", *, looks=0, address="10.0.0.250/24", bricks=1, clock=None, says=True, counted=True):
        program(
            "ip",
            f"[ $(grep -c ^ip {tmp_path}/done) -gt {looks} ] || "
            + (f"echo '3: eth0    inet {address} scope global eth0'" if says else "exit 1"),
        )
        program("systemctl", f"echo {system}")
        program("pkill", f"exit {0 if bricks else 1}")
        program("pgrep", f"[ $(grep -c ^pgrep {tmp_path}/done) -lt {bricks} ] || exit 1" if counted else "exit 3")
        ticks = iter(range(1, 1000))
        monkeypatch.setattr(
            handover, "time", SimpleNamespace(monotonic=lambda: (clock or 0) * next(ticks), sleep=lambda _: None)
        )
        handover.main(handover.Values("10.0.0.250"))
        return (tmp_path / "done").read_text().splitlines()

    return run


def ran(commands, *names):
    return [line for line in commands if line.split()[0] in names]


def test_a_shutdown_waits_until_the_address_is_gone_before_a_brick_ends(handed):
    commands = handed(looks=3)
    assert [line.split()[0] for line in commands] == ["ip"] * 4 + ["systemctl", "pkill", "pgrep"]
    assert ran(commands, "pkill") == ["pkill -TERM -x glusterfsd"]


def test_in_maintenance_mode_nothing_moves_and_nothing_is_waited_for(handed, monkeypatch):
    monkeypatch.setattr(handover.maintenance, "on", lambda: True)
    commands = handed(looks=3)
    assert len(ran(commands, "ip")) == 1
    assert ran(commands, "pkill") == ["pkill -TERM -x glusterfsd"]


@pytest.mark.parametrize("system", ["running", "degraded", "starting", "maintenance", ""])
def test_where_only_the_unit_is_stopped_no_brick_ends(handed, system):
    commands = handed(system, looks=2)
    assert len(ran(commands, "ip")) == 3
    assert ran(commands, "pkill", "pgrep") == []


@pytest.mark.parametrize(
    "address", ["10.0.0.25/24", "110.0.0.250/24", "10.0.0.2/24", "10.0.0.2500/24", "10x0.0.250/24"]
)
def test_another_address_is_not_waited_for(handed, address):
    assert len(ran(handed(looks=99, address=address), "ip")) == 1


def test_an_address_that_stays_is_waited_for_a_minute_at_most(handed):
    commands = handed(looks=99, clock=10)
    assert len(ran(commands, "ip")) == 6
    assert ran(commands, "pkill") == ["pkill -TERM -x glusterfsd"]


def test_a_node_without_a_brick_is_done_at_once(handed):
    assert ran(handed(bricks=0), "pkill", "pgrep") == ["pkill -TERM -x glusterfsd"]


def test_a_brick_that_does_not_end_is_ended(handed):
    commands = ran(handed(bricks=99), "pkill", "pgrep")
    assert commands[0] == "pkill -TERM -x glusterfsd"
    assert commands[-1] == "pkill -KILL -x glusterfsd"
    assert len(commands) == 12


def test_a_brick_that_ends_late_is_not_killed(handed):
    assert ran(handed(bricks=4), "pkill") == ["pkill -TERM -x glusterfsd"]


def test_an_ip_that_does_not_say_is_asked_again(handed):
    """What cannot be asked is not gone."""
    commands = handed(looks=3, says=False)
    assert len(ran(commands, "ip")) == 4
    assert ran(commands, "pkill") == ["pkill -TERM -x glusterfsd"]


def test_processes_that_cannot_be_counted_are_not_gone(handed):
    assert ran(handed(bricks=99, counted=False), "pkill")[-1] == "pkill -KILL -x glusterfsd"
