"""The lab as a whole: what must be there for it, building it up, taking it down to nothing, and who may do so when."""

import contextlib
import fcntl
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lab import access, cloud, disk, gateway, layers, limits, loss, network, node, visitor
from lab.group import Group, hierarchy
from lab.layout import CLOUD, HUB, NODES, READY, RUN, SHARE, STATE, VARIANT, LabError, Node
from lab.variant import Variant, chosen

_PROGRAMS = (
    "apt-cacher-ng",
    "apt-config",
    "ip",
    "mkfs.ext4",
    "mmdebstrap",
    "mount",
    "nft",
    "socat",
    "ssh",
    "ssh-keygen",
    "systemd-nspawn",
    "unshare",
)


def require_host() -> None:
    """Refuse what cannot work before anything is made: no root, a missing program, a kernel without the means."""
    if os.geteuid() != 0:
        raise LabError("the lab needs root (network namespaces, mounts, containers): run it with sudo")
    missing = [name for name in _PROGRAMS if shutil.which(name, path=f"{os.defpath}:/usr/sbin:/sbin") is None]
    if missing:
        raise LabError(f"not installed: {', '.join(missing)}: run script/setup")
    for kind in ("overlay", "fuse"):
        if not _kernel_has(kind):
            raise LabError(f"this kernel has no {kind} file system (and modprobe {kind} does not bring it)")
    if not Path("/proc/self/ns/net").exists():
        raise LabError("this kernel has no network namespaces")
    if not (hierarchy() / "init.scope").exists() and not os.access(hierarchy(), os.W_OK):
        raise LabError(f"{hierarchy()} is read-only: the lab cannot run inside this container")


def _kernel_has(kind: str) -> bool:
    known = Path("/proc/filesystems")
    if kind not in known.read_text().split() and shutil.which("modprobe"):
        os.system(f"modprobe {kind} >/dev/null 2>&1")  # noqa: S605 -- one of two words above
    return kind in known.read_text().split()


@contextlib.contextmanager
def locked(one: Node | None = None) -> Iterator[None]:
    """One change at a time: the whole lab's, or one node's beside other nodes'. Whoever comes second waits and says so."""
    STATE.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        _lock(stack, STATE / "lock", fcntl.LOCK_SH if one else fcntl.LOCK_EX)
        if one:
            _lock(stack, STATE / f"lock.{one.name}", fcntl.LOCK_EX)
        yield


def _lock(stack: contextlib.ExitStack, path: Path, kind: int) -> None:
    file = stack.enter_context(path.open("a"))
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        print("lab: another script/lab is at work on this machine's lab; waiting for it", file=sys.stderr)
        fcntl.flock(file, kind)


def running() -> str | None:
    """The suite of the lab that is up, if one is."""
    return READY.read_text().strip() if READY.exists() and network.exists(HUB) else None


def up(suite: str, variant: Variant) -> None:
    """Three bare nodes, reachable; or nothing at all, if that fails."""
    _tear_down()
    try:
        RUN.mkdir(mode=0o700)
        VARIANT.write_text(variant.name)
        access.prepare()
        network.create_hub()
        gateway.start()
        _boot_bare(layers.below(suite, variant), variant)
        READY.write_text(suite)
    except BaseException:
        down()
        raise
    node.empty_trash(wait=False)


def reset(suite: str) -> None:
    """The same lab with bare nodes, of the same variant."""
    images = layers.below(suite, chosen())
    READY.unlink()  # a reset that is killed leaves a lab that `up` builds anew
    had_cloud = cloud.up()
    each(node.switch_off)
    for one in NODES:
        one.isolated.unlink(missing_ok=True)
        loss.undrop(one)
        node.discard_disk(one)
    try:
        _boot_bare(images, chosen())
        if had_cloud:
            cloud.create()
        READY.write_text(suite)
    except BaseException:
        down()
        raise
    node.empty_trash(wait=False)


def add_cloud() -> None:
    """Give the lab that is up a cloud; or take the cloud away again, if that fails."""
    try:
        cloud.create()
    except BaseException:
        cloud.remove()
        raise


def _boot_bare(images: dict[Node, tuple[Path, ...]], variant: Variant) -> None:
    for one in NODES:
        node.new_disk(one, *images[one])
        if variant.own_brick:
            disk.give_brick(one)
        node.switch_on(one)
    each(lambda one: node.wait_until_reachable(one, bare=True))


def restore() -> None:
    """Bring back what is off, paused, unplugged or hard to reach in a lab that is up."""
    for one in NODES:
        node.resume(one)
        limits.relax(one)
        limits.unpin(one)
        if one.isolated.exists():
            one.isolated.unlink()
            if network.exists(one.name):
                network.cable_up(one)
    each(boot)
    if cloud.up():
        cloud.restore()


def boot(one: Node) -> None:
    """Turn the node on, on a network that loses nothing."""
    loss.undrop(one)
    if node.is_on(one):
        return
    Group(one.name).kill()
    node.switch_on(one)
    _await_power(one)
    if not one.isolated.exists():
        node.wait_until_reachable(one, bare=False)


def _await_power(one: Node) -> None:
    deadline = time.monotonic() + 5
    while not node.is_on(one):
        if time.monotonic() > deadline:
            raise LabError(f"{one.name} does not start: see {one.console}")
        time.sleep(0.02)


def down() -> None:
    """Leave nothing of a lab that runs, or of one that was half made: no process, mount, namespace or group."""
    _tear_down()
    shutil.rmtree(SHARE, ignore_errors=True)
    node.empty_trash(wait=True)


def _tear_down() -> None:
    READY.unlink(missing_ok=True)
    Group("").kill()
    for one in (*NODES, CLOUD):
        network.unplug(one)
        node.discard_disk(one)
    network.remove_client()
    for guest in visitor.GUESTS:
        visitor.leave(guest)
    network.remove_hub()
    if RUN.exists():
        shutil.rmtree(RUN)


def each(act: Callable[[Node], None]) -> None:
    with ThreadPoolExecutor(len(NODES)) as pool:
        for done in [pool.submit(act, one) for one in NODES]:
            done.result()
