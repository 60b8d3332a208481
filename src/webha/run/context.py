"""Who the nodes of this run are, and what every task refuses before it looks at any of them."""

import socket
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from pyinfra.api.exceptions import PyinfraError
from pyinfra.context import host, inventory, state
from pyinfra.facts.server import LinuxDistribution

from webha.run.inventory import Node, problems

T = TypeVar("T")
GROUP = "nodes"
CONTROL = "control"
SUPPORTED_DEBIAN = (12, 13)


def on_a_node() -> bool:
    """Whether this host is one of the cluster's machines; the other one is the control machine."""
    return host in inventory.get_group(GROUP)


def on_control() -> bool:
    """Whether this host is the control machine."""
    return host in inventory.get_group(CONTROL, [])


def on_first() -> bool:
    """Whether this host does what is done once for the cluster: the first node of the inventory."""
    return bool(host.name == inventory.get_group(GROUP)[0].name)


def on_second() -> bool:
    """Whether this host is the second node of the inventory, which teaches the pool the first one's name."""
    return bool(host.name == inventory.get_group(GROUP)[1].name)


def require_control() -> None:
    """Refuse a run that has no control machine: what it has to do would be left out unsaid."""
    active = set(inventory.get_active_hosts())
    if not any(one in active and state.is_host_in_limit(one) for one in inventory.get_group(CONTROL, [])):
        raise PyinfraError(
            f"this step runs on the control machine, and the run has none: put @local into the inventory's group {CONTROL!r} "
            "(inventory.py shows how), and run without --limit"
        )


def described() -> tuple[Node, ...]:
    """Return the inventory's nodes in the inventory's order; refuse an inventory that cannot be a cluster."""
    found = tuple(
        Node(
            one.name,
            str(one.data.get("address") or one.data.get("ssh_hostname") or one.name),
            f"{one.name}.{host.data.domain}",
        )
        for one in inventory.get_group(GROUP)
    )
    wrong = problems(found, str(host.data.vip), int(host.data.vip_netmask))
    if wrong:
        raise PyinfraError("; ".join(wrong))
    return found


def nodes() -> tuple[Node, ...]:
    """Return the nodes, :func:`described`, of a run that reaches all of them.

    Refuses a run that does not (``--limit``, a host that did not answer): with one node unseen nothing may be decided
    for the cluster.
    """
    found = described()
    active = set(inventory.get_active_hosts())
    hosts = inventory.get_group(GROUP)
    unseen = [one.name for one in hosts if one not in active or not state.is_host_in_limit(one)]
    if unseen:
        raise PyinfraError(
            f"{', '.join(unseen)} not reached by this run: nothing is decided for a cluster that is seen in part. "
            "Check the machine, its address and key in inventory.py, and run without --limit"
        )
    _notice_a_dead_peer()
    return found


def _notice_a_dead_peer() -> None:
    """Make the kernel give this host's SSH connection up 30 s after the node has died.

    pyinfra reads without a time limit: a node that loses power during a command would hold the run for ever.
    """
    client = getattr(host.connector, "client", None)
    transport = client.get_transport() if client is not None else None
    connection = getattr(transport, "sock", None)
    if isinstance(connection, socket.socket):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 10)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 5)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 4)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 30_000)


def this(among: Iterable[Node]) -> Node:
    """Return the node that this host is."""
    return next(node for node in among if node.name == host.name)


def debian() -> int:
    """Return this host's Debian release (12, 13); refuse any other system."""
    distribution = host.get_fact(LinuxDistribution)
    major = distribution.get("major") if distribution.get("name") == "Debian" else None
    if major not in SUPPORTED_DEBIAN:
        raise PyinfraError(
            f"{host.name} runs {distribution.get('name') or 'an unknown system'} {distribution.get('major') or ''}, "
            f"not Debian {' or '.join(map(str, SUPPORTED_DEBIAN))}"
        )
    return int(major)


def or_stop(decide: Callable[..., T], *arguments: Any) -> T:
    """Return ``decide(*arguments)``; a ValueError of it stops the run with its sentence, before any change."""
    try:
        return decide(*arguments)
    except ValueError as error:
        raise PyinfraError(str(error)) from error
