"""The shell scripts that Pacemaker and systemd run on the nodes, run here with other programs in their places."""

import os
import re
import subprocess
from types import SimpleNamespace

import pytest

from webha.apache import AGENT
from webha.ground.render import render

from .stubs import NAMES, fake_program

NODES = [SimpleNamespace(name=name, address=f"10.0.0.{133 + i}") for i, name in enumerate(NAMES)]
STANDARD_AGENT = "/usr/lib/ocf/resource.d/heartbeat/apache"


@pytest.fixture
def here(tmp_path):
    """Where a script's programs are, and what runs it there: its standard input, its environment."""

    def run(text, *arguments, stdin="", **environment):
        (tmp_path / "script").write_text(text)
        path = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
        return subprocess.run(
            ["sh", tmp_path / "script", *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            env=path | environment,
            timeout=20,
            check=False,
        )

    run.program = lambda name, body=":": fake_program(tmp_path, name, f'echo "{name} $*" >> {tmp_path}/done\n{body}')
    run.done = lambda: (tmp_path / "done").read_text().splitlines() if (tmp_path / "done").exists() else []
    run.folder = tmp_path
    return run


@pytest.fixture
def reaped(here):
    """The reaper's answer to the name of a node, and which connections it destroyed."""

    def run(stdin, members="echo nodoha nodoha2", majority=1):
        here.program("crm_node", f'[ "$1" != -q ] || {{ echo {majority}; exit; }}\n{members}')
        here.program("ss", 'printf "tcp ESTAB 0 0 a b\\ntcp ESTAB 0 0 a c\\n"')
        done = here(render("cluster/reap.sh.j2", nodes=NODES), stdin=stdin)
        return done, [line for line in here.done() if line.startswith("ss ")]

    return run


def test_without_the_majority_nothing_is_destroyed(reaped):
    done, destroyed = reaped("nodoha3\n", majority=0)
    assert destroyed == []
    assert done.stdout == "nodoha3 is lost, and so is the majority: its connections stay\n"


def test_the_connections_to_a_lost_node_are_destroyed_and_counted(reaped):
    done, destroyed = reaped("nodoha3\n")
    assert destroyed == ["ss -H -t -K dst 10.0.0.135"]
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "nodoha3 (10.0.0.135) is lost: 2 connections to it destroyed\n"


@pytest.mark.parametrize("stdin", ["", "\n", "elsewhere\n", "nodoha3 nodoha2\n", "nodoha*\n", "*\n", "10.0.0.135\n"])
def test_for_a_name_that_is_no_node_of_ours_nothing_is_done(reaped, stdin):
    done, destroyed = reaped(stdin)
    assert (done.returncode, destroyed) == (0, [])
    assert "no node of this cluster" in done.stdout or not stdin


def test_the_first_line_alone_is_a_name(reaped):
    assert reaped("nodoha3\nnodoha2\n")[1] == ["ss -H -t -K dst 10.0.0.135"]


@pytest.mark.parametrize("lost", ["nodoha", "nodoha2"])
def test_a_node_that_is_a_member_again_keeps_its_connections(reaped, lost):
    done, destroyed = reaped(f"{lost}\n")
    assert (done.returncode, destroyed) == (0, [])
    assert done.stdout == f"{lost} is a member again: its connections stay\n"


def test_a_longer_name_among_the_members_is_another_node(reaped):
    assert reaped("nodoha\n", "echo 'nodoha2 nodoha3 '")[1] == ["ss -H -t -K dst 10.0.0.133"]


@pytest.mark.parametrize("members", [":", "exit 1", "exec sleep 30"], ids=["says nothing", "fails", "hangs"])
def test_while_the_members_are_unknown_the_loss_that_was_reported_counts(reaped, members):
    assert reaped("nodoha3\n", members)[1] == ["ss -H -t -K dst 10.0.0.135"]


@pytest.fixture
def alerted(here):
    def run(**about):
        here.program("socat", f"cat > {here.folder}/sent")
        done = here(render("cluster/node-lost.sh.j2"), **{f"CRM_alert_{key}": value for key, value in about.items()})
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        return here.done(), (here.folder / "sent").read_text() if here.done() else None

    return run


SOCKET = render("cluster/webha-reaper.socket.j2", script="/usr/local/lib/webha/reap")


def test_a_lost_nodes_name_is_passed_on_to_the_reapers_socket(alerted):
    (command,), sent = alerted(kind="node", desc="lost", node="nodoha3")
    assert sent == "nodoha3\n"
    socket = re.search(r"UNIX-CONNECT:(\S+)", command).group(1)
    assert f"ListenStream={socket}\n" in SOCKET


@pytest.mark.parametrize(
    "about",
    [
        {},
        {"kind": "node", "desc": "member", "node": "nodoha3"},
        {"kind": "node", "node": "nodoha3"},
        {"kind": "resource", "desc": "lost", "node": "nodoha3"},
        {"kind": "fencing", "desc": "nodoha3 lost", "node": "nodoha3"},
        {"desc": "lost", "node": "nodoha3"},
    ],
)
def test_nothing_else_that_pacemaker_tells_is_passed_on(alerted, about):
    assert alerted(**about) == ([], None)


def test_the_reaper_may_be_called_by_pacemakers_account_alone():
    assert re.search(r"^SocketUser=hacluster\nSocketMode=0600$", SOCKET, re.MULTILINE)
    service = render("cluster/webha-reaper@.service.j2", script="/usr/local/lib/webha/reap")
    assert "User=hacluster\n" in service
    assert "CapabilityBoundingSet=CAP_NET_ADMIN\n" in service
    assert "ExecStart=/usr/local/lib/webha/reap\n" in service


@pytest.fixture
def handed(here):
    """The handover of a node in the state ``system``, whose address is gone after ``looks``, and what it ran."""

    def run(system="stopping", looks=0, address="10.0.0.250/24", bricks=1, clock=None):
        here.program(
            "ip",
            f"[ $(grep -c ^ip {here.folder}/done) -gt {looks} ] || echo '3: eth0    inet {address} scope global eth0'",
        )
        here.program("systemctl", f"echo {system}")
        here.program("pkill", f"exit {0 if bricks else 1}")
        here.program("pgrep", f"[ $(grep -c ^pgrep {here.folder}/done) -lt {bricks} ]")
        fake_program(here.folder, "sleep", ":")
        if clock:
            fake_program(
                here.folder,
                "date",
                f"echo x >> {here.folder}/ticks; echo $(( {clock} * $(wc -l < {here.folder}/ticks) ))",
            )
        done = here(render("vip/handover.sh.j2", vip="10.0.0.250"))
        assert (done.returncode, done.stderr) == (0, "")
        return here.done()

    return run


def ran(commands, *names):
    return [line for line in commands if line.split()[0] in names]


def test_a_shutdown_waits_until_the_address_is_gone_before_a_brick_ends(handed):
    commands = handed(looks=3)
    assert [line.split()[0] for line in commands] == ["ip"] * 4 + ["systemctl", "pkill", "pgrep"]
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


@pytest.mark.parametrize(("code", "passed"), [(6, 1), (0, 0), (1, 1), (2, 2), (5, 5), (7, 7), (8, 8)])
def test_a_configuration_that_apache_refuses_is_this_nodes_failure_and_other_answers_pass(here, code, passed):
    here.program("apache-agent", f'echo "$OCF_RESKEY_configfile"; exit {code}')
    text = render("apache/agent.sh.j2")
    assert text.count(STANDARD_AGENT) == 1
    done = here(
        text.replace(STANDARD_AGENT, str(here.folder / "apache-agent")), "monitor", OCF_RESKEY_configfile="x.conf"
    )
    assert (done.returncode, done.stdout) == (passed, "x.conf\n")
    assert here.done() == ["apache-agent monitor"]


@pytest.mark.parametrize(
    ("action", "parent", "ended"),
    [("start", "gone", True), ("start", "alive", False), ("start", None, True), ("stop", "gone", False)],
)
def test_children_of_an_apache_that_was_killed_alone_are_ended_before_a_start(here, action, parent, ended):
    here.program("apache-agent", "exit 0")
    here.program("pkill", "exit 1")
    pid = here.folder / "apache2.pid"
    if parent is not None:
        pid.write_text(f"{os.getpid() if parent == 'alive' else 99999999}\n")
    text = render("apache/agent.sh.j2").replace(STANDARD_AGENT, str(here.folder / "apache-agent"))
    done = here(text.replace("/run/apache2/apache2.pid", str(pid)), action, OCF_RESKEY_configfile="x.conf")
    assert done.returncode == 0
    killing = ["pkill -KILL -f apache2 .*-f x.conf( |$)"] if ended else []
    assert here.done() == [*killing, f"apache-agent {action}"]


def test_the_agent_is_where_pacemaker_looks_for_ocf_webha_apache():
    assert AGENT == "/usr/lib/ocf/resource.d/webha/apache"
    assert STANDARD_AGENT != AGENT


@pytest.mark.parametrize(
    ("template", "values"),
    [
        ("apache/agent.sh.j2", {}),
        ("cluster/node-lost.sh.j2", {}),
        ("cluster/reap.sh.j2", {"nodes": NODES}),
        ("vip/handover.sh.j2", {"vip": "10.0.0.250"}),
    ],
)
def test_a_script_names_its_shell_first_and_is_read_whole_by_it(template, values):
    text = render(template, **values)
    assert text.startswith("#!/bin/sh\n")
    subprocess.run(["sh", "-n"], input=text, text=True, check=True)
