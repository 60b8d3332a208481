"""Names, addresses and paths of the lab, and its one kind of error."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

STATE = Path("/var/lib/webha-lab")  # kept: base images, packages, keys; and the nodes' disks while the lab is up
RUN = Path("/run/webha-lab")  # only while the lab is up
READY = RUN / "suite"  # written last by `up`: what it holds is the suite that runs

VARIANT = RUN / "variant"  # of the nodes (lab/variant.py)

HUB = "webha-lab"  # the network namespace with the bridge; the nodes' namespaces bear the nodes' names
GATEWAY = "10.0.0.1"
VIP = "10.0.0.250"
FLOATING_IP = "172.22.206.1"
DOMAIN = "gonzalonazareno.com"
SUITES = ("trixie", "bookworm")


class LabError(Exception):
    """One line for a person: what was found and what to do."""


@dataclass(frozen=True)
class Node:
    name: str
    address: str
    mac: str  # fixed, so that a node that comes back does not look like another machine to its peers' ARP caches

    @property
    def disk(self) -> Path:
        return STATE / "nodes" / self.name

    @property
    def root(self) -> Path:
        return self.disk / "root"

    @property
    def own_disk(self) -> Path:
        """Where the disk of a node is mounted that was given one which ends somewhere (lab/disk.py)."""
        return self.disk / "own"

    @property
    def brick(self) -> Path:
        """Where the node's /gluster is mounted, if it is a file system of its own (lab/disk.py)."""
        return self.disk / "brick"

    @property
    def console(self) -> Path:
        return RUN / f"{self.name}.console"

    @property
    def isolated(self) -> Path:
        """Exists while the node's cable is unplugged on purpose: a reboot must not plug it in again."""
        return RUN / f"{self.name}.isolated"


SHARE = (
    STATE / "share"
)  # a folder that all nodes have at /srv/share, as of a file server: a reset leaves it, `down` empties it

NODES = (
    Node("nodoha", "10.0.0.133", "02:00:0a:00:00:85"),
    Node("nodoha2", "10.0.0.134", "02:00:0a:00:00:86"),
    Node("nodoha3", "10.0.0.135", "02:00:0a:00:00:87"),
)

CLOUD = Node("cloud", "10.0.0.2", "02:00:0a:00:00:02")  # Keystone and Neutron, only with `up --cloud`


def call(*command: str, stdin: str | None = None) -> str:
    """Run a command to its end and return what it printed; if it fails, its own last words are the error."""
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        words = (done.stderr.strip() or done.stdout.strip() or f"exit code {done.returncode}").splitlines()[-1]
        raise LabError(f"`{' '.join(command)}` failed: {words}")
    return done.stdout
