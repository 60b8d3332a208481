"""Those in the nodes' network who are no nodes: the client that the fault tests look with, and a stranger."""

from dataclasses import dataclass

from lab.layout import HUB, call
from lab.network import BRIDGE, detach


@dataclass(frozen=True)
class Guest:
    """Somebody with a namespace, a cable and an address of their own."""

    namespace: str
    address: str
    mac: str


VISITOR = Guest("visitor", "10.0.0.9/24", "02:00:0a:00:00:09")
STRANGER = Guest("stranger", "10.0.0.66/24", "02:00:0a:00:00:42")
GUESTS = (VISITOR, STRANGER)
NAMESPACE = VISITOR.namespace


def arrive(guest: Guest = VISITOR) -> None:
    """Plug the guest in."""
    leave(guest)
    call("ip", "netns", "add", guest.namespace)
    call("ip", "-n", guest.namespace, "link", "set", "lo", "up")
    cable = ["type", "veth", "peer", "name", "eth0", "address", guest.mac, "netns", guest.namespace]
    call("ip", "-n", HUB, "link", "add", guest.namespace, *cable)
    call("ip", "-n", HUB, "link", "set", guest.namespace, "master", BRIDGE, "up")
    call("ip", "-n", guest.namespace, "address", "add", guest.address, "dev", "eth0")
    call("ip", "-n", guest.namespace, "link", "set", "eth0", "up")


def leave(guest: Guest = VISITOR) -> None:
    """Remove the guest, if it is there."""
    detach(guest.namespace)
