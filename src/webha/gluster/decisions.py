"""What may be decided of the pool and the volume: whom to probe, whether to create, which options differ."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from webha.gluster.state import PoolMember, Store, Volume
from webha.ground.verdict import Verdict


@dataclass(frozen=True)
class PoolVerdict(Verdict):
    """A decision, and the nodes it is about."""

    names: tuple[str, ...] = ()


def to_probe(
    own: str, names: tuple[str, ...], aliases: Mapping[str, tuple[str, ...]], pool: tuple[PoolMember, ...] | None
) -> PoolVerdict:
    """Decide which nodes ``own`` has to probe; a pool with a stranger in it is refused.

    ``aliases``: what else a node may be called (address, full name). A node that the pool knows only by its address
    is probed again by name, as the document does from a second node, so that bricks and peers have the same names.
    """
    if pool is None:
        return PoolVerdict("refuse", "glusterd does not answer, so who is in its pool is unknown")
    ours = {alias: name for name in names for alias in (name, *aliases.get(name, ()))}
    strangers = [peer.hostnames[0] for peer in pool if not any(alias in ours for alias in peer.hostnames)]
    if strangers:
        return PoolVerdict(
            "refuse",
            f"the pool of {own} holds {', '.join(strangers)}, no node of this cluster: "
            "'gluster peer detach' it, or take this node out of its old pool first",
        )
    known = {alias for peer in pool for alias in peer.hostnames}
    missing = tuple(name for name in names if name != own and name not in known)
    if missing:
        return PoolVerdict("probe", f"{', '.join(missing)} not in the pool of {own} by name", missing)
    return PoolVerdict("nothing", f"{own} knows all nodes by name")


def to_create(name: str, bricks: tuple[str, ...], stores: Mapping[str, Store | None]) -> PoolVerdict:  # noqa: PLR0911 (one return a case)
    """Decide whether to create the volume, start it, or leave it.

    Refuses a volume of that name made of other bricks, and brick directories that hold somebody's files.
    """
    for node, store in sorted(stores.items()):
        if store is None or store.volumes is None:
            return PoolVerdict("refuse", f"glusterd of {node} does not answer, so whether {name} exists is unknown")
    known = {node: store for node, store in stores.items() if store is not None}
    volume = next((found for store in known.values() if (found := store.volume(name))), None)
    if volume is not None:
        if set(volume.bricks) != set(bricks) or volume.replica != len(bricks):
            return PoolVerdict("refuse", _other_bricks(volume, bricks))
        if volume.status != "Started":
            return PoolVerdict("start", f"volume {name} is {volume.status}")
        return PoolVerdict("nothing", f"volume {name} is started")
    foreign = sorted(node for node, store in known.items() if store.brick == "foreign")
    if foreign:
        return PoolVerdict(
            "refuse",
            f"the brick directory of {', '.join(foreign)} holds files that are no volume's: move them away first",
        )
    used = tuple(sorted(node for node, store in known.items() if store.brick == "used"))
    if used:
        return PoolVerdict(
            "refuse",
            f"the brick directory of {', '.join(used)} belonged to a volume that is gone, its files may be the last copy: "
            "save them, then move the directory away",
        )
    return PoolVerdict("create", f"there is no volume {name}")


def _other_bricks(volume: Volume, wanted: Collection[str]) -> str:
    return (
        f"volume {volume.name} exists with other bricks ({', '.join(volume.bricks)}, replica {volume.replica}), "
        f"wanted: {', '.join(sorted(wanted))}"
    )


def differing(volume: Volume, options: Mapping[str, str]) -> dict[str, str]:
    """Return the options whose value in the volume is another than wanted (an option never set counts as another)."""
    return {name: value for name, value in options.items() if volume.options.get(name) != value}


def unsafe(volume: Volume, options: Mapping[str, str]) -> list[str]:
    """Say which option that keeps two halves from writing at once is another in the volume than in ``options``, the data's."""
    wanted = {name: options[name] for name in ("cluster.quorum-type", "cluster.server-quorum-type") if name in options}
    return [
        f"{name} of {volume.name} is {volume.options.get(name, 'not set')} and the data say {value} (whether a minority writes): "
        "run tasks/gluster.py, or mend the data"
        for name, value in differing(volume, wanted).items()
    ]


def of_others(
    stores: Mapping[str, Store | None], volume: str, brick: str, root: str, names: Collection[str] = ()
) -> list[str]:
    """Say which node's brick directory or docroot holds what is not the volume's; and, with the nodes' ``names``, that it is made of other bricks."""
    known = next((one for store in stores.values() if store is not None and (one := store.volume(volume))), None)
    wanted = {f"{name}:{brick}" for name in names}
    if known is not None and wanted and set(known.bricks) != wanted:
        return [_other_bricks(known, wanted)]
    found = []
    ours = {store.known[volume] for store in stores.values() if store is not None and volume in store.known}
    for name, store in stores.items():
        if store is None:
            found.append(f"{name}: what lies at {brick} and {root} cannot be read")
            continue
        if store.brick == "foreign":
            what = f"holds {', '.join(store.brick_holds)}" if store.brick_holds else "is no directory"
            found.append(
                f"{name}: {brick} {what}, of no volume: move it away, or set gluster_brick to another directory"
            )
        elif store.brick == "used" and store.brick_id not in ours:
            found.append(
                f"{name}: {brick} belonged to a volume that is gone (id {store.brick_id}), its files may be the last copy: "
                "save them, then move the directory away"
            )
        if store.mounted is not None and store.source != f"localhost:/{volume}":
            found.append(
                f"{name}: {store.source} is mounted at {root}, and not the volume {volume}: unmount it, and take it out of fstab, first"
            )
        if store.under:
            found.append(
                f"{name}: {root} holds files of this node alone ({', '.join(store.under)}): move them away, the volume is mounted over them"
            )
    return found


def not_ours(
    name: str, store: Store | None, ours: Collection[str], *, volume: str, brick: str, marked: bool
) -> list[str]:
    """Say what of this node's storage is not proved ours; ``ours``: the volume's ids, ``marked``: our release is on the volume."""
    if store is None:
        return [f"{name}: what lies at {brick} cannot be read"]
    found = []
    others = sorted(set(store.known) - {volume})
    if others:
        found.append(f"{name}: glusterd also has the volume {', '.join(others)}: stop and delete it first")
    if store.brick == "foreign":
        what = ", ".join(store.brick_holds) or "it is no directory"
        found.append(
            f"{name}: {brick} is no brick of {volume} ({what}): set gluster_brick to the one that is, or move it away"
        )
    elif store.brick == "used" and store.brick_id not in ours:
        found.append(
            f"{name}: {brick} carries the id of another volume than {volume} ({store.brick_id}): save what is in it, and move it away"
        )
    elif store.brick == "used" and store.brick_holds and not (marked or store.brick_site & {"release", "unpack"}):
        found.append(
            f"{name}: the volume {volume} holds what this tool did not put there ({', '.join(store.brick_holds)}): move it away first"
        )
    elif "own-settings" in store.brick_site:
        found.append(
            f"{name}: the site on {brick} has a settings.php of its own: save the site, and move it away first"
        )
    return found


def volume_ids(stores: Iterable[Store | None], volume: str) -> frozenset[str]:
    """Return the ids that any node's glusterd knows ``volume`` by; one, where nobody made another of the same name."""
    return frozenset(one.known[volume] for one in stores if one is not None and volume in one.known)
