"""A machine in the nodes' network that is no node: it has the nodes' own programs, and none of their keys."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from lab import visitor
from lab.visitor import STRANGER
from tests.lab.nodes import ADDRESSES
from webha import certificates

ADDRESS = STRANGER.address.partition("/")[0]
VICTIM = "nodoha2"
NODE = ADDRESSES[VICTIM]
TIME = 60
# A node's file system, seen without what it keeps of keys, passwords and state; the network is the stranger's own.
_HIDDEN = (
    "/etc/ssl",
    "/usr/lib/ssl",
    "/etc/apache2",
    "/etc/mysql",
    "/etc/corosync",
    "/var/lib/glusterd",
    "/var/lib/mysql",
    "/root",
    "/var/log",
    "/var/www",
    "/run/webha",
)
_TOOLS = f"for one in {' '.join(_HIDDEN)}; do [ ! -d $one ] || mount -t tmpfs none $one; done; mkdir -p /var/log/glusterfs; mount -t proc proc /proc; "
# Tries every port of each address given; prints those that took a connection. A port that does not answer is none.
_SCAN = """
import asyncio, json, sys
async def tried(room, address, port):
    async with room:
        try:
            _, writer = await asyncio.wait_for(asyncio.open_connection(address, port), 3)
        except (OSError, asyncio.TimeoutError):
            return None
        writer.close()
        return port
async def main(address, ports):
    room = asyncio.Semaphore(400)
    found = await asyncio.gather(*(tried(room, address, port) for port in ports))
    return [port for port in found if port]
first, last, *addresses = sys.argv[1:]
print(json.dumps({one: asyncio.run(main(one, range(int(first), int(last) + 1))) for one in addresses}))
"""


def of_his_own() -> str:
    """Return the shell that gives Gluster and MariaDB a key that an authority of the stranger's own has signed for a node's name."""
    now = datetime.now(UTC)
    authority = certificates.authority("hacloud", now)
    pair = certificates.issue(authority, ["nodoha"], now, client=True)
    key, certificate = certificates.key_and_certificate(pair)
    texts = {"pem": certificate, "key": key, "ca": certificates.public(authority)}
    return (
        "mkdir -p /var/lib/glusterd /etc/mysql; touch /var/lib/glusterd/secure-access\n"
        + "".join(
            f"for place in /etc/ssl /usr/lib/ssl; do cat > $place/glusterfs.{name} <<'END'\n{text}END\ndone; cp /etc/ssl/glusterfs.{name} /etc/mysql/own.{name}\n"
            for name, text in texts.items()
        )
        + "chmod 644 /etc/mysql/own.*\n"
    )


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


def scanned(*addresses: str, last: int = 25000) -> dict[str, set[int]]:
    """Return the open ports of each address, from 1 to ``last``; beyond 25000 are none but those of bricks."""
    said = does("python3", "-c", _SCAN, "1", str(last), *addresses, seconds=240)
    return {one: set(ports) for one, ports in json.loads(said).items()}


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
