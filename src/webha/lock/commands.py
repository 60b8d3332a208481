"""What is said to a node to take the lock there, and to give it back.

All that touches the lock's folder waits for each other: flock(2) on the folder above, which is never removed. The lock and the
journal's line arrive on standard input, as base64.
"""

from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath

from pyinfra.api.command import StringCommand

from webha.ground import probe, shell
from webha.lock import state
from webha.lock.manifest import FOLDER, JOURNAL, KEPT, LOCK, LONGEST
from webha.lock.state import Entry, Lock, Run

_TAKEN, _HELD, _POWERLESS = 0, 3, 4
_ALONE = f"""
exec 9< {PurePath(FOLDER).parent}
flock -w 8 9 || {{ echo 'another program is at it for 8 s'; exit 1; }}
rm -f {FOLDER}/.lock.??????
digest() {{ head -c {LONGEST} {LOCK} | sha256sum | cut -d ' ' -f 1; }}
"""
# Known by anybody who logs in: a run may look before it has root's privileges. There is no secret in it.
_TAKE = f"""
[ "$(id -u)" = 0 ] || exit {_POWERLESS}
{_ALONE}
mkdir -p {FOLDER}
new=$(mktemp {FOLDER}/.lock.XXXXXX); trap 'rm -f "$new"' EXIT
base64 -d > "$new"; chmod 644 "$new"; sync "$new"
if [ -e {LOCK} ] || [ -L {LOCK} ]; then
  [ "$(digest)" = "$1" ] || {{ head -c {LONGEST} {LOCK} | base64 -w0; exit {_HELD}; }}
  echo instead
fi
mv -fT "$new" {LOCK}
"""
_GIVE_BACK = f"""
{_ALONE}
line=$(base64 -d)
note() {{
  mkdir -p {FOLDER} && umask 027 && touch {JOURNAL} || return
  [ -z "$(tail -c 1 {JOURNAL})" ] || echo >> {JOURNAL} || return # the end of one that was cut off
  printf '%s\\n' "$line" >> {JOURNAL} || return
  [ "$(wc -l < {JOURNAL})" -le {KEPT} ] || {{
    tail -n {KEPT} {JOURNAL} > {FOLDER}/.lock.record && mv -f {FOLDER}/.lock.record {JOURNAL}
  }}
}}
if [ "$2" = forget ]; then rm -f {JOURNAL}
elif [ -n "$line" ]; then note || : # a full disk must not keep the lock
fi
if [ -f {LOCK} ] && [ "$(digest)" = "$1" ]; then rm -f {LOCK}; fi
rmdir {FOLDER} 2>/dev/null || :
"""


@dataclass(frozen=True)
class Taking:
    """How a node answered: ``taken``, in place of another one where ``instead``; ``held``: the lock that is there.

    ``powerless``: commands do not run as root there. ``wrong``: why it could not be made, in the node's own words.
    """

    taken: bool = False
    instead: bool = False
    held: Lock | None = None
    powerless: bool = False
    wrong: str = ""


def take(run: Run, instead: str = "") -> StringCommand:
    """Make ``run`` the holder on a node, if nobody is, or if what is there has the digest ``instead``."""
    return _framed(_TAKE, instead, stdin=run.raw)


def taking(lines: Iterable[str] | None) -> Taking:
    """Read what a node says to :func:`take`; None: it did not answer."""
    try:
        answer = probe.read(lines or ())[_QUESTION]
        if answer.status == _HELD:
            return Taking(held=state.lock(answer.text))
    except ValueError as error:
        return Taking(wrong=str(error))
    if answer.status == _TAKEN:
        return Taking(taken=True, instead=answer.text == "instead")
    return Taking(powerless=True) if answer.status == _POWERLESS else Taking(wrong=answer.text or "no reason was said")


def give_back(run: Run, entry: Entry | None, forget: bool = False) -> StringCommand:
    """Remove the lock of ``run`` from a node, and of no other; one that is gone is given back.

    Writes ``entry`` into the journal first, so that a node that dies in between knows that the run has ended. ``forget``: removes
    the journal. What is left empty of the folder goes.
    """
    line = b"" if entry is None else entry.raw
    return _framed(_GIVE_BACK, run.digest, "forget" if forget else "keep", stdin=line)


def given_back(lines: Iterable[str] | None) -> bool:
    """Whether a node says to :func:`give_back` that it is done."""
    answer = probe.read(lines or ()).get(_QUESTION)
    return answer is not None and answer.ok


_QUESTION = "lock"


def _framed(script: str, *arguments: str, stdin: bytes) -> StringCommand:
    """Run ``script`` between the marks of a probe, which tell its exit status."""
    return shell.script(
        f"printf '%s\\n' '{probe.OPENING} {_QUESTION}'; set +e; ( set -e; {script} ) 2>&1; "
        f"printf '\\n%s %s\\n' '{probe.CLOSING} {_QUESTION}' $?",
        *arguments,
        stdin=b64encode(stdin).decode(),
    )
