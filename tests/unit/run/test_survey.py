"""All nodes looked at while pyinfra loads a task: nobody is waited for longer than the limit, and nobody stops the others."""

import json
import time
from types import SimpleNamespace

import gevent
import pytest
from paramiko import SSHException
from pyinfra.api.exceptions import ConnectError, FactProcessError, PyinfraError

from webha.ground import probe
from webha.ground.fact import Probe
from webha.run import across, survey
from webha.status import screen
from webha.status.state import Layer, Report

from ..stubs import NAMES

CONTROL = "@local"
FRAMES = [f"{probe.OPENING} word", "hello", f"{probe.CLOSING} word 0"]


class Word(Probe[str]):
    """One word."""

    def command(self, prefix):
        return f"echo {prefix}"

    def answer(self, answers):
        return answers["word"].text


@pytest.fixture
def look(monkeypatch):
    """Return a look from a host by its name; ``answers``: what each host's shell does; ``active``: who is connected."""
    asked = []
    hosts = {}

    def shell(name, behaviour):
        def run(command, **arguments):
            asked.append((name, str(command), arguments))
            return True, SimpleNamespace(stdout_lines=behaviour())

        return run

    def prepare(answers, active=(*NAMES, CONTROL), limit=(*NAMES, CONTROL)):
        hosts.update(
            {
                name: SimpleNamespace(name=name, run_shell_command=shell(name, answers.get(name, lambda: FRAMES)))
                for name in (*NAMES, CONTROL)
            }
        )
        inventory = SimpleNamespace(
            get_active_hosts=lambda: [hosts[name] for name in active],
        )
        monkeypatch.setattr(survey, "inventory", inventory)
        monkeypatch.setattr(survey, "members", lambda: [hosts[name] for name in NAMES])
        monkeypatch.setattr(survey, "state", SimpleNamespace(is_host_in_limit=lambda one: one.name in limit))
        monkeypatch.setattr(across, "pop_global_arguments", lambda *_: ({"_sudo": True, "name": "x"}, []))
        monkeypatch.setattr(survey, "_seen", {})

        def from_host(name, seconds=5):
            monkeypatch.setattr(survey, "host", hosts[name])
            return survey.look(Word(), seconds, prefix="it")

        return from_host

    prepare.asked = asked
    return prepare


def raising(error):
    def behaviour():
        raise error

    return behaviour


def test_only_the_host_that_comes_last_has_the_answers_of_all_nodes(look):
    from_host = look({})
    assert [from_host(name) for name in (NAMES[0], CONTROL, NAMES[2])] == [None] * 3
    assert from_host(NAMES[1]) == dict.fromkeys(NAMES, "hello")


def test_the_control_machine_is_waited_for_and_not_asked(look):
    from_host = look({})
    assert [from_host(name) for name in NAMES] == [None] * 3
    assert from_host(CONTROL) == dict.fromkeys(NAMES, "hello")
    assert [name for name, _, _ in look.asked] == list(NAMES)


def test_a_node_is_asked_with_the_facts_arguments_and_the_hosts_privileges(look):
    look({})(NAMES[0])
    ((_, command, arguments),) = look.asked
    assert command == "echo it"
    assert arguments == {"print_output": False, "print_input": False, "_sudo": True}


@pytest.mark.parametrize("without", [{"active": NAMES[:2]}, {"limit": NAMES[:2]}])
def test_a_node_that_is_not_connected_or_left_out_is_none_and_not_waited_for(look, without):
    from_host = look({}, **{"active": NAMES} | without)
    assert from_host(NAMES[0]) is None
    assert from_host(NAMES[1]) == {NAMES[0]: "hello", NAMES[1]: "hello", NAMES[2]: None}


def test_with_no_node_connected_the_control_machine_learns_that_none_answered(look):
    assert look({}, active=(CONTROL,))(CONTROL) == dict.fromkeys(NAMES)


def test_a_node_that_hangs_is_none_within_the_limit(look):
    from_host = look({NAMES[0]: lambda: gevent.sleep(20)}, active=NAMES[:2])
    start = time.monotonic()
    assert from_host(NAMES[0], 0.3) is None
    assert time.monotonic() - start < 3
    assert from_host(NAMES[1]) == {NAMES[0]: None, NAMES[1]: "hello", NAMES[2]: None}


@pytest.mark.parametrize(
    "behaviour",
    [
        raising(OSError("Socket is closed")),
        raising(TimeoutError()),
        raising(ConnectionResetError()),
        raising(EOFError()),
        raising(PyinfraError("x")),
        raising(ConnectError("x")),
        raising(FactProcessError("x")),
        list,
        lambda: ["Welcome to Debian"],
        pytest.param(
            raising(SSHException("SSH session not active")),
        ),
    ],
)
def test_a_node_whose_connection_breaks_or_that_says_nonsense_is_none_and_stops_nobody(look, behaviour):
    from_host = look({NAMES[0]: behaviour}, active=NAMES[:2])
    assert from_host(NAMES[0]) is None
    assert from_host(NAMES[1]) == {NAMES[0]: None, NAMES[1]: "hello", NAMES[2]: None}


HEALTHY = Report({"hosts": Layer("fine"), "vip": Layer("here")})
BROKEN = Report({"hosts": Layer("fine"), "vip": Layer("", ("nobody holds it",))})


def test_a_healthy_report_is_shown_and_written_and_ends_the_run_well(capsys, tmp_path):
    with pytest.raises(SystemExit, match=r"^0$"):
        screen.show(HEALTHY, str(tmp_path / "report.json"))
    assert capsys.readouterr().out == HEALTHY.screen(0) + "\n"
    assert json.loads((tmp_path / "report.json").read_text()) == HEALTHY.to_json()


def test_a_report_with_problems_is_shown_and_written_before_it_ends_the_run(capsys, tmp_path):
    with pytest.raises(PyinfraError, match=r"^not healthy: vip$"):
        screen.show(BROKEN, str(tmp_path / "report.json"))
    assert "- nobody holds it" in capsys.readouterr().out
    assert json.loads((tmp_path / "report.json").read_text())["healthy"] is False


def test_without_a_file_nothing_is_written(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        screen.show(HEALTHY, None)
    assert capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []
