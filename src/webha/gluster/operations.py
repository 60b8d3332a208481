"""GlusterFS under the docroot (the document's §2.4)."""

from collections.abc import Iterable, Mapping

from pyinfra.api.operation import operation
from pyinfra.context import host

from webha import gluster
from webha.gluster.facts import CLI, Gluster, Pool
from webha.ground import shell
from webha.ground.forms import all_of
from webha.machine.operations import Commands
from webha.run.across import everyone


def _settled(count: int) -> str:
    return f'[ "$({CLI} peer status --xml | grep -c "<state>{gluster.CONNECTED}</state>")" = {count} ] && [ "$({CLI} peer status --xml | grep -c "<connected>1</connected>")" = {count} ]'


@operation()
def peers(nodes: Iterable[str], aliases: Mapping[str, tuple[str, ...]], seconds: int = 60) -> Commands:
    """Own that this node's trusted pool is all ``nodes`` by name, connected.

    Run it on the first node, then on a second one, which teaches the pool the first one's name (the document's probe
    back). Does nothing where all are known; refuses a pool with strangers in it.
    """
    names = all_of(nodes)
    pool = host.get_fact(Pool)
    verdict = gluster.to_probe(host.name, names, aliases, pool)
    if verdict.action == "refuse":
        yield shell.refusal(verdict.reason)
    elif verdict.action == "probe":
        for name in verdict.names:
            yield shell.script(f'{CLI} peer probe "$1"', name)
        yield shell.until(_settled(len(names) - 1), seconds, "all peers connected", f"{CLI} peer status")
    elif not all(peer.settled for peer in pool or ()):
        yield shell.until(_settled(len(names) - 1), seconds, "all peers connected", f"{CLI} peer status")
    else:
        host.noop(verdict.reason)


@operation()
def volume(volume: str, nodes: Iterable[str], brick: str, root: str, options: Mapping[str, str]) -> Commands:
    """Own the replicated volume over ``brick`` on all ``nodes``, its ``options``, and that it is started; one node only.

    Options are set before the start, so that the first mount already has them. Does nothing where all is so. Refuses
    by :func:`webha.gluster.to_create`: other bricks, files in a brick directory, a node that does not answer.
    """
    names = all_of(nodes)
    bricks = tuple(f"{name}:{brick}" for name in names)
    stores = everyone(Gluster, names, brick=brick, root=root)
    verdict = gluster.to_create(volume, bricks, stores)
    if verdict.action == "refuse":
        yield shell.refusal(verdict.reason)
        return
    mine = stores[host.name]
    existing = mine.volume(volume) if mine is not None else None
    if verdict.action == "create":
        # "force", as the document: the bricks are on the root file system.
        yield shell.script(f'{CLI} volume create "$@" force', volume, "replica", str(len(names)), *bricks)
    changed = gluster.differing(existing, options) if existing is not None else dict(options)
    if changed:
        yield shell.script(
            f'{CLI} volume set "$@"', volume, *(word for pair in sorted(changed.items()) for word in pair)
        )
    if verdict.action in ("create", "start"):
        yield shell.script(f'{CLI} volume start "$1"', volume)
    if verdict.action == "nothing" and not changed:
        host.noop(f"volume {volume} is started with its options")


@operation()
def brick_directory(brick: str, root: str) -> Commands:
    """Own that the brick directory exists, and the folders above it. Does nothing where it does, be it a mount of its own."""
    store = host.get_fact(Gluster, brick=brick, root=root)
    if store is None:
        yield shell.refusal(f"the state of {brick} cannot be read")
    elif store.brick == "absent":
        yield shell.script('mkdir -p -m 755 "$1"', brick)
    else:
        host.noop(f"{brick} exists")


@operation()
def mountpoint_sealed(brick: str, root: str) -> Commands:
    """Own that the directory under the mount is immutable: nothing is written beside the volume while it is not mounted.

    Does nothing where it is. Refuses a directory that holds files already: they would be hidden, not replicated.
    """
    store = host.get_fact(Gluster, brick=brick, root=root)
    if store is None:
        yield shell.refusal(f"the state of {root} cannot be read")
    elif store.sealed:
        host.noop(f"the directory under {root} is immutable")
    elif store.mounted:
        yield shell.script(
            'unshare -m sh -euc \'mount --make-rprivate /; mount --bind "$1" /mnt; chattr +i "/mnt/$2"\' sh '
            '"$(dirname "$1")" "$(basename "$1")"',
            root,
        )
    else:
        yield shell.script(
            'mkdir -p "$1"; if [ -n "$(ls -A "$1")" ]; then echo "refused: $1 holds files of this node alone: move them away, '
            'the volume is mounted over them" >&2; exit 1; fi; chattr +i "$1"',
            root,
        )


@operation()
def mounted(unit: str, brick: str, root: str, seconds: int = 60) -> Commands:
    """Own that the volume is mounted at ``root`` through the client, and answers. Does nothing where it is.

    Refuses where another file system is mounted there.
    """
    store = host.get_fact(Gluster, brick=brick, root=root)
    if store is None:
        yield shell.refusal(f"what is mounted at {root} cannot be read")
    elif store.mounted not in (None, "fuse.glusterfs"):
        yield shell.refusal(f"{root} is a mount of type {store.mounted}: unmount it first")
    elif store.mounted and store.reachable:
        host.noop(f"the volume is mounted at {root}")
    else:
        dead = "" if not store.mounted else f"umount -l {root}; "
        yield shell.script(f'{dead}systemctl daemon-reload; systemctl reset-failed "$1" 2>/dev/null || :', unit)
        yield shell.until(
            f"systemctl start {unit!r} && timeout 10 stat -t {root} >/dev/null",
            seconds,
            f"the volume mounted at {root}",
            f"systemctl --no-pager -n 5 status {unit!r}; tail -n 5 /var/log/glusterfs/*drupal*.log",
        )
