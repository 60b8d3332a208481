"""When silence of the cluster's daemons is a person's doing: a detach in maintenance mode, and never a crash."""

import os

import pytest

from webha_node import detach, maintenance, reach

from ..stubs import fake_program

NODES = {"nodoha": "10.0.0.133", "nodoha2": "10.0.0.134", "nodoha3": "10.0.0.135"}
VIP = "10.0.0.250"
PEERS = {"nodoha2", "nodoha3"}
STOPPED, RUNS = "ActiveState=inactive\nResult=success", "ActiveState=active\nResult=success"
KILLED = "ActiveState=failed\nResult=signal"


def cib(*sets):
    return "<cib><configuration><crm_config>" + "".join(sets) + "</crm_config></configuration></cib>"


def property_set(value, name="maintenance-mode", rule=""):
    return f'<cluster_property_set id="a">{rule}<nvpair id="b" name="{name}" value="{value}"/></cluster_property_set>'


@pytest.fixture
def node(tmp_path, monkeypatch):
    """A node's detach in a world of the test's: what systemd says, the CIB on disk, whom it reaches, who answers for the address."""
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(detach, "NOTE", tmp_path / "corosync.ended")
    monkeypatch.setattr(maintenance, "CIB", tmp_path / "cib.xml")
    fake_program(tmp_path, "ip", f"echo '2: eth0    inet {VIP}/24 scope global secondary eth0'")
    world = {"away": set(), "conflict": 0, "corosync": STOPPED}
    monkeypatch.setattr(reach, "reached", lambda address: address not in world["away"])

    def put(**changes):
        world.update(changes)
        fake_program(tmp_path, "systemctl", f"printf '{world['corosync']}\\n'")
        fake_program(tmp_path, "arping", f"exit {world['conflict']}")
        maintenance.CIB.write_text(world.get("cib", cib(property_set("true"))))

    put()
    return put


def detached():
    return detach.Detach("nodoha", NODES, VIP)


@pytest.mark.parametrize("state", ["inactive", "deactivating"])
def test_daemons_stopped_in_order_in_maintenance_mode_are_a_detach(node, state, capsys):
    node(corosync=f"ActiveState={state}\nResult=success")
    assert detached().excuses(PEERS, set())
    assert "detached in maintenance mode" in capsys.readouterr().out


@pytest.mark.parametrize(
    "state",
    [
        KILLED,
        "ActiveState=activating\nResult=signal",
        "ActiveState=inactive\nResult=timeout",
        "ActiveState=active\nResult=core-dump",
        "ActiveState=maintenance\nResult=success",
        "",
    ],
)
def test_a_crash_is_no_detach_in_maintenance_mode_either(node, state):
    node(corosync=state)
    assert not detached().excuses(PEERS, set())


@pytest.mark.parametrize(
    "text",
    [
        cib(),
        cib(property_set("false")),
        cib(property_set("true", rule="<rule/>")),
        cib(property_set("true"), property_set("false")),
        cib(property_set("true", name="maintenance")),
        "<cib><configuration>",
        "",
    ],
)
def test_without_maintenance_mode_nothing_is_excused(node, text):
    node(cib=text)
    assert not detached().excuses(PEERS, PEERS)


@pytest.mark.parametrize("value", ["true", "TRUE", "on", "yes", "y", "1"])
def test_maintenance_mode_is_what_pacemaker_takes_for_it(node, value):
    node(cib=cib(property_set(value)))
    assert maintenance.on()


def test_a_configuration_that_is_not_there_is_none(node):
    node()
    maintenance.CIB.unlink()
    assert not maintenance.on()


@pytest.mark.parametrize(
    ("missing", "departed", "excused"),
    [
        (PEERS, PEERS, True),  # all others were stopped in order before this one
        (PEERS, {"nodoha2"}, False),  # one was lost
        (PEERS, set(), False),  # a cut network, or a corosync that hangs
        (set(), PEERS, False),  # all are there, and yet no quorate corosync is heard
    ],
)
def test_where_corosync_runs_only_those_who_left_in_order_may_be_missing(node, missing, departed, excused):
    node(corosync=RUNS)
    assert detached().excuses(missing, departed) is excused


def test_a_corosync_that_was_stopped_in_order_and_runs_again_is_excused_until_there_is_a_majority(node):
    node(corosync=RUNS)
    assert not detached().excuses(PEERS, set())
    detach.NOTE.write_text("success\n")
    assert detached().excuses(PEERS, set()), "also by a guard that starts anew, and that never saw it stopped"
    detach.NOTE.unlink()  # as the guard does when it hears of a majority
    assert not detached().excuses(PEERS, set())


@pytest.mark.parametrize("result", ["signal", "core-dump", "timeout", "watchdog", "exit-code", ""])
def test_a_corosync_that_runs_again_after_a_crash_is_not_excused(node, result):
    node(corosync=RUNS)
    detach.NOTE.write_text(f"{result}\n")
    assert not detached().excuses(PEERS, set())


@pytest.mark.usefixtures("node")
def test_its_begin_and_its_end_are_said_once(capsys):
    one = detached()
    for _ in range(3):
        assert one.excuses(PEERS, set())
    assert capsys.readouterr().out.count("detached in maintenance mode") == 1
    one.over()
    one.over()
    assert capsys.readouterr().out.count("no longer detached") == 1


@pytest.mark.parametrize(("away", "excused"), [({"10.0.0.134"}, True), ({"10.0.0.134", "10.0.0.135"}, False)])
def test_a_node_that_does_not_reach_a_majority_lets_go(node, away, excused):
    node(away=away)
    assert detached().excuses(PEERS, set()) is excused


@pytest.mark.parametrize("conflict", [1, 2, 127])
def test_somebody_who_answers_for_the_address_or_cannot_be_asked_for_ends_it(node, conflict):
    node(conflict=conflict)
    assert not detached().excuses(PEERS, set())
    node(conflict=0)
    assert detached().excuses(PEERS, set())


def test_without_an_excuse_the_address_stays_a_second_longer_and_calm_begins_anew(node, monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(detach.time, "monotonic", lambda: clock[0])
    node(corosync=KILLED)
    one = detached()
    for now, kept in ((100.0, True), (100.9, True), (101.1, False), (102.0, False)):
        clock[0] = now
        assert one.keeps(PEERS, set()) is kept
    one.calm(heard=False)
    assert one.keeps(PEERS, set())
    node(corosync=STOPPED)
    assert one.keeps(PEERS, set())
    assert one.begun
    one.calm(heard=True)
    assert not one.begun
