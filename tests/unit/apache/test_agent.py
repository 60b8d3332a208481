"""The shell scripts that Pacemaker and systemd run on the nodes, run here with other programs in their places."""

import os
import subprocess
from types import SimpleNamespace

import pytest

from webha.apache import AGENT
from webha.ground.render import render

from ..stubs import NAMES, fake_program

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
    ],
)
def test_a_script_names_its_shell_first_and_is_read_whole_by_it(template, values):
    text = render(template, **values)
    assert text.startswith("#!/bin/sh\n")
    subprocess.run(["sh", "-n"], input=text, text=True, check=True)
