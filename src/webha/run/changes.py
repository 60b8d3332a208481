"""Who runs this, and what its operations did, from pyinfra's own account of them at execution time."""

import os
import socket
import sys
import time
from collections.abc import Callable, Iterable
from getpass import getuser
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from uuid import uuid4

from pyinfra.api.command import PyinfraCommand
from pyinfra.api.host import Host
from pyinfra.api.operation import OperationMeta
from pyinfra.api.state import State, StateStage

from webha.ground.shell import Refusal
from webha.lock import Run, printable

Begun = Iterable[tuple[Host, str]]  # host and operation


def this_run(tasks: Iterable[str]) -> Run:
    """Return this run as it says of itself; the person is who called sudo, where somebody did."""
    try:
        person = os.environ.get("SUDO_USER") or getuser()
    except (KeyError, OSError):  # no account has that number
        person = str(os.getuid())
    try:
        package = version("pyinfra-webha")
    except PackageNotFoundError:
        package = "no version"
    return Run(
        id=uuid4().hex,
        who=printable(f"{person}@{socket.gethostname()}"),
        folder=printable(str(Path.cwd())),
        task=printable(", ".join(tasks)),
        version=printable(package),
        pid=os.getpid(),
        since=int(time.time()),
    )


def changed(state: State, begun: Begun) -> dict[str, tuple[str, ...]]:
    """Return the operations that changed something: name to hosts."""
    return _named(state, begun, lambda meta: meta.is_complete() and meta.did_change())


def unfinished(state: State, begun: Begun) -> dict[str, tuple[str, ...]]:
    """Return those that failed or were cut off, and may have changed something; one that only refused did not."""
    return _named(state, begun, lambda meta: not meta.is_complete() or (meta.did_error() and not _only_refused(meta)))


def result(state: State, begun: Begun) -> str:
    """Say how the run ended, while it ends: done, refused, failed, or interrupted by a person."""
    if state.current_stage >= StateStage.Disconnect:
        return "failed" if state.failed_hosts else "done"
    if any(_refused(_meta(state, host, one)) for host, one in begun):
        return "refused"
    return "interrupted" if isinstance(sys.exc_info()[1], (SystemExit, KeyboardInterrupt)) else "failed"


def _named(state: State, begun: Begun, wanted: Callable[[OperationMeta], bool]) -> dict[str, tuple[str, ...]]:
    """Return those that are ``wanted`` by name, without the file that they stand in; host by host in the order of their beginning."""
    found: dict[str, list[str]] = {}
    for host, one in begun:
        if wanted(_meta(state, host, one)):
            (name,) = list(state.get_op_meta(one).names)[:1] or ["without a name"]
            hosts = found.setdefault(name.split(" | ")[-1], [])
            hosts += [] if host.name in hosts else [host.name]
    return {name: tuple(sorted(hosts)) for name, hosts in found.items()}


def _meta(state: State, host: Host, one: str) -> OperationMeta:
    return state.ops[host][one].operation_meta


def _commands(meta: OperationMeta) -> list[PyinfraCommand]:
    return list(meta._commands or [])


def _refused(meta: OperationMeta) -> bool:
    return meta.is_complete() and meta.did_error() and isinstance(_commands(meta)[-1], Refusal)


def _only_refused(meta: OperationMeta) -> bool:
    return _refused(meta) and len(_commands(meta)) == 1
