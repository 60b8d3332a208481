"""Reading across hosts: one fact of all nodes, and a file of one for this run's memory alone."""

from collections.abc import Callable, Generator, Iterable, Mapping
from shlex import quote
from typing import Any, TypeVar, cast

import gevent
from paramiko import SSHException
from pyinfra.api.arguments import CONNECTOR_ARGUMENT_KEYS, auth_argument_meta, pop_global_arguments
from pyinfra.api.command import FunctionCommand, StringCommand
from pyinfra.api.exceptions import PyinfraError
from pyinfra.api.host import Host
from pyinfra.context import host, inventory, state

from webha.ground import probe, shell
from webha.ground.fact import Probe
from webha.ground.forms import all_of

T = TypeVar("T")


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
    _, output = other.run_shell_command(
        StringCommand(probe.script({"secret": f"base64 -w0 {quote(path)}"})),
        print_output=False,
        print_input=False,
        **(privileges(other) | given()),
    )
    answer = probe.read(output.stdout_lines).get("secret")
    if answer is None or not answer.ok or not answer.text:
        raise PyinfraError(f"{name}: {path} cannot be read: {answer.text if answer else output.stderr}")
    return answer.text


def privileges(one: Host) -> dict[str, Any]:
    """Return what a command on ``one`` is run with, from its own data, the deploy around it and the command line."""
    arguments, _ = pop_global_arguments(state, one, {})
    return {key: value for key, value in arguments.items() if key in CONNECTOR_ARGUMENT_KEYS}


def said(one: Host, command: StringCommand, seconds: float, more: Mapping[str, Any] | None = None) -> list[str] | None:
    """Run ``command`` on ``one`` and return the lines of its standard output; None where that did not end in ``seconds``.

    ``more``: privileges beyond its own. pyinfra's own way would wait for a node that hangs, and stop the run where one fails.
    """
    arguments = privileges(one) | dict(more or {}) | command.connector_arguments
    with gevent.Timeout(seconds, False):
        try:
            _, output = one.run_shell_command(command, print_output=False, print_input=False, **arguments)
            return list(output.stdout_lines)
        except (PyinfraError, SSHException, OSError, EOFError):
            return None
    return None


def done(one: Host, command: StringCommand, seconds: float, more: Mapping[str, Any] | None = None) -> str:
    """Run ``command`` on ``one`` and return what it printed; raise PyinfraError with its words where it fails, or does not end in ``seconds``.

    ``more``: as in :func:`said`.
    """
    arguments = privileges(one) | dict(more or {}) | command.connector_arguments
    try:
        with gevent.Timeout(seconds, TimeoutError(f"not within {seconds:.0f} s")):
            well, output = one.run_shell_command(command, print_output=False, print_input=False, **arguments)
    except (SSHException, OSError, EOFError) as error:
        raise PyinfraError(f"{one.name}: {error}") from error
    if not well:
        raise PyinfraError(
            f"{one.name}: {' '.join(output.stderr_lines[-3:]) or output.stdout[-300:] or 'the connection was lost'}"
        )
    return str(output.stdout)


def telling(work: Callable[[], object]) -> tuple[FunctionCommand, list[str]]:
    """Return a command that does ``work``, on several nodes, say, and the list that has its words afterwards where it failed.

    An exception in an operation would end the run before it could say what is to be done.
    """
    said: list[str] = []

    def attempt() -> None:
        try:
            work()
        except (PyinfraError, OSError, ValueError) as error:
            said.append(str(error))

    return FunctionCommand(attempt, (), {}), said


def telling_of(work: Callable[[], object]) -> Generator[StringCommand, None, None]:
    """Yield what an operation yields to do ``work``, and a refusal with its words where it failed."""
    command, failed = telling(work)
    yield command  # type: ignore[misc]  # as pyinfra takes it
    if failed:
        yield shell.refusal(failed[0])


def together(calls: Mapping[str, Callable[[], str]]) -> dict[str, str]:
    """Return what each of the ``calls`` returns, made at the same time; raise PyinfraError with all that failed."""
    failed: list[str] = []

    def attempt(call: Callable[[], str]) -> str:
        try:
            return call()
        except PyinfraError as error:
            failed.append(str(error))
            return ""

    jobs = {name: gevent.spawn(attempt, call) for name, call in calls.items()}
    gevent.joinall(list(jobs.values()))
    if failed:
        raise PyinfraError("; ".join(sorted(failed)))
    return {name: str(job.value) for name, job in jobs.items()}


def ask(one: Host, fact: Probe[T], seconds: float, more: Mapping[str, Any] | None = None, **arguments: Any) -> T | None:
    """Read ``fact`` on ``one`` within ``seconds``; None: no answer, or not in the expected form. ``more``: as in :func:`said`."""
    lines = said(one, StringCommand(fact.command(**arguments)), seconds, more)
    try:
        return None if lines is None else fact.process(lines)
    except PyinfraError:
        return None
