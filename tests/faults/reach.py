"""How the fault tests reach the nodes: every question has a time limit, and no answer is an answer like any other."""

import subprocess
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from lab import access
from lab.layout import NODES
from tests.lab.nodes import ROOT

BY_NAME = {one.name: one for one in NODES}
Answer = TypeVar("Answer")


def _run(name: str, command: str, seconds: float) -> subprocess.CompletedProcess[str] | None:
    """Run ``command`` on the node; None where it did not end in time."""
    try:
        return subprocess.run(
            access.ssh(BY_NAME[name], command),
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return None


def ask(name: str, command: str, seconds: float = 30) -> str:
    """Run ``command`` on the node and return what it printed; "" where the node did not say anything in time."""
    done = _run(name, command, seconds)
    return "" if done is None else done.stdout.strip()


def told(name: str, command: str, seconds: float) -> str:
    """Run ``command`` on the node as a person types it; say how it failed, "" where it did not."""
    done = _run(name, command, seconds)
    if done is None:
        return f"{name}: {command}: not done after {seconds:.0f} s"
    words = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
    return "" if done.returncode == 0 else f"{name}: {command}: exit code {done.returncode}: {''.join(words)}"


def verb(*words: str, seconds: float = 120) -> str:
    """Do a verb of script/lab; return why it failed, "" where it did not."""
    command = [str(ROOT / "script" / "lab"), *words]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        return f"script/lab {' '.join(words)}: not done after {seconds:.0f} s"
    return "" if done.returncode == 0 else f"script/lab {' '.join(words)}: {done.stderr.strip()[-300:]}"


def each(names: Iterable[str], question: Callable[[str], Answer]) -> dict[str, Answer]:
    """Put the question to all nodes at once."""
    asked = list(names)
    with ThreadPoolExecutor(max(1, len(asked))) as pool:
        return dict(zip(asked, pool.map(question, asked), strict=True))


def status(seconds: float = 90) -> tuple[int, str]:
    """Return exit code and words of tasks/status.py."""
    command = [str(ROOT / "script" / "lab"), "run", "pyinfra", "inventory.py", "tasks/status.py"]
    try:
        done = subprocess.run(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        return -1, f"no answer within {seconds:.0f} s"
    return done.returncode, done.stdout + done.stderr


def failover() -> str:
    """Return the setting that is deployed, told by the token that corosync runs with."""
    token = ask("nodoha", "corosync-cmapctl -g runtime.config.totem.token")
    return {"1000": "fast", "": "unknown"}.get(token.split(" ")[-1], "document")
