"""A machine in the nodes' network that is no node: it has the nodes' own programs, and none of their keys."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from lab import visitor
from lab.visitor import STRANGER
from tests.lab.nodes import ADDRESSES

ADDRESS = STRANGER.address.partition("/")[0]
VICTIM = "nodoha2"
NODE = ADDRESSES[VICTIM]
TIME = 60
# A node's file system, seen without what it keeps of keys, passwords and state; the network is the stranger's own.
_HIDDEN = (
    "/etc/ssl",
    "/etc/mysql",
    "/etc/corosync",
    "/var/lib/glusterd",
    "/var/lib/mysql",
    "/root",
    "/var/log",
    "/var/www",
    "/run/webha",
)
_TOOLS = f"for one in {' '.join(_HIDDEN)}; do [ ! -d $one ] || mount -t tmpfs none $one; done; mkdir -p /var/log/glusterfs; ip link show eth0 >/dev/null; "


@contextmanager
def present() -> Iterator[None]:
    """Plug the stranger in for a while."""
    visitor.arrive(STRANGER)
    try:
        yield
    finally:
        visitor.leave(STRANGER)


def does(*command: str, seconds: float = TIME) -> str:
    """Return what a program of this machine prints in the stranger's network."""
    return _run(["ip", "netns", "exec", STRANGER.namespace, *command], seconds)


def with_the_nodes_programs(script: str, seconds: float = TIME) -> str:
    """Return what a shell script prints that has a node's programs, in the stranger's network."""
    leader = subprocess.run(
        ["ip", "netns", "pids", "nodoha"], capture_output=True, text=True, check=True
    ).stdout.split()[0]
    inside = [
        "nsenter",
        "-m",
        "-t",
        leader,
        "unshare",
        "-m",
        "--propagation",
        "private",
        "sh",
        "-c",
        f"{_TOOLS}\n{script}",
    ]
    return _run(["ip", "netns", "exec", STRANGER.namespace, *inside], seconds)


def _run(command: list[str], seconds: float) -> str:
    bounded = ["timeout", "-k", "2", str(seconds), *command]
    done = subprocess.run(
        bounded, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, errors="replace"
    )
    return done.stdout + done.stderr
