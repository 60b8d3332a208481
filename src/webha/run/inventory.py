"""The cluster as the inventory describes it, and whether that description can be built."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, ip_address
from itertools import combinations

SMALLEST_CLUSTER = 3
# Pacemaker, Galera and Gluster know it by that; it stands in shell and in configuration files.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
LONGEST_PREFIX = 30  # with room for a node and the vip


@dataclass(frozen=True)
class Node:
    """One machine of the cluster: its inventory name, its address inside the cluster, its full name."""

    name: str
    address: str
    fqdn: str


def addressed_as(nodes: Iterable[Node], vip: str, floating_ip: str | None, server_name: str) -> list[str]:
    """Return the addresses and names under which the site is asked for."""
    of_nodes = [word for one in nodes for word in (one.address, one.name, one.fqdn)]
    return [word for word in (vip, floating_ip, server_name, *of_nodes, "localhost", "127.0.0.1") if word]


def certified_for(server_name: str, vip: str, floating_ip: str | None) -> list[str]:
    """Return the names and addresses that the site's own certificate is for, its common name first."""
    return [one for one in dict.fromkeys((server_name, vip, floating_ip)) if one]


def network_of(nodes: Sequence[Node], netmask: int | str) -> IPv4Network:
    """Return the network that the nodes share."""
    return IPv4Network(f"{nodes[0].address}/{netmask}", strict=False)


def problems(nodes: tuple[Node, ...], vip: str, netmask: int) -> list[str]:
    """Say what keeps this inventory from becoming a cluster; an empty list means nothing does."""
    found = []
    if len(nodes) < SMALLEST_CLUSTER:
        found.append(
            f"{len(nodes)} node(s) in the inventory's group 'nodes', {SMALLEST_CLUSTER} are the least that can lose one "
            "and keep a majority: add machines to inventory.py"
        )
    found += [
        f"{node.name!r}: a node's name stands in shell and in configuration files: letters, digits, ., - and _, 63 at most"
        for node in nodes
        if not _NAME.fullmatch(node.name)
    ]
    for one, other in combinations(nodes, 2):
        if one.address == other.address:
            found.append(f"{one.name} and {other.name} have the same address {one.address}: give each its own")
    if not 1 <= netmask <= LONGEST_PREFIX:
        found.append(f"vip_netmask {netmask} is no prefix length: 24, say, for 255.255.255.0")
    found += [f"{node.name}: {node.address!r} is not an IPv4 address" for node in nodes if not _is_ipv4(node.address)]
    if not _is_ipv4(vip):
        found.append(f"vip {vip!r} is not an IPv4 address")
    if not found:
        found += _vip_problems(nodes, vip, netmask)
    return found


def _is_ipv4(text: str) -> bool:
    try:
        return isinstance(ip_address(text), IPv4Address)
    except ValueError:
        return False


def _vip_problems(nodes: tuple[Node, ...], vip: str, netmask: int) -> list[str]:
    subnet = network_of(nodes, netmask)
    found = [
        f"{node.name}: address {node.address} is outside {subnet}, the subnet of {nodes[0].name}: "
        "the nodes must share one network for the virtual IP to move between them"
        for node in nodes
        if IPv4Address(node.address) not in subnet
    ]
    found += [
        f"{node.name}: its address {node.address} is the vip: choose a free one"
        for node in nodes
        if node.address == vip
    ]
    if IPv4Address(vip) not in subnet:
        found.append(f"vip {vip} is outside the nodes' subnet {subnet}: choose a free address inside it")
    elif vip in (str(subnet.network_address), str(subnet.broadcast_address)):
        found.append(f"vip {vip} is the network or broadcast address of {subnet}: choose a host address")
    return found
