"""GlusterFS: the trusted pool, the volume and the mount, and what may be decided from them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from webha import verdict
from webha.probe import ProbeError
from webha.shown import Shown

CONNECTED = "3"  # glusterd's "Peer in Cluster"


@dataclass(frozen=True)
class PoolMember:
    """Another node of the trusted pool, under all the names that glusterd knows it by."""

    hostnames: tuple[str, ...]
    connected: bool
    state: str

    @property
    def settled(self) -> bool:
        """Whether it is connected and a full member."""
        return self.connected and self.state == CONNECTED


@dataclass(frozen=True)
class Volume:
    """A volume as ``gluster volume info`` describes it. ``status``: Created, Started, Stopped."""

    name: str
    status: str
    replica: int
    bricks: tuple[str, ...]
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Store(Shown):
    """One node's part. ``pool``, ``volumes`` are None where glusterd does not answer (which is not "none").

    ``brick``: ``absent``, ``empty``, ``used`` (it carries a volume's id, ``brick_id``) or ``foreign`` (files, and no volume's
    id; or no directory). ``brick_holds``: some names of what is in it; ``brick_site``: what of ours: ``release``, ``unpack`` (one
    cut off), ``settings``, or ``own-settings`` of somebody's. ``known``: volume to id, from glusterd's own files.
    ``mounted``: the file system type at the docroot, None where nothing is mounted; ``reachable``: it answers.
    ``under``: some names of what lies at the docroot while nothing is mounted. ``sealed``: the directory under the mount
    cannot be written (None: could not be seen).
    """

    installed: bool
    glusterd: str
    pool: tuple[PoolMember, ...] | None = None
    volumes: tuple[Volume, ...] | None = None
    brick: str = "absent"
    brick_id: str | None = None
    brick_holds: tuple[str, ...] = ()
    brick_site: frozenset[str] = frozenset()
    known: Mapping[str, str] = field(default_factory=dict)
    under: tuple[str, ...] = ()
    mounted: str | None = None
    reachable: bool = False
    sealed: bool | None = None

    def volume(self, name: str) -> Volume | None:
        """Return the volume of that name, None where there is none."""
        return next((one for one in self.volumes or () if one.name == name), None)


@dataclass(frozen=True)
class Verdict(verdict.Verdict):
    """A decision, and the nodes it is about."""

    names: tuple[str, ...] = ()


def parse_pool(text: str) -> tuple[PoolMember, ...]:
    """Read ``gluster peer status --xml``."""
    root = _checked(text)
    return tuple(
        PoolMember(
            tuple(name.text or "" for name in peer.findall("hostnames/hostname")) or (peer.findtext("hostname", ""),),
            peer.findtext("connected") == "1",
            peer.findtext("state", ""),
        )
        for peer in root.findall("peerStatus/peer")
    )


def parse_volumes(text: str) -> tuple[Volume, ...]:
    """Read ``gluster volume info --xml``."""
    root = _checked(text)
    return tuple(
        Volume(
            volume.findtext("name", ""),
            volume.findtext("statusStr", ""),
            int(volume.findtext("replicaCount", "0")),
            tuple((brick.findtext("name") or brick.text or "").strip() for brick in volume.findall("bricks/brick")),
            {option.findtext("name", ""): option.findtext("value", "") for option in volume.findall("options/option")},
        )
        for volume in root.findall("volInfo/volumes/volume")
    )


def _checked(text: str) -> ET.Element:
    try:
        root = ET.fromstring(text.strip())  # noqa: S314 (from our own node's root-only command)
    except ET.ParseError as error:
        raise ProbeError(f"gluster: {text.strip() or error}") from error
    if root.findtext("opRet") != "0":
        raise ProbeError(f"gluster: {root.findtext('opErrstr') or root.findtext('opErrno')}")
    return root


def to_probe(own: str, names: tuple[str, ...], aliases: Mapping[str, tuple[str, ...]], store: Store | None) -> Verdict:
    """Decide which nodes ``own`` has to probe; a pool with a stranger in it is refused.

    ``aliases``: what else a node may be called (address, full name). A node that the pool knows only by its address
    is probed again by name, as the document does from a second node, so that bricks and peers have the same names.
    """
    if store is None or store.pool is None:
        return Verdict("refuse", "glusterd does not answer, so who is in its pool is unknown")
    ours = {alias: name for name in names for alias in (name, *aliases.get(name, ()))}
    strangers = [peer.hostnames[0] for peer in store.pool if not any(alias in ours for alias in peer.hostnames)]
    if strangers:
        return Verdict(
            "refuse",
            f"the pool of {own} holds {', '.join(strangers)}, no node of this cluster: "
            "'gluster peer detach' it, or take this node out of its old pool first",
        )
    known = {alias for peer in store.pool for alias in peer.hostnames}
    missing = tuple(name for name in names if name != own and name not in known)
    if missing:
        return Verdict("probe", f"{', '.join(missing)} not in the pool of {own} by name", missing)
    return Verdict("nothing", f"{own} knows all nodes by name")


def to_create(name: str, bricks: tuple[str, ...], stores: Mapping[str, Store | None]) -> Verdict:  # noqa: PLR0911 (one return a case)
    """Decide whether to create the volume, start it, or leave it.

    Refuses a volume of that name made of other bricks, and brick directories that hold somebody's files.
    """
    for node, store in sorted(stores.items()):
        if store is None or store.volumes is None:
            return Verdict("refuse", f"glusterd of {node} does not answer, so whether {name} exists is unknown")
    known = {node: store for node, store in stores.items() if store is not None}
    volume = next((found for store in known.values() if (found := store.volume(name))), None)
    if volume is not None:
        if set(volume.bricks) != set(bricks) or volume.replica != len(bricks):
            return Verdict(
                "refuse",
                f"volume {name} exists with other bricks ({', '.join(volume.bricks)}, replica {volume.replica}), "
                f"wanted: {', '.join(bricks)}",
            )
        if volume.status != "Started":
            return Verdict("start", f"volume {name} is {volume.status}")
        return Verdict("nothing", f"volume {name} is started")
    foreign = sorted(node for node, store in known.items() if store.brick == "foreign")
    if foreign:
        return Verdict(
            "refuse",
            f"the brick directory of {', '.join(foreign)} holds files that are no volume's: move them away first",
        )
    used = tuple(sorted(node for node, store in known.items() if store.brick == "used"))
    if used:
        return Verdict(
            "refuse",
            f"the brick directory of {', '.join(used)} belonged to a volume that is gone, its files may be the last copy: "
            "save them, then move the directory away",
        )
    return Verdict("create", f"there is no volume {name}")


def differing(volume: Volume, options: Mapping[str, str]) -> dict[str, str]:
    """Return the options whose value in the volume is another than wanted (an option never set counts as another)."""
    return {name: value for name, value in options.items() if volume.options.get(name) != value}


def mount_unit(path: str) -> str:
    """Return the name of the systemd mount unit of ``path`` (systemd.unit(5), "String escaping")."""

    def escaped(character: str, first: bool) -> str:
        if character == "/":
            return "-"
        if character.isascii() and (character.isalnum() or character in ":_" or (character == "." and not first)):
            return character
        return "".join(f"\\x{byte:02x}" for byte in character.encode())

    plain = "/".join(part for part in path.split("/") if part) or "/"
    return "".join(escaped(one, index == 0) for index, one in enumerate(plain)) + ".mount"
