"""A node's lock, and lines of its journal."""

from collections.abc import Iterable
from typing import ClassVar

from webha.ground import probe
from webha.ground.fact import ANY, Probe
from webha.lock import state
from webha.lock.manifest import FOLDER, JOURNAL, LOCK, LONGEST

FREE = 3  # the status by which the probe says that there is no lock
_MOST = 20  # lines of one run


class Runs(Probe[state.Notes]):
    """One :class:`webha.lock.Notes`: the lock, the journal's ``last`` lines and those that tell of the runs ``ids``.

    A lock that is there and cannot be read, or a folder that cannot be looked into, is unknown and not free.
    """

    statuses: ClassVar = {"lock": (FREE,), "journal": ANY}

    def command(self, last: int = 0, ids: Iterable[str] = ()) -> str:
        """Read both files as base64: what is in them is anybody's."""
        wanted = " ".join(f"-e {one}" for one in ids)
        lines = f"tail -n {last} {JOURNAL}" + (f"; grep -F {wanted} {JOURNAL} | tail -n {_MOST}" if wanted else "")
        return probe.script(
            {
                "lock": f"if [ -e {LOCK} ] || [ -L {LOCK} ]; then [ -f {LOCK} ] && [ -r {LOCK} ] && head -c {LONGEST} {LOCK} | base64 -w0; "
                f"elif [ -e {FOLDER} ] && ! [ -x {FOLDER} ]; then exit 1; else exit {FREE}; fi",
                "journal": f"[ ! -e {JOURNAL} ] || {{ [ -r {JOURNAL} ] && {{ {lines}; }} | base64 -w0; }}",
            }
        )

    def answer(self, answers: probe.Answers) -> state.Notes:
        """Status 3 of the lock's question says that there is none."""
        lock, journal = answers["lock"], answers["journal"]
        if lock.status not in (0, FREE):
            raise probe.ProbeError(f"the lock cannot be read: {lock.text}")
        return state.Notes(
            state.lock(lock.text) if lock.ok else None, state.entries(journal.text) if journal.ok else None
        )
