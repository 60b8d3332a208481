"""New rules stay only where somebody comes in through them."""

from dataclasses import replace

import pytest
from pyinfra.api.command import FunctionCommand, StringCommand
from pyinfra.context import ctx_host

from webha import firewall
from webha.firewall import DROP_IN, RULES, UNIT, Connection
from webha.firewall.facts import Connections, FirewallState
from webha.firewall.operations import closed, lets_visitors_in, opened
from webha.run import ending
from webha.run.ports import table

from ..stubs import Host, given, perform
from .test_firewall import CLOSED, VIP
from .test_firewall import opened as openings

ANYBODY = ["0.0.0.0/0", "::/0"]


def run(state, knock="", sources=ANYBODY, connections=()):
    """Run the operation as pyinfra does, each command as it comes; ``knock``: what goes wrong with a new connection."""
    host = Host("nodoha", {FirewallState: state, Connections: connections})
    before = ctx_host.get()
    ctx_host.set(host)
    commands = []
    try:
        for one in closed._inner(openings(), VIP, sources):
            commands.append(one)
            if isinstance(one, FunctionCommand) and knock:
                one.args[0].append(knock)
    finally:
        ctx_host.set(before)
    return commands, host.noops


def texts(commands):
    return ["knock" if isinstance(one, FunctionCommand) else one.get_raw_value() for one in commands]


@pytest.fixture(autouse=True)
def said(monkeypatch):
    lines = []
    monkeypatch.setattr(ending, "say_at_end", lines.append)
    return lines


def text_of(state=CLOSED):
    commands, _ = run(replace(state, rules=None, loaded=False))
    return given(commands[0])


OPEN = replace(CLOSED, rules=None, loaded=False, in_force=None, unit="")


def test_the_clock_of_the_way_back_runs_before_the_rules_are_loaded_and_they_land_after_the_knock():
    shown = texts(run(OPEN)[0])
    assert shown[1] == "knock"
    trial = shown[0]
    assert trial.index("nft -c -f") < trial.index("systemd-run") < trial.rindex("nft -f $new")
    assert "systemd-run" not in "".join(shown[2:])
    assert shown[2].index("is-active webha-firewall-undo.timer") < shown[2].index("stop webha-firewall-undo.timer")
    assert [RULES in one for one in shown[1:]] == [False, False, True]


def test_rules_that_shut_the_run_itself_out_go_back_and_nothing_lands():
    commands, _ = run(OPEN, knock="timed out", sources=["192.0.2.0/24"])
    shown = texts(commands)
    assert "firewall.before" in shown[2]
    assert "no new connection by ssh came through (timed out)" in shown[3]
    assert "ssh_sources is 192.0.2.0/24" in shown[3]
    assert len(shown) == 4


def test_a_closed_node_is_left_alone():
    rules = text_of()
    commands, noops = run(replace(CLOSED, rules=rules))
    assert (commands, len(noops)) == ([], 1)


@pytest.mark.parametrize(
    "changes",
    [
        {"in_force": False},
        {"in_force": None},
        {"loaded": False, "in_force": None},
        {"ssh": (2222,)},
    ],
)
def test_anything_else_is_closed_anew(changes):
    assert run(replace(CLOSED, rules=text_of(), **changes))[0]


def test_what_cannot_be_read_is_refused():
    (refusal,), _ = run(None)
    assert "cannot be read" in refusal.get_raw_value()


def test_what_is_shut_out_and_who_filters_beside_is_said_at_the_end(said):
    state = replace(OPEN, others=("ufw",), listeners=(firewall.Listener("tcp", 9100, "node_exporter"),))
    run(state)
    assert "nodoha: ufw filters there beside ours" in said[0]
    assert "tcp 24007" in said[0]
    assert "node_exporter (tcp 9100)" in said[1]


def test_who_came_before_and_may_not_come_any_more_is_shown_out(said):
    state = replace(OPEN, listeners=(firewall.Listener("tcp", 24007, "glusterd"),))
    commands, _ = run(state, connections=(Connection(24007, "10.0.0.66", 1001), Connection(24007, "10.0.0.134", 1001)))
    assert [one for one in texts(commands) if "ss -K" in one] == [texts(commands)[-1]]
    assert texts(commands)[-1].endswith("webha 10.0.0.66 1001 24007")
    assert said == ["nodoha: connections were ended that nobody may make any more: 10.0.0.66 at 24007"]
    run(state, connections=None)
    assert "cannot be read" in said[-1]


def test_a_virtual_ip_that_the_rules_do_not_know_is_refused_before_it_moves():
    rules = replace(CLOSED, rules=text_of())
    assert perform(lets_visitors_in, VIP, table(), facts={FirewallState: rules}).idle
    assert perform(lets_visitors_in, VIP, table(), facts={FirewallState: OPEN}).idle
    for vip, ports, said in (("10.0.0.25", table(), "port 80"), (VIP, table(https="files"), "port 443")):
        refused = perform(lets_visitors_in, vip, ports, facts={FirewallState: rules}).refused
        assert f"lets nobody in at {vip}, {said}: run tasks/firewall.py with the same data first" in refused
    assert "cannot be read" in perform(lets_visitors_in, VIP, table(), facts={FirewallState: None}).refused


def test_a_file_of_somebodys_is_not_replaced():
    (refusal,), _ = run(replace(CLOSED, rules="table inet theirs {}\n", in_force=False))
    assert "does not say that it is ours" in refusal.get_raw_value()


def test_the_rules_name_whom_they_are_for():
    rules = text_of()
    assert rules.startswith("# Written by pyinfra-webha")
    assert f"ip daddr {VIP} tcp dport 80 accept" in rules
    assert "ip saddr { 10.0.0.133/32, 10.0.0.134/31, 10.0.0.250/32 } tcp dport 24007 accept" in rules
    assert "3306" not in rules


def test_openness_takes_away_what_is_ours_and_is_nothing_where_there_is_nothing():
    assert perform(opened, facts={FirewallState: OPEN}).idle
    taken = perform(opened, facts={FirewallState: CLOSED})
    assert isinstance(taken.commands[0], StringCommand)
    assert f"rm -f /etc/systemd/system/{UNIT} {DROP_IN} {RULES}" in taken.text
    assert perform(opened, facts={FirewallState: None}).refused
