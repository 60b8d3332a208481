"""A node that has little memory left, or some of the machine's processors.

Of memory, what the node holds already is not counted: the limit is what is left to it, and the kernel's OOM killer chooses there. On a host with
cgroup v1's controllers (the lab's own groups are v2's) the node's processes join a group there; children follow their parents.
"""

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

from lab.group import NAME, Group, hierarchy, mounts
from lab.layout import LabError, Node

_ROUNDS = 3  # what was born while its parent moved


def squeeze(node: Node, megabytes: int) -> None:
    """Leave the node so many MB."""
    old = _old_group(node)
    if old is None:
        _hand_down()
        (Group(node.name).path / "memory.max").write_text(f"{megabytes << 20}")
        return
    old.mkdir(parents=True, exist_ok=True)
    (old / "memory.limit_in_bytes").write_text(f"{megabytes << 20}")
    for _ in range(_ROUNDS):
        for process in _processes(node):
            with contextlib.suppress(OSError):  # it has ended, or is the kernel's
                (old / "cgroup.procs").write_text(str(process))


def relax(node: Node) -> None:
    """Give the node all of the machine's memory again."""
    old = _old_group(node)
    folder, name, all_of_it = (
        (Group(node.name).path, "memory.max", "max") if old is None else (old, "memory.limit_in_bytes", "-1")
    )
    if (folder / name).exists():
        (folder / name).write_text(all_of_it)


def pin(node: Node, processors: Iterable[int]) -> None:
    """Have the node compute on these of the machine's processors alone."""
    for _ in range(_ROUNDS):
        for process in _processes(node):
            for thread in Path(f"/proc/{process}/task").glob("*"):
                with contextlib.suppress(OSError):
                    os.sched_setaffinity(int(thread.name), processors)


def unpin(node: Node) -> None:
    """Have the node compute on all of them again."""
    pin(node, range(os.cpu_count() or 1))


def _processes(node: Node) -> list[int]:
    return Group(f"{node.name}/machine").processes()


def _old_group(node: Node) -> Path | None:
    """Return the node's group in cgroup v1's hierarchy of memory; None where v2 has it."""
    tops = [one for one in mounts("cgroup") if (one / "memory.limit_in_bytes").exists()]
    return tops[0] / NAME / node.name if tops else None


def _hand_down() -> None:
    """Let the memory controller reach the nodes' groups."""
    for folder in (hierarchy(), Group("").path):
        if "memory" not in (folder / "cgroup.controllers").read_text().split():
            raise LabError(f"no memory controller in {folder}: this machine cannot limit a node's memory")
        (folder / "cgroup.subtree_control").write_text("+memory")
