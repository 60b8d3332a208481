"""What every task needs from pyinfra's context: the nodes, the data and a voice at the end of the run."""

import atexit
import json
import socket
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

from pyinfra.api.arguments import CONNECTOR_ARGUMENT_KEYS, pop_global_arguments
from pyinfra.api.command import QuoteString, StringCommand
from pyinfra.api.exceptions import PyinfraError
from pyinfra.context import host, inventory, state
from pyinfra.facts.server import LinuxDistribution

from webha import failover
from webha.facts.guards import Machine
from webha.guards import Machine as MachineState
from webha.guards import Needs, shortcomings
from webha.seen import Report
from webha.site import Node, problems

T = TypeVar("T")
GROUP = "nodes"
CONTROL = "control"
SUPPORTED_DEBIAN = (12, 13)
_said: list[str] = []
_machines: dict[str, MachineState | None] = {}


def on_a_node() -> bool:
    """Whether this host is one of the cluster's machines; the other one is the control machine."""
    return host in inventory.get_group(GROUP)


def on_control() -> bool:
    """Whether this host is the control machine."""
    return host in inventory.get_group(CONTROL, [])


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


def check_machines(among: Iterable[Node], needs: Needs) -> None:
    """Stop the run before any change where a machine falls short of ``needs``, naming every one that does.

    Called once for each host while the run is prepared; the last one to come judges them all.
    """
    wanted = {node.name: node.address for node in among}
    _machines[host.name] = host.get_fact(Machine, vip=needs.vip)
    if set(_machines) >= set(wanted):
        found = shortcomings(_machines, wanted, needs)
        if found:
            raise PyinfraError(
                "these machines cannot become the cluster, nothing was changed:\n    " + "\n    ".join(found)
            )


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


def everyone(fact: Any, names: Iterable[str], **arguments: Any) -> dict[str, Any]:
    """Read ``fact`` on each named host; None where a host gave no answer.

    Privileges come from each host's own data (``_sudo``) or the command line, never from the operation that asks.
    """
    return {name: inventory.get_host(name).get_fact(fact, **arguments) for name in names}


def or_stop(decide: Callable[..., T], *arguments: Any) -> T:
    """Return ``decide(*arguments)``; a ValueError of it stops the run with its sentence, before any change."""
    try:
        return decide(*arguments)
    except ValueError as error:
        raise PyinfraError(str(error)) from error


def timers() -> dict[str, Any]:
    """Return the timers of the datum ``failover``, with what the data say besides; refuse a failover that is not known."""
    data = host.data
    single = ("corosync_token", "corosync_token_coefficient", "vip_monitor_interval", "apache_monitor_interval")
    chosen = or_stop(
        failover.timers,
        data.failover,
        data.failovers,
        {key: data.get(key) for key in single},
        {key: data.get(key) for key in ("gluster_options", "wsrep_provider_options")},
    )
    return failover.matched(chosen, len(inventory.get_group(GROUP)))


def read_secret(name: str, path: str) -> str:
    """Return the file ``path`` of the host ``name`` as base64, for this run's memory alone.

    Not a fact: what a fact prints is shown at high verbosity.
    """
    other = inventory.get_host(name)
    arguments, _ = pop_global_arguments(state, other, {})
    privileges = {key: value for key, value in arguments.items() if key in CONNECTOR_ARGUMENT_KEYS}
    done, output = other.run_shell_command(
        StringCommand("base64", "-w0", QuoteString(path)), print_output=False, print_input=False, **privileges
    )
    if not done or not output.stdout:
        raise PyinfraError(f"{name}: {path} cannot be read: {output.stderr}")
    return str(output.stdout)


def say_at_end(sentence: str) -> None:
    """Print ``sentence`` once, on standard error, after pyinfra's own results."""
    if not _said:
        atexit.register(_say)
    if sentence not in _said:
        _said.append(sentence)


def _say() -> None:
    print("", *_said, sep="\n", file=sys.stderr)


def show(report: Report, file: str | None) -> None:
    """Print ``report``, write it to ``file`` as JSON, and end the run: exit code 0 only where all is healthy.

    Ends it here because pyinfra would ask, without ``-y``, whether to execute the nothing that there is to do.
    """
    print(report.screen())
    if file is not None:
        Path(file).write_text(json.dumps(report.to_json(), indent=2) + "\n")
    if not report.healthy:
        raise PyinfraError("not healthy: " + ", ".join(name for name, one in report.layers.items() if not one.healthy))
    sys.exit(0)
