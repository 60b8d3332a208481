"""One node: its disk (an overlay over the base image), its power, and what an outsider sees of it."""

import os
import shutil
import sys
import time
import uuid
from pathlib import Path

from lab import access, network
from lab.group import Group
from lab.layout import DOMAIN, RUN, STATE, LabError, Node, call

_HOSTS = """\
127.0.0.1 localhost
127.0.1.1 {name}.{domain} {name}

::1 localhost ip6-localhost ip6-loopback
ff02::1 ip6-allnodes
ff02::2 ip6-allrouters
"""


def new_disk(node: Node, *images: Path) -> None:
    """A bare disk: the image (several: the uppermost first), and what tells this machine from the others."""
    for layer in ("upper", "work", "root"):
        (node.disk / layer).mkdir(parents=True)
    mount_root(node, f"lowerdir={':'.join(map(str, images))}", node.disk)
    # Without a machine-id of its own systemd takes the boot for the first one and enables every unit by preset.
    (node.root / "etc/machine-id").write_text(f"{uuid.uuid4().hex}\n")
    (node.root / "etc/hostname").write_text(f"{node.name}\n")
    (node.root / "etc/hosts").write_text(_HOSTS.format(name=node.name, domain=DOMAIN))
    key = access.host_key(node)
    for source in (key, key.with_suffix(".pub")):
        target = node.root / f"etc/ssh/ssh_host_ed25519_key{source.suffix}"
        shutil.copyfile(source, target)
        target.chmod(0o644 if source.suffix else 0o600)
    for home in (node.root / "root", node.root / "home/debian"):
        authorized = home / ".ssh/authorized_keys"
        authorized.parent.mkdir(mode=0o700, exist_ok=True)
        shutil.copyfile(access.KEY.with_suffix(".pub"), authorized)
        owner = home.stat()
        for path in (authorized.parent, authorized):
            os.chown(path, owner.st_uid, owner.st_gid)


def mount_root(node: Node, lower: str, writable: Path) -> None:
    """The node's root: what it writes goes to WRITABLE, above the images that the option LOWER names."""
    layers = f"{lower},upperdir={writable}/upper,workdir={writable}/work"
    call("mount", "-t", "overlay", "-o", layers, "webha-lab", str(node.root))


def discard_disk(node: Node) -> None:
    """Take the disk of a node that is off out of use; `empty_trash` deletes it when there is time for it."""
    mounts = {line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()}
    nspawn = [f"/run/systemd/nspawn/{kind}/{node.name}" for kind in ("unix-export", "propagate")]
    if str(node.root) in mounts:
        at = node.root.stat()
        Path(f"/run/systemd/nspawn/locks/inode-{at.st_dev}:{at.st_ino}").unlink(missing_ok=True)
    for mount in (str(node.root), str(node.own_disk), str(node.brick), *nspawn):
        if mount in mounts:
            call("umount", mount)
    for leftover in map(Path, nspawn):
        if leftover.exists():
            leftover.rmdir()
    if node.disk.exists():
        trash = STATE / "trash"
        trash.mkdir(exist_ok=True)
        node.disk.rename(trash / uuid.uuid4().hex)


def empty_trash(*, wait: bool) -> None:
    """Delete discarded disks, 10 s for a deployed node's: in the background unless nothing may stay running."""
    disks = [str(disk) for disk in (STATE / "trash").glob("*")]
    if disks and wait:
        call("rm", "-rf", *disks)
    elif disks:
        Group("trash").start("nice", "-n", "19", "rm", "-rf", *disks, log=RUN / "trash.log")


def is_on(node: Node) -> bool:
    return Group(node.name).alive()


def machine(node: Node) -> Group:
    """The group of all that runs inside the node; the keeper, its power supply, is outside of it."""
    return Group(f"{node.name}/machine")


def switch_on(node: Node) -> None:
    """Start the keeper, which boots the node and boots it again when it reboots (lab/keeper.py)."""
    keeper = [sys.executable, "-P", "-m", "lab.keeper", node.name]
    Group(f"{node.name}/keeper").start(*keeper, log=node.console)


def wait_until_reachable(node: Node, *, bare: bool, patience: float = 60) -> None:
    """Wait for a login as an ordinary user, which /run/nologin refuses until the boot is over.

    A BARE node is also waited for until all its units are up; one that carries the stack may not get there by itself.
    """
    deadline = time.monotonic() + patience
    while not access.answers(node, "true", user="debian"):
        if not is_on(node):
            raise LabError(f"{node.name} went off while booting: see {node.console}")
        if time.monotonic() > deadline:
            raise LabError(f"{node.name} is on but gives no ssh login after {patience:.0f} s: see {node.console}")
        time.sleep(0.1)
    if bare:
        access.answers(node, "systemctl is-system-running --wait", timeout=30)


def switch_off(node: Node) -> None:
    """A power cut. The cable goes first: a kernel that still could would close its connections, and peers would know."""
    if network.exists(node.name):
        network.cable_down(node)
    Group(node.name).kill()
    network.unplug(node)


def pause(node: Node) -> None:
    """Freeze every process at once, as a hypervisor does that stops or moves a virtual machine. Its network stays."""
    machine(node).freeze()


def resume(node: Node) -> None:
    """Let it go on where it was."""
    machine(node).thaw()
