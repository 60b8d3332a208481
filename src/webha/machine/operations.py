"""Files, packages and units of any Debian machine.

pyinfra's own ``files.put`` writes in place, passes through a world-readable file under sudo and costs three execs;
``systemd.service`` and ``apt.packages`` neither notice a stale unit nor keep daemons down while they install
(docs/decisions/0003-files-packages-units.md). These do one thing each and compare first.
"""

from base64 import b64encode
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from pyinfra.api.command import StringCommand
from pyinfra.api.operation import operation
from pyinfra.context import host

from webha.ground import shell
from webha.ground.encoded import Encoded
from webha.ground.forms import all_of
from webha.ground.manifest import LIBRARY, NOTES, UNITS, VALUES
from webha.machine.decisions import masked
from webha.machine.facts import INSTALLED, START_BLOCK, START_BLOCK_MARK, Daemon, Files, Packages, Units, Written
from webha.machine.state import FileState

Commands = Generator[StringCommand, None, None]


@dataclass(frozen=True)
class File:
    """A file as it should be. ``content`` is text, or bytes for what is not; ``shipped``: a package puts one there, which is nobody's."""

    path: str
    content: str | bytes
    mode: str = "644"
    owner: str = "root:root"
    shipped: bool = False

    @property
    def raw(self) -> bytes:
        """The content's bytes."""
        return self.content if isinstance(self.content, bytes) else self.content.encode()

    def differs(self, state: FileState) -> bool:
        """Whether the node's file has another content, mode or owner."""
        return (state.mode, state.owner, state.sha256) != (self.mode, self.owner, sha256(self.raw).hexdigest())


# The content arrives on standard input and the file under its final name only when it is whole, with its final mode:
# a run that dies half-way leaves the old file, and a secret is never readable by others.
_PLACE = """
directory=$(dirname "$1"); mkdir -p "$directory"; rm -f "$directory"/.webha.??????
umask 077; new=$(mktemp "$directory/.webha.XXXXXX"); trap 'rm -f "$new"' EXIT
base64 -d > "$new"; chown "$3" "$new"; chmod "$2" "$new"
mv -f "$new" "$1" || {
  case $(lsattr -d "$1" 2>/dev/null | cut -d' ' -f1) in *i*) echo "refused: $1 is immutable: chattr -i $1, then run this again" >&2;; esac; exit 1
}
trap - EXIT
"""


def place(file: File) -> StringCommand:
    """Return the command that puts ``file`` on the node atomically."""
    return shell.script(_PLACE, file.path, file.mode, file.owner, stdin=b64encode(file.raw).decode())


_SEND = """
umask 077; rm -f "$1" "$1".??????; new=$(mktemp "$1.XXXXXX"); trap 'rm -f "$new"' EXIT
base64 -d > "$new" || { cat > /dev/null; df -h "$(dirname "$1")" >&2; exit 1; } # all is read, so that this is heard
mv -f "$new" "$1"; trap - EXIT
"""


def send(local: Path, remote: str) -> StringCommand:
    """Return the command that puts a copy of ``local``, a file of any size on the control machine, at ``remote``, for root alone.

    Over standard input, as all of ours: pyinfra's own upload needs an sftp subsystem, and under sudo a second copy in /tmp.
    """
    return shell.script(_SEND, remote, stdin=Encoded(local))


SCRATCH = "/var/tmp"  # noqa: S108 (root's own names there, made by mktemp or from a checksum)
_ROOM = """
what=$1; shift
while [ $# -gt 0 ]; do
  free=$(df -Pk "$1" | awk 'NR == 2 { print $4 }')
  if [ "$free" -lt "$2" ]; then
    echo "refused: $1 has $((free / 1024)) MB free, $what needs $(($2 / 1024)) MB there: free some" >&2; exit 1
  fi
  shift 2
done
"""


