"""GlusterFS under the docroot (the document's §2.4)."""

from collections.abc import Callable, Generator, Iterable, Mapping

from pyinfra.api.command import PyinfraCommand
from pyinfra.api.operation import operation
from pyinfra.context import host

from webha import gluster
from webha.gluster.facts import CLI, SECURE, Gluster, Pool, settled
from webha.gluster.rolling import Rolling
from webha.ground import shell
from webha.ground.forms import all_of
from webha.ground.manifest import HEADER
from webha.machine.operations import Commands
from webha.run.across import everyone, given, telling


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
        yield shell.until(settled(len(names) - 1), seconds, "all peers connected", f"{CLI} peer status")
    elif not all(peer.settled for peer in pool or ()):
        yield shell.until(settled(len(names) - 1), seconds, "all peers connected", f"{CLI} peer status")
    else:
        host.noop(verdict.reason)


@operation()
def management(nodes: Iterable[str], brick: str, root: str, *, tls: bool) -> Commands:
    """Own how glusterd speaks to the others on a node without a volume: as those speak that have one, else as is wished (``tls``).

    Does nothing where the node has a volume: :func:`encrypted` then takes all nodes there at once. Restarts a glusterd that
    speaks otherwise; it has nothing to serve.
    """
    stores = everyone(Gluster, nodes, brick=brick, root=root)
    store = stores[host.name]
    if store is None:
        yield shell.refusal("glusterd's state is unknown")
        return
    wished = gluster.management(stores, tls=tls)
    if store.known or (store.secure == wished and (store.glusterd != "active" or store.management == wished)):
        host.noop("glusterd speaks to the others as it should" if not store.known else "it has a volume")
        return
    yield shell.script(f"umask 077; echo '# {HEADER}' > {SECURE}" if wished else f"rm -f {SECURE}")
    if store.glusterd == "active":
        yield shell.run("systemctl", "restart", "glusterd.service")


_QUORUM = "cluster.server-quorum-type"


@operation()
def encrypted(
    *,
    volume: str,
    nodes: Iterable[str],
    brick: str,
    unit: str,
    root: str,
    vip: str,
    options: Mapping[str, str],
    tls: bool,
    begun: bool = False,
) -> Generator[PyinfraCommand, None, None]:
    """Own that glusterds, bricks and clients speak TLS (or in clear, without ``tls``), of a volume that serves too; one node only.

    ``options``: all that the volume has at the end. Does nothing where all is so; goes on where a run was cut off, and with
    ``begun`` there alone, before what needs pool and mounts. Brick after brick, and all clients after each, with everything healed between: visitors see the virtual IP move (:mod:`webha.gluster.rolling`).
    Refuses while a node does not answer, or a brick does not run.
    """
    names = all_of(nodes)
    stores = everyone(Gluster, names, brick=brick, root=root)
    unknown = [name for name, one in stores.items() if one is None or one.glusterd != "active" or one.volumes is None]
    wanting = gluster.not_yet(stores, volume, tls=tls)
    moving = any(one.moving for one in stores.values() if one is not None)
    if begun and not moving and None not in stores.values():
        host.noop("nothing was begun")
    elif unknown:
        yield shell.refusal(
            f"glusterd of {', '.join(unknown)} does not answer, so how it speaks to the others is unknown"
        )
    elif not wanting:
        host.noop("glusterds, bricks and clients speak as they should")
    else:
        rolling = Rolling(names, volume, brick, root, unit, vip, given())
        had = next(
            (known.options.get(_QUORUM, "") for one in stores.values() if one and (known := one.volume(volume))), ""
        )
        yield from _told(lambda: rolling.encrypt(options, had, tls=tls, resumed=moving), "; ".join(wanting))


@operation()
def keys_in_force(
    *, volume: str, nodes: Iterable[str], brick: str, unit: str, root: str, vip: str
) -> Generator[PyinfraCommand, None, None]:
    """Own that what runs of Gluster was started with the keys on disk, on all nodes; one node only. Does nothing where it was.

    Starts anew node after node, and goes on when all is healed.
    """
    names = all_of(nodes)
    stores = everyone(Gluster, names, brick=brick, root=root)
    stale = {name: one.stale for name, one in stores.items() if one is not None and one.stale and one.management}
    if None in stores.values():
        yield shell.refusal("with which keys Gluster runs cannot be read on every node")
    elif not stale:
        host.noop("what runs has read the keys on disk")
    else:
        rolling = Rolling(names, volume, brick, root, unit, vip, given())
        yield from _told(lambda: rolling.renew(stale), "started before the keys on disk came")


def _told(work: Callable[[], None], why: str) -> Generator[PyinfraCommand, None, None]:
    """Do ``work``, which runs commands on several nodes, and fail with what it says where it does not come to its end."""
    command, said = telling(work)
    yield command
    if said:
        yield shell.refusal(f"{why}; on the way from that: {said[0]}. Run tasks/gluster.py again: it goes on from here")


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
    if existing is not None and not gluster.encrypts(existing):  # one that serves is taken there by :func:`encrypted`
        changed = {name: value for name, value in changed.items() if ".ssl" not in name}
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
