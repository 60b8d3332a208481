"""The lab's processes, each in a control group of its own.

A group is how the lab finds and ends exactly what it started: membership is inherited and kept by the kernel, so
there is no stale pid, no name to match and no child that gets away, the nodes' own processes included.
"""

import contextlib
import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from lab.layout import LabError

_NAME = "webha-lab"


def _mounts(kind: str) -> list[Path]:
    lines = (line.split() for line in Path("/proc/self/mounts").read_text().splitlines())
    return [Path(fields[1]) for fields in lines if fields[2] == kind]


def hierarchy() -> Path:
    """The mount of cgroup2, the only hierarchy the lab uses itself."""
    mounts = _mounts("cgroup2")
    if not mounts:
        raise LabError(
            "cgroup2 is not mounted: mount -t cgroup2 none /sys/fs/cgroup (Debian's systemd does it at boot)"
        )
    return mounts[0]


@dataclass(frozen=True)
class Group:
    name: str  # "" is the group of the whole lab; "nodoha/machine" lies inside "nodoha"

    @property
    def path(self) -> Path:
        return hierarchy() / _NAME / self.name

    def alive(self) -> bool:
        try:
            return "populated 1" in (self.path / "cgroup.events").read_text()
        except FileNotFoundError:
            return False

    def wrap(self, *command: str) -> list[str]:
        """The command that joins this group before it becomes COMMAND."""
        self.path.mkdir(parents=True, exist_ok=True)
        return ["sh", "-c", 'echo $$ > "$0" && exec "$@"', str(self.path / "cgroup.procs"), *command]

    def start(self, *command: str, log: Path) -> None:
        """Start a process that outlives this one, with nothing of the caller's terminal or pipes in its hands."""
        with log.open("ab") as out:
            subprocess.Popen(  # its end is seen in the group, never waited for
                self.wrap(*command), stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True, cwd="/"
            )

    def kill(self, patience: float = 15) -> None:
        """SIGKILL all of it at once, wait until the kernel has let go of the last one, and remove the group."""
        with contextlib.suppress(FileNotFoundError):
            (self.path / "cgroup.kill").write_text("1")
        deadline = time.monotonic() + patience
        while self.alive():
            if time.monotonic() > deadline:
                raise LabError(f"processes in {self.path} survive SIGKILL: see its cgroup.procs and /proc/PID/stack")
            time.sleep(0.01)
        self.remove()

    def remove(self) -> None:
        """Remove the empty group from every hierarchy: on a host of both kinds nspawn leaves twins in cgroup v1."""
        for top in [*_mounts("cgroup2"), *_mounts("cgroup")]:
            for folder, _, _ in os.walk(top / _NAME / self.name, topdown=False):
                with contextlib.suppress(OSError):
                    Path(folder).rmdir()
