"""Somebody in the nodes' network who is no node: the client that the fault tests look at the cluster with."""

from lab.layout import HUB, call
from lab.network import BRIDGE, detach

NAMESPACE = "visitor"
_ADDRESS, _MAC = "10.0.0.9/24", "02:00:0a:00:00:09"


def arrive() -> None:
    """Plug the visitor in."""
    leave()
    call("ip", "netns", "add", NAMESPACE)
    call("ip", "-n", NAMESPACE, "link", "set", "lo", "up")
    cable = ["type", "veth", "peer", "name", "eth0", "address", _MAC, "netns", NAMESPACE]
    call("ip", "-n", HUB, "link", "add", NAMESPACE, *cable)
    call("ip", "-n", HUB, "link", "set", NAMESPACE, "master", BRIDGE, "up")
    call("ip", "-n", NAMESPACE, "address", "add", _ADDRESS, "dev", "eth0")
    call("ip", "-n", NAMESPACE, "link", "set", "eth0", "up")


def leave() -> None:
    """Remove the visitor, if there is one."""
    detach(NAMESPACE)
