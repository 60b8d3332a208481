"""A disk that ends somewhere: an ext4 of the node's own on a loop device, in place of a folder on this machine's disk.

What fills it, or makes it fail, is the node's alone then. The node keeps it until it is bare again (`node.discard_disk`).
"""

import subprocess
from pathlib import Path

from lab.layout import LabError, Node, call
from lab.node import is_on, mount_root

_OVERHEAD = 1.15  # what ext4 needs beside the files
_JOURNAL = 192  # MB


def limit(node: Node, free: int) -> None:
    """Move the disk of a node that is off to one with about FREE MB left; nothing where it has one already.

    As on a real machine, ext4 keeps a twentieth of it for root.
    """
    if is_on(node):
        raise LabError(f"{node.name} is on: cut its power before its disk is changed")
    if node.own_disk.exists():
        return
    upper = node.disk / "upper"
    used = int(call("du", "-sm", str(upper)).split()[0])
    size = int(used * _OVERHEAD + free * 1.05) + _JOURNAL
    node.own_disk.mkdir()
    call("truncate", "-s", f"{size}M", str(_image(node)))
    call("mkfs.ext4", "-q", "-F", str(_image(node)))
    lower = _lower(node)
    call("umount", str(node.root))
    call("mount", "-o", "loop,discard", str(_image(node)), str(node.own_disk))
    (node.own_disk / "work").mkdir()
    call("cp", "-a", str(upper), str(node.own_disk))
    call("sync", "--file-system", str(node.own_disk))
    mount_root(node, lower, node.own_disk)


def give_brick(node: Node, megabytes: int = 4096) -> None:
    """Make the /gluster of a node that is off a file system of its own, as machines with a disk for their data have it."""
    file = node.disk / "brick.img"
    node.brick.mkdir()
    call("truncate", "-s", f"{megabytes}M", str(file))
    call("mkfs.ext4", "-q", "-F", str(file))
    call("mount", "-o", "loop,discard", str(file), str(node.brick))


def fail(node: Node) -> None:
    """Let the disk become read-only, open files and all, as ext4 does after an I/O error."""
    call("mount", "-o", "remount,abort", str(node.own_disk))


def check(node: Node) -> None:
    """Repair the file system of a node that is off, as a boot does.

    In a copy: the kernel may keep the failed one for as long as any mount namespace that was made meanwhile has it,
    the other nodes' among them, and would give the failed one back.
    """
    image, fresh = _image(node), node.disk / "own.new"
    lower = _lower(node)
    call("umount", str(node.root))
    call("umount", str(node.own_disk))
    call("cp", str(image), str(fresh))
    done = subprocess.run(
        ["e2fsck", "-f", "-y", str(fresh)], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode > 1:  # 1: there was something to repair, and it is
        raise LabError(f"e2fsck ended with {done.returncode} for {node.name}: {done.stdout.strip()[-300:]}")
    fresh.replace(image)
    call("mount", "-o", "loop,discard", str(image), str(node.own_disk))
    mount_root(node, lower, node.own_disk)


def _image(node: Node) -> Path:
    return node.disk / "own.img"


def _lower(node: Node) -> str:
    """The images below the node's disk, as its mount has them."""
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, where, _, options, *_ = line.split()
        if where == str(node.root):
            return next(one for one in options.split(",") if one.startswith("lowerdir="))
    raise LabError(f"{node.root} is not mounted")
