"""Reading across hosts: one fact of all nodes, and a file of one for this run's memory alone."""

from collections.abc import Iterable
from typing import Any, cast

from pyinfra.api.arguments import CONNECTOR_ARGUMENT_KEYS, auth_argument_meta, pop_global_arguments
from pyinfra.api.command import QuoteString, StringCommand
from pyinfra.api.exceptions import PyinfraError
from pyinfra.context import host, inventory, state

from webha.ground.forms import all_of


def everyone(fact: Any, names: Iterable[str], **arguments: Any) -> dict[str, Any]:
    """Read ``fact`` on each named host; None where a host gave no answer.

    Privileges (``_sudo`` and the like) come from each host's own data or the command line, unless they were given to the
    operation that asks: then they are meant for all.
    """
    return {name: inventory.get_host(name).get_fact(fact, **given(), **arguments) for name in all_of(names)}


def given() -> dict[str, Any]:
    """Return the privileges that this operation, or the deploy around it, was given beyond what its host has by itself."""
    now = cast("dict[str, Any]", host.current_op_global_arguments or host.current_deploy_kwargs or {})
    own = {key: host.data.get(key, meta.default(state.config)) for key, meta in auth_argument_meta.items()}
    return {key: now[key] for key, without in own.items() if key in now and now[key] != without}


def read_secret(name: str, path: str) -> str:
    """Return the file ``path`` of the host ``name`` as base64, for this run's memory alone.

    Not a fact: what a fact prints is shown at high verbosity.
    """
    other = inventory.get_host(name)
    arguments, _ = pop_global_arguments(state, other, {})
    privileges = {key: value for key, value in arguments.items() if key in CONNECTOR_ARGUMENT_KEYS} | given()
    done, output = other.run_shell_command(
        StringCommand("base64", "-w0", QuoteString(path)), print_output=False, print_input=False, **privileges
    )
    if not done or not output.stdout:
        raise PyinfraError(f"{name}: {path} cannot be read: {output.stderr}")
    return str(output.stdout)
