"""What every task needs from pyinfra's context: the nodes, the data and a voice at the end of the run."""

import atexit
import sys
from collections.abc import Iterable
from typing import Any

from pyinfra.api.exceptions import PyinfraError
from pyinfra.context import host, inventory, state

from webha.site import Node, problems

GROUP = "nodes"
_said: set[str] = set()


def nodes() -> tuple[Node, ...]:
    """Return the inventory's nodes in the inventory's order; refuse an inventory that cannot be a cluster.

    Also refuses a run that does not reach every node (``--limit``, a host that did not answer): with one node
    unseen nothing may be decided for the cluster.
    """
    hosts = list(inventory.get_group(GROUP))
    found = tuple(
        Node(
            one.name,
            str(one.data.get("address") or one.data.get("ssh_hostname") or one.name),
            f"{one.name}.{host.data.domain}",
        )
        for one in hosts
    )
    wrong = problems(found, str(host.data.vip), int(host.data.vip_netmask))
    if wrong:
        raise PyinfraError("; ".join(wrong))
    active = set(inventory.get_active_hosts())
    unseen = [one.name for one in hosts if one not in active or not state.is_host_in_limit(one)]
    if unseen:
        raise PyinfraError(
            f"{', '.join(unseen)} not reached by this run: nothing is decided for a cluster that is seen in part. "
            "Check the machine, its address and key in inventory.py, and run without --limit"
        )
    return found


def this(among: Iterable[Node]) -> Node:
    """Return the node that this host is."""
    return next(node for node in among if node.name == host.name)


def everyone(fact: Any, names: Iterable[str], **arguments: Any) -> dict[str, Any]:
    """Read ``fact`` on each named host; None where a host gave no answer.

    Privileges come from each host's own data (``_sudo``) or the command line, never from the operation that asks.
    """
    return {name: inventory.get_host(name).get_fact(fact, **arguments) for name in names}


def say_at_end(sentence: str) -> None:
    """Print ``sentence`` once, on standard error, after pyinfra's own results."""
    if sentence not in _said:
        _said.add(sentence)
        atexit.register(print, f"\n{sentence}", file=sys.stderr)
