"""A node that has little memory left, or less than a processor.

Of memory, what the node holds already is not counted: the limit is what is left to it, and the kernel's OOM killer chooses there. On a host with
cgroup v1's controllers (the lab's own groups are v2's) the node's processes join a group there; children follow their parents.
"""

import contextlib
from pathlib import Path

from lab.group import NAME, Group, hierarchy, mounts
from lab.layout import LabError, Node

_PERIOD = 100_000  # µs, the kernel's own
# In cgroup v1, a file that the controller has in its topmost group, too.
_V1 = {"memory": "memory.limit_in_bytes", "cpu": "cpu.shares"}


def squeeze(node: Node, megabytes: int) -> None:
    """Leave the node so many MB."""
    limit = f"{megabytes << 20}"
    _limit(node, "memory", ("memory.limit_in_bytes", limit), ("memory.max", limit))


def relax(node: Node) -> None:
    """Give the node all of the machine's memory again."""
    _unlimit(node, "memory", ("memory.limit_in_bytes", "-1"), ("memory.max", "max"))


def slow(node: Node, cores: float) -> None:
    """Have the node compute no more than so many of the machine's processors would."""
    quota = f"{int(cores * _PERIOD)}"
    _limit(node, "cpu", ("cpu.cfs_quota_us", quota), ("cpu.max", f"{quota} {_PERIOD}"))


def hasten(node: Node) -> None:
    """Give the node all of the machine's processors again."""
    _unlimit(node, "cpu", ("cpu.cfs_quota_us", "-1"), ("cpu.max", "max"))


def _limit(node: Node, controller: str, old: tuple[str, str], new: tuple[str, str]) -> None:
    group = _old_group(node, controller)
    if group is None:
        _hand_down(controller)
        (Group(node.name).path / new[0]).write_text(new[1])
        return
    group.mkdir(parents=True, exist_ok=True)
    (group / old[0]).write_text(old[1])
    for _ in range(3):  # what was born while its parent moved
        for process in Group(f"{node.name}/machine").processes():
            with contextlib.suppress(OSError):  # it has ended, or is the kernel's
                (group / "cgroup.procs").write_text(str(process))


def _unlimit(node: Node, controller: str, old: tuple[str, str], new: tuple[str, str]) -> None:
    group = _old_group(node, controller)
    name, value = new if group is None else old
    file = (Group(node.name).path if group is None else group) / name
    if file.exists():
        file.write_text(value)


def _old_group(node: Node, controller: str) -> Path | None:
    """Return the node's group in cgroup v1's hierarchy of that controller; None where v2 has it."""
    tops = [one for one in mounts("cgroup") if (one / _V1[controller]).exists()]
    return tops[0] / NAME / node.name if tops else None


def _hand_down(controller: str) -> None:
    """Let the controller reach the nodes' groups."""
    for folder in (hierarchy(), Group("").path):
        if controller not in (folder / "cgroup.controllers").read_text().split():
            raise LabError(f"no {controller} controller in {folder}: this machine cannot limit a node's {controller}")
        (folder / "cgroup.subtree_control").write_text(f"+{controller}")
