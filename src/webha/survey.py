"""A look at all nodes at once that ends in time, whatever is broken; run while pyinfra loads a deploy file."""

from typing import Any, TypeVar

import gevent
from paramiko import SSHException
from pyinfra.api.arguments import CONNECTOR_ARGUMENT_KEYS, pop_global_arguments
from pyinfra.api.command import StringCommand
from pyinfra.api.exceptions import PyinfraError
from pyinfra.context import host, inventory, state

from webha.deploy import GROUP
from webha.facts import Probe

T = TypeVar("T")
_seen: dict[str, Any] = {}


def look(fact: Probe[T], seconds: float, **arguments: Any) -> dict[str, T | None] | None:
    """Read ``fact`` on this host, if it is a node; return all nodes' answers to the host that comes last, None to the others.

    None in the answers: not reached, no answer within ``seconds``, or not in the expected form. pyinfra's own way to a fact
    would wait for a node that hangs, and stop the run where one fails.
    """
    names = [one.name for one in inventory.get_group(GROUP)]
    _seen[host.name] = _answer(fact, seconds, arguments) if host.name in names else None
    if not set(_seen) >= {one.name for one in inventory.get_active_hosts() if state.is_host_in_limit(one)}:
        return None
    return {name: _seen.get(name) for name in names}


def _answer(fact: Probe[T], seconds: float, arguments: dict[str, Any]) -> T | None:
    given, _ = pop_global_arguments(state, host, {})
    privileges = {key: value for key, value in given.items() if key in CONNECTOR_ARGUMENT_KEYS}
    with gevent.Timeout(seconds, False):
        try:
            _, output = host.run_shell_command(
                StringCommand(fact.command(**arguments)), print_output=False, print_input=False, **privileges
            )
            return fact.process(output.stdout_lines)
        except (PyinfraError, SSHException, OSError, EOFError):
            return None
    return None
