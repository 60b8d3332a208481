"""pyinfra's real command line against three nodes that are folders: each command runs here, with a folder in the place of the lock's.

A node's file ``gone`` makes it silent: every command there waits for ever; ``slow``: it takes 3 s to make a lock; ``powerless``: root is nobody. ``webha.lock`` of a node is ``NODE/webha/lock``.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..stubs import NAMES, ROOT

CONFIG = """
import os
from pathlib import Path

import gevent
from gevent import subprocess
from pyinfra import config
from pyinfra.api.command import StringCommand
from pyinfra.connectors.ssh import SSHConnector
from pyinfra.connectors.util import CommandOutput, OutputLine

import webha.run.holding

config.FAIL_PERCENT = 0
webha.run.holding.LAST_PATIENCE = 2
webha.run.holding.FRESH = webha.run.holding.SHARE = 0
NODES = Path(os.environ["NODES"])


def run(self, command, print_output=False, print_input=False, **arguments):
    folder = NODES / self.host.name
    text = command.get_raw_value() if isinstance(command, StringCommand) else command
    with (folder / "commands").open("a") as file:
        file.write(text + "\\\\n")
    if (folder / "gone").exists():
        gevent.sleep(3600)
    if (folder / "slow").exists() and "mktemp" in text:
        gevent.sleep(3)
    text = text.replace("/var/lib", str(folder)).replace('[ "$(id -u)" = 0 ]', f"[ ! -e {folder}/powerless ]")
    done = subprocess.run(
        ["sh", "-c", text], input=f"{arguments.get('_stdin') or ''}\\\\n", capture_output=True, text=True, cwd=folder
    )
    lines = [OutputLine("stdout", one) for one in done.stdout.splitlines()]
    lines += [OutputLine("stderr", one) for one in done.stderr.splitlines()]
    return done.returncode == 0, CommandOutput(lines)


SSHConnector.run_shell_command = run
SSHConnector.connect = lambda self: None
""".replace("\\\\n", "\\n")
INVENTORY = f"nodes = {[(name, {'ssh_hostname': f'10.0.0.{133 + number}'}) for number, name in enumerate(NAMES)]}\n"
DATA = """
vip, vip_netmask, domain, cluster_name = "10.0.0.250", 24, "lan", "hacloud"
"""
# One operation that changes all nodes, one that changes nothing, and what a test adds.
TASK = """
from pathlib import Path

from gevent import sleep
from pyinfra.context import host
from pyinfra.api.operation import operation
from webha.ground import shell
from webha.run import context, holding

nodes = context.nodes()


@operation()
def still():
    host.noop("as it should be")
    return
    yield


@operation()
def refuses():
    yield shell.refusal("it is somebody's")


@operation()
def says(command):
    yield shell.run("sh", "-c", command)


@operation()
def waits(file):
    while not Path(file).exists():
        sleep(0.05)
    host.noop("it has come")
    return
    yield


still(name="Nothing to do")
"""
CHANGE = 'says(name="A change", command="touch changed")\n'
LASTS = 'says(name="It lasts", command="touch begun; until [ -e ../go ]; do sleep 0.05; done")\n'


@dataclass
class Ended:
    """A run that has ended."""

    code: int
    out: str
    err: str


class Control:
    """A control machine's folder, from which the three nodes are deployed."""

    def __init__(self, place: Path, nodes: Path) -> None:
        self.place, self.nodes = place, nodes
        (place / "group_data").mkdir(parents=True)
        for name, text in {"config": CONFIG, "inventory": INVENTORY, "group_data/all": DATA}.items():
            (place / f"{name}.py").write_text(text)
        for name in NAMES:
            (nodes / name).mkdir(parents=True, exist_ok=True)

    def start(self, body: str = CHANGE, *words: str, yes: bool = True) -> "subprocess.Popen[str]":
        (self.place / "task.py").write_text(TASK + body)
        return subprocess.Popen(
            # Whoever runs these tests may ignore signals (nohup), and a child inherits that.
            ["env", "--default-signal=HUP,INT,TERM", str(Path(sys.executable).parent / "pyinfra"), "inventory.py", "task.py", *(["-y"] if yes else []), *words],
            cwd=self.place, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "NODES": str(self.nodes), "PYINFRA_PROGRESS": "off", "PYTHONPATH": str(ROOT / "src")},
        )  # fmt: skip

    def run(self, body: str = CHANGE, *words: str, yes: bool = True, typed: str = "") -> Ended:
        return ended(self.start(body, *words, yes=yes), typed)

    def held(self, more: str = "") -> "subprocess.Popen[str]":
        """Start a run that holds the lock, in an operation that lasts until :meth:`go`; ``more`` comes after."""
        run = self.start(LASTS + more)
        eventually(lambda: all((self.nodes / name / "begun").exists() for name in NAMES), run)
        return run

    def go(self) -> None:
        (self.nodes / "go").touch()

    def locks(self) -> list[str]:
        """Return the nodes with a lock."""
        return [name for name in NAMES if (self.nodes / name / "webha/lock").exists()]

    def journal(self, name: str = NAMES[0]) -> list[str]:
        path = self.nodes / name / "webha/journal"
        return path.read_text().splitlines() if path.exists() else []


def ended(run: "subprocess.Popen[str]", typed: str = "") -> Ended:
    out, err = run.communicate(typed, timeout=60)
    return Ended(run.returncode, out, err)


def killed(run: "subprocess.Popen[str]", how: int = signal.SIGKILL) -> Ended:
    run.send_signal(how)
    return ended(run)


def eventually(condition: Callable[[], bool], run: "subprocess.Popen[str]") -> None:
    end = time.monotonic() + 30
    while not condition():
        assert run.poll() is None, run.communicate()
        assert time.monotonic() < end
        time.sleep(0.05)
