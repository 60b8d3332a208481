"""GlusterFS: the trusted pool, the volume and the mount, and what may be decided from them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from webha.certificates import Certificate
from webha.ground.forms import AsJson
from webha.ground.probe import ProbeError

CONNECTED = "3"  # glusterd's "Peer in Cluster"


@dataclass(frozen=True)
class PoolMember(AsJson):
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
class Store(AsJson):
    """One node's part. ``pool``, ``volumes`` are None where glusterd does not answer (which is not "none").

    ``brick``: ``absent``, ``empty``, ``used`` (it carries a volume's id, ``brick_id``) or ``foreign`` (files, and no volume's
    id; or no directory). ``brick_holds``: some names of what is in it; ``brick_site``: what of ours: ``release``, ``unpack`` (one
    cut off), ``settings``, or ``own-settings`` of somebody's. ``known``: volume to id, from glusterd's own files.
    ``mounted``: the file system type at the docroot, None where nothing is mounted, and its ``source``; ``reachable``: it answers.
    ``under``: some names of what lies at the docroot while nothing is mounted. ``sealed``: the directory under the mount
    cannot be written (None: could not be seen). ``management``: glusterd was started to speak TLS with others, ``secure``: it will be; ``moving``: the volume is on
    its way between clear and TLS; ``stale``: what runs with older keys than those on disk (``glusterd``, ``brick``, ``client``);
    ``certificates``: of the node's key, ``authorities``: of whom it takes others' (None: cannot be read).
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
    source: str | None = None
    reachable: bool = False
    sealed: bool | None = None
    management: bool = False
    secure: bool = False
    moving: bool = False
    stale: tuple[str, ...] = ()
    certificates: tuple[Certificate, ...] | None = ()
    authorities: tuple[Certificate, ...] | None = ()

    def volume(self, name: str) -> Volume | None:
        """Return the volume of that name, None where there is none."""
        return next((one for one in self.volumes or () if one.name == name), None)


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
