"""The one way to try a configuration before it lands: the daemon itself, or its own checker, reads the candidate beside what runs."""

from base64 import b64encode
from dataclasses import dataclass
from pathlib import PurePosixPath

from pyinfra.api.command import StringCommand
from pyinfra.api.operation import operation
from pyinfra.context import host

from webha.ground import shell
from webha.machine.facts import Files
from webha.machine.operations import Commands, File


@dataclass(frozen=True)
class Trial:
    """How ``daemon`` (its name, for a person) tries what is to land at ``path``.

    ``script``: shell that gets the candidate as ``$1``, a file of the same name in a folder of its own that root alone reads, and
    ``arguments`` behind it. It ends with 0 where the daemon takes the candidate; else what it printed is the daemon's own words.
    It leaves what runs, and what is on disk, as they are.
    """

    daemon: str
    path: str
    script: str
    arguments: tuple[str, ...] = ()


_TRIED = """
daemon=$1 name=$2 try=$3; shift 3
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
base64 -d > "$folder/$name"
if ! said=$(sh -euc "$try" "$daemon" "$folder/$name" "$@" 2>&1 < /dev/null); then
  printf '%s refuses this configuration, nothing was changed:\\n%s\\n' "$daemon" "$said" >&2; exit 1
fi
"""


def tried(trial: Trial, content: bytes) -> StringCommand:
    """Return the command that fails, with the daemon's own words, where it does not take ``content``."""
    name = PurePosixPath(trial.path).name
    return shell.script(_TRIED, trial.daemon, name, trial.script, *trial.arguments, stdin=b64encode(content).decode())


@operation()
def taken(file: File, trial: Trial) -> Commands:
    """Assert that the trial's daemon takes ``file``, which is to land at its path; an operation of its own, so that it lands on no node where one refuses it.

    Fails with the daemon's own words. Does nothing where the file is on the node already, or cannot be read (placing it then says so).
    """
    states = host.get_fact(Files, paths=(file.path,))
    if states is None or not file.differs(states[file.path]):
        host.noop(f"{file.path} is there already" if states else f"{file.path} cannot be read, so nothing lands")
        return
    yield tried(trial, file.raw)
