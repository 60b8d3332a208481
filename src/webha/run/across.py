"""Reading across hosts: one fact of all nodes, and a file of one for this run's memory alone."""

from collections.abc import Iterable
from typing import Any

from pyinfra.api.arguments import CONNECTOR_ARGUMENT_KEYS, pop_global_arguments
from pyinfra.api.command import QuoteString, StringCommand
from pyinfra.api.exceptions import PyinfraError
from pyinfra.context import inventory, state


def everyone(fact: Any, names: Iterable[str], **arguments: Any) -> dict[str, Any]:
    """Read ``fact`` on each named host; None where a host gave no answer.

    Privileges come from each host's own data (``_sudo``) or the command line, never from the operation that asks.
    """
    return {name: inventory.get_host(name).get_fact(fact, **arguments) for name in names}


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
