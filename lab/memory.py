"""A node with little memory left: what it takes from now on is limited, and the kernel's OOM killer chooses there.

What the node holds already is not counted: the limit is what is left to it. On a host with cgroup v1's memory
controller (the lab's own groups are v2's) the node's processes join a group there; children follow their parents.
"""

import contextlib
from pathlib import Path

from lab.group import NAME, Group, hierarchy, mounts
from lab.layout import LabError, Node


def squeeze(node: Node, megabytes: int) -> None:
    """Leave the node so many MB."""
    old = _old_group(node)
    if old is None:
        _hand_down()
        (_new_group(node) / "memory.max").write_text(f"{megabytes << 20}")
        return
    old.mkdir(parents=True, exist_ok=True)
    (old / "memory.limit_in_bytes").write_text(f"{megabytes << 20}")
    for _ in range(3):  # what was born while its parent moved
        for process in Group(f"{node.name}/machine").processes():
            with contextlib.suppress(OSError):  # it has ended, or is the kernel's
                (old / "cgroup.procs").write_text(str(process))


def relax(node: Node) -> None:
    """Give the node all of the machine's memory again."""
    old = _old_group(node)
    file, unlimited = (_new_group(node) / "memory.max", "max") if old is None else (old / "memory.limit_in_bytes", "-1")
    if file.exists():
        file.write_text(unlimited)


def _old_group(node: Node) -> Path | None:
    tops = [one for one in mounts("cgroup") if (one / "memory.limit_in_bytes").exists()]
    return tops[0] / NAME / node.name if tops else None


def _new_group(node: Node) -> Path:
    return Group(node.name).path


def _hand_down() -> None:
    """Let the memory controller reach the nodes' groups."""
    for folder in (hierarchy(), Group("").path):
        if "memory" not in (folder / "cgroup.controllers").read_text().split():
            raise LabError(f"no memory controller in {folder}: this machine cannot limit a node's memory")
        (folder / "cgroup.subtree_control").write_text("+memory")