def room(needs: Mapping[str, int], what: str) -> StringCommand:
    """Return the command that refuses where a folder has less free than the bytes that ``what`` needs there."""
    return shell.script(_ROOM, what, *(word for path, size in needs.items() for word in (path, str(size // 1024))))


@operation()
def placed(files: Iterable[File]) -> Commands:
    """Own the content, mode and owner of ``files``; directories above them are made when missing.

    Makes systemd read its unit files again where one of those changed.
    Does nothing where all three are right already. Refuses where the node cannot say (or has a directory there), and a file
    of somebody's under that name.
    """
    wanted = list(files)
    states = host.get_fact(Files, paths=tuple(file.path for file in wanted))
    if states is None:
        yield shell.refusal("cannot read the state of " + ", ".join(file.path for file in wanted))
        return
    different = [file for file in wanted if file.differs(states[file.path])]
    if not different:
        host.noop("files are as they should be: " + ", ".join(file.path for file in wanted))
        return
    foreign = [f.path for f in different if states[f.path].exists and not (states[f.path].ours or f.shipped)]
    if foreign:
        yield shell.refusal(f"{', '.join(foreign)} is there and does not say that it is ours: move it away first")
        return
    for file in different:
        yield place(file)
    if any(file.path.startswith(f"{UNITS}/") for file in different):
        yield shell.run("systemctl", "daemon-reload")


@operation()
def removed(paths: Iterable[str]) -> Commands:
    """Own that the files ``paths`` of ours are not there. Does nothing where none is; leaves one that does not say that it is ours."""
    asked = all_of(paths)
    states = host.get_fact(Files, paths=asked)
    if states is None:
        yield shell.refusal("cannot read the state of " + ", ".join(asked))
    elif there := [path for path, one in states.items() if one.exists and one.ours]:
        yield shell.run("rm", "-f", "--", *there)
    else:
        host.noop("none of these is here: " + ", ".join(asked))


# Another apt may be at work (apt-daily at boot, one that a killed run left): dpkg alone does not wait for its lock.
DPKG_AT_REST = """left=300
while ! report=$(dpkg --configure -a --force-confdef --force-confold 2>&1); do
  case $report in *"lock was locked"*) ;; *) printf '%s\\n' "$report" >&2; exit 1;; esac
  left=$((left - 1)); [ "$left" -gt 0 ] || { printf '%s\\n' "$report" >&2; exit 1; }; sleep 2
done"""

# Lists younger than an hour are used as they are; a package they do not know makes them be fetched again.
_INSTALL = f"""
export DEBIAN_FRONTEND=noninteractive
block={START_BLOCK}
if ! [ -e "$block" ]; then
  printf '#!/bin/sh\\n# %s\\nexit 101\\n' '{START_BLOCK_MARK}' > "$block"; chmod 755 "$block"
fi
unblock() {{ if grep -qs '{START_BLOCK_MARK}' "$block"; then rm -f "$block"; fi; }}
trap unblock EXIT
apt="apt-get -q -y -o Acquire::Retries=3 -o Acquire::http::Timeout=30 -o DPkg::Lock::Timeout=600 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold"
{DPKG_AT_REST}
[ $# -gt 0 ] || exit 0
# What was not here before is ours, and goes with a reset. Noted first: an install that is cut off is ours too.
umask 022; mkdir -p $(dirname {INSTALLED}); printf '%s\\n' "$@" >> {INSTALLED}
# apt's fetcher was seen to wait for ever for a proxy that had closed; a slow line gets the longer time.
update() {{ timeout -k 10 120 $apt update || timeout -k 10 1200 $apt update; }}
find /var/lib/apt/lists -maxdepth 1 -name '*_Packages*' -mmin -60 | grep -q . || update
# Not at the price of a package that somebody has: apt would remove what conflicts, a MySQL say.
apt="$apt --no-remove"
$apt install --no-install-recommends "$@" || {{ update; $apt install --no-install-recommends "$@"; }}
"""


@operation()
def packages(names: str | Iterable[str]) -> Commands:
    """Install the Debian packages ``names`` (no recommended ones), with service starts blocked meanwhile.

    Debian starts a daemon the moment its package is installed: corosync as a one-node cluster "debian", MariaDB as
    a primary of its own, Apache on the cluster's port (stack-notes, "Debian's packages"). Also finishes what an
    interrupted dpkg left, and takes away a block that an interrupted run left. Does nothing where all are installed.
    """
    wanted = all_of(names)
    state = host.get_fact(Packages, names=wanted)
    if state is None:
        yield shell.refusal("dpkg does not say which packages are installed")
        return
    missing = [name for name in wanted if name not in state.installed]
    if not missing and not state.interrupted and not state.start_blocked:
        host.noop("installed: " + " ".join(wanted))
        return
    yield shell.script(_INSTALL, *missing)


@operation()
def unit(
    unit: str,
    running: bool | None = True,
    enabled: bool | None = True,
    seconds: int = 120,
    starts: Iterable[str] = (),
    *,
    wish: bool = False,
) -> Commands:
    """Own whether the systemd unit ``unit`` runs and starts at boot; None leaves that as it is.

    Reloads systemd's view first where unit files on disk are newer, also those of the units that this one ``starts``. Never restarts a running unit. Fails with the
    unit's own last words when it does not start within ``seconds``. Refuses to start or enable one that somebody masked; with ``wish`` that is left as it is.
    """
    states = host.get_fact(Units, names=(unit, *all_of(starts)))
    if not states:
        yield shell.refusal(f"systemd says nothing of {unit}")
        return
    state = next(iter(states.values()))
    if masked(state.enabled) and wish:
        host.noop(f"{unit} is masked, by somebody's wish")
        return
    if masked(state.enabled) and (enabled or running):
        yield shell.refusal(
            f"{unit} is masked, so nothing starts it: run systemctl unmask {unit} there, then this again"
        )
        return
    noop = True
    if any(one.stale for one in states.values()):
        noop = False
        yield shell.run("systemctl", "daemon-reload")
    if enabled is not None and (state.enabled in ("enabled", "static", "enabled-runtime")) != enabled:
        noop = False
        yield shell.run("systemctl", "--no-reload", "-q", "enable" if enabled else "disable", unit)
        yield shell.run("systemctl", "daemon-reload")
    if running is not None and (state.active in ("active", "reloading")) != running:
        noop = False
        verb = "start" if running else "stop"
        yield shell.script(
            f'timeout {seconds} systemctl {verb} "$1" || {{ journalctl -q -n 15 --no-pager -o cat -u "$1" >&2; exit 1; }}',
            unit,
        )
    if noop:
        host.noop(f"{unit} is {state.active}, {state.enabled}")


@operation()
def daemon(unit: str, program: str) -> Commands:
    """Own that our daemon ``unit`` is enabled and runs our ``program``, its values and its unit file as they are on disk.

    Restarted where it was started with others: it holds nothing that a restart would lose. Does nothing where it runs those.
    """
    state = host.get_fact(Daemon, unit=unit, program=program)
    if state is None or state.configured is None:
        yield shell.refusal(
            f"{unit}: its state, its unit file or what {program} is made of cannot be read; node.pyz digest {program} {unit} says why"
        )
    elif state.active == "active" and state.enabled == "enabled" and state.running == state.configured:
        host.noop(f"{unit} runs what is on disk")
    else:
        yield shell.script(
            'systemctl daemon-reload; systemctl -q enable "$1"; systemctl reset-failed "$1" 2>/dev/null || :; '
            'systemctl restart "$1" && sleep 1 && systemctl is-active -q "$1" || '
            '{ journalctl -q -n 15 --no-pager -o cat -u "$1" >&2; exit 1; }',
            unit,
        )


# A folder goes with the last file in it.
_FORGET = f"""
rm -f -- "$@"; systemctl daemon-reload
for path do
  case $path in {UNITS}/*) rm -f "{NOTES}/${{path##*/}}.sha256";; esac
done
for folder in {LIBRARY} {VALUES.rpartition("/")[0]}; do [ ! -d "$folder" ] || rmdir --ignore-fail-on-non-empty "$folder"; done
"""


@operation()
def former_removed(known: Iterable[str]) -> Commands:
    """Own that the node has no program and no unit of ours but the ``known`` ones: what another version of us left goes.

    A program stays while a unit of ours that stays runs it: another step brings that one's new unit. Does nothing where there is
    nothing to remove. Units are stopped first.
    """
    written = host.get_fact(Written)
    if written is None:
        yield shell.refusal(f"what is in {LIBRARY} and {UNITS} cannot be read")
        return
    wanted = set(all_of(known))
    units = [path.rpartition("/")[2] for path in written if path.startswith(f"{UNITS}/") and path not in wanted]
    gone = [path for path, users in written.items() if path not in wanted and not set(users) - set(units)]
    if not gone:
        host.noop("nothing of another version is here")
        return
    if units:
        yield shell.script('systemctl -q disable --now "$@" || :', *units)
    yield shell.script(_FORGET, *gone)
