"""The restore points, seen from one node."""

import json
from shlex import quote
from typing import Any, ClassVar

from webha.backup.manifest import BACKUP_TIMER
from webha.backup.state import Drill, Failure, Logs, Made, Points
from webha.backup.target import remote
from webha.ground import probe
from webha.ground.fact import Probe
from webha.ground.manifest import UNITS
from webha_node.backup.moment import FOLDER
from webha_node.backup.record import STATE


class RestorePoints(Probe[Points]):
    """One :class:`webha.backup.Points`; needs root. The repository itself is not asked: that takes its password, and time."""

    statuses: ClassVar = {"writable": (1,), "installed": (1,)}

    def command(self, root: str, target: str) -> str:
        """Ask the volume, and the folder ``target``."""
        r, t = quote(root), quote(target)
        there = f"grep -qs ' {root} fuse.glusterfs ' /proc/mounts || exit 0; cd {r} && timeout 10 ls -d . >/dev/null || exit 1"
        look = (
            f"timeout 5 test -d {t}; there=$?; [ $there -le 1 ] || exit 1; if [ $there = 1 ]; then echo absent; elif timeout 5 test -e {t}/config; then echo repository; "
            f"elif [ -z \"$(timeout 5 ls -A {t} | grep -vx 'lost+found')\" ]; then echo empty; else echo filled; fi"
        )
        state = f"{there}; [ ! -e {FOLDER}/{STATE} ] || cat {FOLDER}/{STATE}"
        installed = f"[ -e {UNITS}/{BACKUP_TIMER} ]"
        if remote(target):  # asking it takes its secrets, and a network that may hang
            return probe.script(
                {"state": state, "target": "echo remote", "full": "true", "writable": "true", "installed": installed}
            )
        return probe.script(
            {
                "state": state,
                "target": look,
                "full": f"[ ! -d {t} ] || timeout 5 df -P {t} | awk 'NR > 1 {{ print $5 }}'",
                "writable": f"timeout 5 test -w {t}",
                "installed": installed,
            }
        )

    def answer(self, answers: probe.Answers) -> Points:
        """Raises where what is remembered is none of ours."""
        known = json.loads(answers["state"].text or "{}")
        full = answers["full"].text.strip().rstrip("%")
        return Points(
            last=_of(Made, known.get("last")),
            failed=_of(Failure, known.get("failed")),
            drill=_of(Drill, known.get("drill")),
            target=answers["target"].lines[-1],
            full=int(full) if full else None,
            writable=answers["writable"].ok,
            installed=answers["installed"].ok,
            logs={name: _of(Logs, one) for name, one in known.get("logs", {}).items()},
            begun=str(known.get("begun", "")),
            second=str(known.get("second", "")),
        )


def _of(kind: Any, found: dict[str, Any] | None) -> Any:
    return None if found is None else kind(**{name: found[name] for name in kind.__dataclass_fields__ if name in found})
