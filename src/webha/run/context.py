"""Who the nodes of this run are, and what every task refuses before it looks at any of them."""

import socket
import sys
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from pyinfra.api.exceptions import PyinfraError
from pyinfra.api.host import Host
from pyinfra.context import host, inventory, state

from webha.run import data, holding, progress
from webha.run.distribution import Distribution
from webha.run.inventory import Node, problems

T = TypeVar("T")
SUPPORTED_DEBIAN = (12, 13)


def members() -> list[Host]:
    """Return the inventory's group of the cluster's machines, in its order; its name is the datum ``nodes_group``."""
    name = str(host.data.get("nodes_group") or "nodes")
    found = list(inventory.get_group(name, []))
    if not found:
        raise PyinfraError(
            f"the inventory has no group {name!r} with the cluster's machines: add it, or set nodes_group to its name"
        )
    return found


def controllers() -> list[Host]:
    """Return the inventory's group of the control machine, @local; its name is the datum ``control_group``."""
    return list(inventory.get_group(_control_group(), []))


def _control_group() -> str:
    return str(host.data.get("control_group") or "control")


def on_a_node() -> bool:
    """Whether this host is one of the cluster's machines; the other one is the control machine."""
    return host in members()


def on_control() -> bool:
    """Whether this host is the control machine."""
    return host in controllers()


def on_first() -> bool:
    """Whether this host does what is done once for the cluster: the first node of the inventory."""
    return bool(host.name == members()[0].name)


def on_second() -> bool:
    """Whether this host is the second node of the inventory, which teaches the pool the first one's name."""
    return bool(host.name == members()[1].name)


def require_control() -> None:
    """Refuse a run that has no control machine: what it has to do would be left out unsaid."""
    active = set(inventory.get_active_hosts())
    if not any(one in active and state.is_host_in_limit(one) for one in controllers()):
        raise PyinfraError(
            "this step runs on the control machine, and the run has none: put @local into the inventory's group "
            f"{_control_group()!r} (inventory.py shows how), and run without --limit"
        )


def described() -> tuple[Node, ...]:
    """Return the inventory's nodes in the inventory's order; refuse an inventory that cannot be a cluster."""
    found = tuple(
        Node(
            one.name,
            str(one.data.get("address") or one.data.get("ssh_hostname") or one.name),
            f"{one.name}.{host.data.domain}",
        )
        for one in members()
    )
    wrong = problems(found, str(host.data.vip), int(host.data.vip_netmask))
    if wrong:
        raise PyinfraError("; ".join(wrong))
    return found


_ORDERS = {  # of pyinfra's command line
    "--no-wait": "a step begins only when the one before has ended everywhere, so that one database restarts at a time",
    "--serial": "a step that waits for the others would wait for a node whose turn has not come",
}


def refuse_what_nobody_knows() -> None:
    """Refuse data that are misspelt or unfit, and an order of work that no step can keep."""
    # pyinfra has no types for these.
    present: dict[str, Any] = host.data.dict()  # type: ignore[no-untyped-call]
    given: dict[str, Any] = inventory.get_override_data()  # type: ignore[no-untyped-call]
    own: dict[str, Any] = {
        **inventory.get_data(),  # type: ignore[no-untyped-call]
        **inventory.get_groups_data(host.groups),  # type: ignore[no-untyped-call]
        **inventory.get_host_data(host.name),
    }
    wrong = data.unknown(given, own) + data.unfit(present)
    wrong += [f"{word}: run without it, {why}" for word, why in _ORDERS.items() if word in sys.argv]
    if wrong:
        raise PyinfraError("\n    ".join(["nothing was changed on any node:", *wrong]))


def nodes() -> tuple[Node, ...]:
    """Return the nodes, :func:`described`, of a run that reaches all of them, and that holds the cluster's lock while it executes.

    Refuses a run that does not (``--limit``, a host that did not answer): with one node unseen nothing may be decided
    for the cluster. Refuses one while another one holds the lock (:mod:`webha.run.holding`).
    """
    refuse_what_nobody_knows()
    found = described()
    active = set(inventory.get_active_hosts())
    hosts = members()
    unseen = [one.name for one in hosts if one not in active or not state.is_host_in_limit(one)]
    if unseen:
        raise PyinfraError(
            f"{', '.join(unseen)} not reached by this run: nothing is decided for a cluster that is seen in part. "
            "Check the machine, its address and key in inventory.py, and run without --limit"
        )
    _notice_a_dead_peer()
    _stop_for_a_failed_node(hosts)
    progress.show(state)
    holding.hold(hosts)
    return found


def _stop_for_a_failed_node(hosts: list[Host]) -> None:
    """Make a node that fails stop the run for all, as FAIL_PERCENT = 0 in our config.py does, under anybody's config.py.

    pyinfra takes back what a deploy file sets of the configuration, and would go on without the node.
    """
    fail: Callable[..., None] = state.fail_hosts
    if getattr(fail, "of_webha", False):
        return

    def together(failed: set[Host], activated_count: int | None = None) -> None:
        if failed & set(hosts):
            state.config.FAIL_PERCENT = 0
        fail(failed, activated_count)

    together.of_webha = True  # type: ignore[attr-defined]  # a mark, so that it is wrapped once a run
    state.fail_hosts = together  # type: ignore[method-assign]


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
    system = host.get_fact(Distribution)
    release = system.release if system is not None and system.name == "debian" else None
    if release not in SUPPORTED_DEBIAN:
        found = "an unknown system" if system is None else f"{system.name} {system.release or ''}".strip()
        raise PyinfraError(f"{host.name} runs {found}, not Debian {' or '.join(map(str, SUPPORTED_DEBIAN))}")
    return int(release)


def codename() -> str:
    """Return this host's Debian release as a word (``trixie``), as an apt source has it; refuse where it is not told."""
    system = host.get_fact(Distribution)
    if system is None or not system.codename:
        raise PyinfraError(
            f"{host.name}: /etc/os-release names no VERSION_CODENAME, so which packages fit it is unknown"
        )
    return str(system.codename)


def or_stop(decide: Callable[..., T], *arguments: Any) -> T:
    """Return ``decide(*arguments)``; a ValueError of it stops the run with its sentence, before any change."""
    try:
        return decide(*arguments)
    except ValueError as error:
        raise PyinfraError(str(error)) from error
