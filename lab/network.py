"""The lab's network: a bridge in a namespace of its own, and one cable from it to each node.

Nothing of it exists in the host's namespace, and no node has a default route: no packet can leave.
"""

import time
from pathlib import Path

from lab.layout import CLOUD, DOMAIN, FLOATING_IP, GATEWAY, HUB, NODES, VIP, LabError, Node, call

BRIDGE = "hub"
CLIENT = "client"  # the namespace of somebody outside, in the floating IPs' network
OUTSIDE = "172.22.0.0/16"
_ROUTER, _CLIENT_ADDRESS = "172.22.0.1", "172.22.0.10"
_FILES = Path("/etc/netns") / HUB  # `ip netns exec` lays these over /etc for the command it runs


def exists(namespace: str) -> bool:
    return (Path("/run/netns") / namespace).exists()


def inside(*command: str) -> list[str]:
    """The command line that runs COMMAND inside the lab's namespace."""
    return ["ip", "netns", "exec", HUB, *command]


def create_hub() -> None:
    call("ip", "netns", "add", HUB)
    call("ip", "-n", HUB, "link", "set", "lo", "up")
    call("ip", "-n", HUB, "link", "add", BRIDGE, "address", "02:00:0a:00:00:01", "type", "bridge", "forward_delay", "0")
    call("ip", "-n", HUB, "address", "add", f"{GATEWAY}/24", "dev", BRIDGE)
    call("ip", "-n", HUB, "link", "set", BRIDGE, "up")
    names = [f"{node.address} {node.name}.{DOMAIN} {node.name}" for node in (*NODES, CLOUD)]
    _FILES.mkdir(parents=True, exist_ok=True)
    (_FILES / "hosts").write_text("\n".join([Path("/etc/hosts").read_text().rstrip(), *names, ""]))
    (_FILES / "resolv.conf").write_text("# no name server: names come from /etc/hosts\n")


def remove_hub() -> None:
    if exists(HUB):
        call("ip", "netns", "delete", HUB)
    for file in ("hosts", "resolv.conf"):
        (_FILES / file).unlink(missing_ok=True)
    if _FILES.exists():
        _FILES.rmdir()


def plug(node: Node) -> None:
    """Give a node that is off a new, clean network: like a machine's, it forgets addresses and sockets with the power."""
    unplug(node)
    call("ip", "netns", "add", node.name)
    call("ip", "-n", node.name, "link", "set", "lo", "up")
    cable = ["type", "veth", "peer", "name", "eth0", "address", node.mac, "netns", node.name]
    call("ip", "-n", HUB, "link", "add", node.name, *cable)
    call("ip", "-n", HUB, "link", "set", node.name, "master", BRIDGE)
    call("ip", "-n", node.name, "address", "add", f"{node.address}/24", "broadcast", "+", "dev", "eth0")
    call("ip", "-n", node.name, "link", "set", "eth0", "up")
    # As a router's DNAT would: clients outside are answered through the gateway. No default route: no packet can leave.
    call("ip", "-n", node.name, "route", "add", OUTSIDE, "via", GATEWAY)
    if not node.isolated.exists():
        call("ip", "-n", HUB, "link", "set", node.name, "up")


def unplug(node: Node) -> None:
    """Remove a node's cable and namespace."""
    detach(node.name)


def detach(name: str) -> None:
    """Remove the cable and the namespace of that name. The cable goes first: deleting a namespace takes its links only later."""
    if exists(HUB) and name in call("ip", "-n", HUB, "-o", "link", "show", "type", "veth").replace("@", " ").split():
        call("ip", "-n", HUB, "link", "delete", name)
    if exists(name):
        call("ip", "netns", "delete", name)


_FLOATING = f"""
table ip webha-lab {{
    chain arriving {{
        type nat hook prerouting priority dstnat;
        ip daddr {FLOATING_IP} dnat to {VIP}
    }}
    chain starting_here {{
        type nat hook output priority -100;
        ip daddr {FLOATING_IP} dnat to {VIP}
    }}
    chain leaving {{
        type nat hook postrouting priority srcnat;
        ip saddr {VIP} oifname "{CLIENT}" snat to {FLOATING_IP}
    }}
}}
"""


def create_client() -> None:
    """A client outside, and in the hub what a Neutron router does for an associated floating IP."""
    remove_client()
    call("ip", "netns", "add", CLIENT)
    call("ip", "-n", CLIENT, "link", "set", "lo", "up")
    call("ip", "-n", HUB, "link", "add", CLIENT, "type", "veth", "peer", "name", "eth0", "netns", CLIENT)
    for namespace, link, address in ((HUB, CLIENT, _ROUTER), (CLIENT, "eth0", _CLIENT_ADDRESS)):
        call("ip", "-n", namespace, "address", "add", f"{address}/16", "dev", link)
        call("ip", "-n", namespace, "link", "set", link, "up")
    call("ip", "-n", HUB, "address", "add", f"{FLOATING_IP}/32", "dev", CLIENT)
    call(*inside("sysctl", "-q", "-w", "net.ipv4.ip_forward=1"))
    call(*inside("nft", "-f", "-"), stdin=_FLOATING)


def remove_client() -> None:
    if exists(HUB) and "table ip webha-lab" in call(*inside("nft", "list", "tables")).splitlines():
        call(*inside("nft", "delete", "table", "ip", "webha-lab"))
        call("ip", "-n", HUB, "link", "delete", CLIENT)
    if exists(CLIENT):
        call("ip", "netns", "delete", CLIENT)


def cable_down(node: Node) -> None:
    call("ip", "-n", HUB, "link", "set", node.name, "down")


def cable_up(node: Node) -> None:
    """Plug in, and wait until packets pass: the kernel takes up to a second to notice a carrier."""
    call("ip", "-n", HUB, "link", "set", node.name, "up")
    deadline = time.monotonic() + 5
    while not all(
        "state UP" in call("ip", "-n", namespace, "-o", "link", "show", link)
        for namespace, link in ((HUB, node.name), (node.name, "eth0"))
    ):
        if time.monotonic() > deadline:
            raise LabError(f"{node.name} is plugged in but its link stays down (in the node: ip link show eth0)")
        time.sleep(0.02)


def require() -> None:
    if not exists(HUB):
        raise LabError("the lab is down: script/lab up")
