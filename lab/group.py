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

NAME = "webha-lab"


def mounts(kind: str) -> list[Path]:
    """Where file systems of that kind are mounted."""
    lines = (line.split() for line in Path("/proc/self/mounts").read_text().splitlines())
    return [Path(fields[1]) for fields in lines if fields[2] == kind]


def hierarchy() -> Path:
    """The mount of cgroup2, the only hierarchy the lab uses itself."""
    found = mounts("cgroup2")
    if not found:
        raise LabError(
            "cgroup2 is not mounted: mount -t cgroup2 none /sys/fs/cgroup (Debian's systemd does it at boot)"
        )
    return found[0]


@dataclass(frozen=True)
class Group:
    name: str  # "" is the group of the whole lab; "nodoha/machine" lies inside "nodoha"

    @property
    def path(self) -> Path:
        return hierarchy() / NAME / self.name

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

    def processes(self) -> list[int]:
        """The ids of all processes in it and in the groups inside it."""
        found: list[int] = []
        for folder, _, _ in os.walk(self.path):  # which passes over what ends while it is looked at
            with contextlib.suppress(OSError):
                found += map(int, (Path(folder) / "cgroup.procs").read_text().split())
        return found

    def freeze(self) -> None:
        """Let none of its processes run on.

        Returns after a second even if the kernel does not call all of them frozen: one that waits for a frozen
        file system's answer is not, and does not run either.
        """
        (self.path / "cgroup.freeze").write_text("1")
        deadline = time.monotonic() + 1
        while "frozen 1" not in (self.path / "cgroup.events").read_text() and time.monotonic() < deadline:
            time.sleep(0.005)

    def thaw(self) -> None:
        """Let them run again."""
        with contextlib.suppress(FileNotFoundError):
            (self.path / "cgroup.freeze").write_text("0")

    def frozen(self) -> bool:
        """Whether they were told to stand still."""
        try:
            return (self.path / "cgroup.freeze").read_text().strip() == "1"
        except FileNotFoundError:
            return False

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
        for top in [*mounts("cgroup2"), *mounts("cgroup")]:
            for folder, _, _ in os.walk(top / NAME / self.name, topdown=False):
                with contextlib.suppress(OSError):
                    Path(folder).rmdir()
