"""Corosync and Pacemaker: what a node says of its membership, and what may be decided from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from webha import verdict
from webha.shown import Shown

SHIPPED_NAME = "debian"  # the one-node cluster that Debian's corosync package configures

# What corosync takes over from a changed file with `corosync-cfgtool -R`, without leaving the membership
# (corosync.conf(5)); anything else is in force only after a restart.
RELOADABLE = (
    "totem.token",
    "totem.token_coefficient",
    "totem.consensus",
    "totem.crypto_cipher",
    "totem.crypto_hash",
    "totem.interface.knet_ping_timeout",
    "logging.",
)
# What all nodes must have alike to see each other at all: a node restarted with the new value would stand alone.
ALIKE = ("totem.cluster_name", "totem.transport", "totem.interface.", "nodelist.")


@dataclass(frozen=True)
class CrmNode:
    """One node in crm_mon's eyes."""

    name: str
    online: bool


@dataclass(frozen=True)
class CrmResource:
    """One resource instance: where it is active, and what is wrong with it."""

    id: str
    nodes: tuple[str, ...]
    role: str
    failed: bool
    blocked: bool


@dataclass(frozen=True)
class CrmStatus:
    """What ``crm_mon`` shows of the whole cluster."""

    dc: str | None
    quorate: bool
    nodes: tuple[CrmNode, ...]
    resources: tuple[CrmResource, ...] = ()

    def instances(self, identity: str) -> tuple[CrmResource, ...]:
        """Return the resource of that id; of a cloned one all its instances."""
        return tuple(one for one in self.resources if one.id.partition(":")[0] == identity)

    def places(self, identity: str) -> set[str]:
        """Return the nodes on which the resource is active."""
        return {node for one in self.instances(identity) for node in one.nodes}


@dataclass(frozen=True)
class Peer(Shown):
    """One node as probed. Digests and texts are None where the file is not there; ``resources``: those of the CIB on disk.

    ``running_*`` is what the running corosync was started with or last reloaded, noted by our drop-in.
    """

    installed: bool
    corosync: str
    pacemaker: str
    key: str | None = None
    running_key: str | None = None
    configuration: str | None = None
    running_configuration: str | None = None
    has_cib: bool = False
    resources: tuple[str, ...] = ()
    status: CrmStatus | None = None

    @property
    def wrote(self) -> bool:
        """Whether corosync.conf says that it is ours."""
        return "Written by pyinfra-webha" in (self.configuration or "").partition("\n")[0]

    @property
    def runs(self) -> bool:
        """Whether corosync runs."""
        return self.corosync in ("active", "activating", "reloading")


Peers = Mapping[str, Peer | None]


@dataclass(frozen=True)
class Verdict(verdict.Verdict):
    """A decision; ``source``: the node whose key is carried; ``differing``: the settings that changed."""

    source: str | None = None
    differing: tuple[str, ...] = field(default=())


def parse_crm_mon(text: str) -> CrmStatus:
    """Read ``crm_mon --one-shot --output-as=xml`` of Pacemaker 2.1 and 3.0."""
    root = ET.fromstring(text)  # noqa: S314 (from our own node's root-only command)
    dc = root.find("summary/current_dc")
    nodes = tuple(
        CrmNode(one.get("name", ""), one.get("online") == "true" and one.get("pending") != "true")
        for one in root.findall("nodes/node")
    )
    resources = tuple(
        CrmResource(
            one.get("id", ""),
            tuple(node.get("name", "") for node in one.findall("node")) if one.get("active") == "true" else (),
            one.get("role", ""),
            one.get("failed") == "true",
            one.get("blocked") == "true",
        )
        for one in root.iter("resource")
    )
    present = dc is not None and dc.get("present") == "true"
    return CrmStatus(
        dc.get("name") if dc is not None and present else None,
        dc is not None and dc.get("with_quorum") == "true",
        nodes,
        resources,
    )


def misplaced(status: CrmStatus, everywhere: str, once: str, names: tuple[str, ...]) -> list[str]:
    """Say what keeps the resource ``everywhere`` from being active on all ``names`` and ``once`` on one; empty: nothing does."""
    found = [
        f"{identity} is configured nowhere: run tasks/vip.py"
        for identity in (once, everywhere)
        if not status.instances(identity)
    ]
    if found:
        return found
    holders = sorted(status.places(once))
    if len(holders) != 1:
        found.append(f"{once} runs {'on ' + ' and '.join(holders) if holders else 'nowhere'}: crm_mon -1rf")
    missing = [name for name in names if name not in status.places(everywhere)]
    if missing:
        found.append(f"{everywhere} does not run on {', '.join(missing)}: crm_mon -1rf")
    found += [
        f"{one.id} {'is blocked' if one.blocked else 'has failed'} on {', '.join(one.nodes) or 'a node'}: crm_mon -1rf"
        for one in status.instances(once) + status.instances(everywhere)
        if one.failed or one.blocked
    ]
    return found


def flatten(configuration: str) -> dict[str, str]:
    """Return corosync.conf as dotted keys; the n-th ``node`` of the nodelist is ``nodelist.node.n``."""
    values: dict[str, str] = {}
    path: list[str] = []
    count = 0
    for raw in configuration.splitlines():
        line = raw.split("#", 1)[0].strip()
        if line.endswith("{"):
            section = line[:-1].strip()
            if section == "node":
                section, count = f"node.{count}", count + 1
            path.append(section)
        elif line == "}":
            del path[-1:]  # a brace too many is corosync's to refuse, not ours to stumble over
        elif ":" in line:
            key, _, value = line.partition(":")
            values[".".join([*path, key.strip()])] = value.strip()
    return values


def cluster_name(configuration: str | None) -> str | None:
    """Return the cluster's name in a corosync.conf."""
    return flatten(configuration).get("totem.cluster_name") if configuration else None


def stray(peer: Peer | None, wanted: str) -> Verdict:
    """Decide about a cluster that is already on the node: ours stays, Debian's shipped one goes, any other is refused."""
    if peer is None:
        return Verdict("refuse", "the node's corosync state is unknown")
    names = {name for name in (cluster_name(peer.configuration), cluster_name(peer.running_configuration)) if name}
    foreign = sorted(names - {wanted, SHIPPED_NAME})
    if foreign and (peer.runs or peer.has_cib or not peer.wrote):
        return Verdict(
            "refuse",
            f"this node belongs to the cluster {foreign[0]!r}, not to {wanted!r}: take it out there first, or set cluster_name",
        )
    if SHIPPED_NAME in names and wanted != SHIPPED_NAME and peer.resources:
        return Verdict(
            "refuse",
            f"the package's one-node cluster {SHIPPED_NAME!r} on this node has resources of somebody's ({', '.join(peer.resources)}): "
            "delete them there first, or set cluster_name",
        )
    if SHIPPED_NAME in names and wanted != SHIPPED_NAME and (peer.runs or peer.has_cib):
        return Verdict("remove", "the package's own one-node cluster is on this node")
    return Verdict("nothing", "no other cluster on this node")


def key(peers: Peers) -> Verdict:
    """Decide where the ring's key comes from: the one that is there, else made once; two different ones are refused."""
    unknown = sorted(name for name, peer in peers.items() if peer is None)
    if unknown:
        return Verdict("refuse", f"whether {', '.join(unknown)} has a corosync key is unknown, so none is made")
    holders = {name: peer.key for name, peer in peers.items() if peer is not None and peer.key}
    if len(set(holders.values())) > 1:
        return Verdict(
            "refuse",
            f"{', '.join(sorted(holders))} hold different corosync keys: remove /etc/corosync/authkey where it is wrong "
            "(corosync stopped there), then run this again",
        )
    if holders:
        return Verdict("carry", f"the key of {min(holders)} is everyone's", source=min(holders))
    return Verdict("make", "no node has a key")


def in_force(peer: Peer | None) -> Verdict:  # noqa: PLR0911 (one return a case)
    """Decide how the configuration on disk gets in force: ``nothing``, ``start``, ``reload`` or ``restart``."""
    if peer is None:
        return Verdict("refuse", "the node's corosync state is unknown")
    if not peer.runs:
        return Verdict("start", "corosync is not running")
    if peer.running_configuration is None:
        return Verdict("restart", "with which configuration corosync was started is not known")
    if peer.running_key != peer.key:
        return Verdict("restart", "corosync was started with another key", differing=("authkey",))
    before, after = flatten(peer.running_configuration), flatten(peer.configuration or "")
    differing = tuple(sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name)))
    if not differing:
        return Verdict("nothing", "corosync runs the configuration on disk")
    if any(name.startswith(ALIKE) and not name.startswith(RELOADABLE) for name in differing):
        return Verdict(
            "refuse",
            f"{', '.join(differing)} changed: nodes see each other only with the same values, so this cannot be done node by "
            "node. Stop pacemaker and corosync on all nodes, then run this again",
            differing=differing,
        )
    reloadable = all(name.startswith(RELOADABLE) for name in differing)
    return Verdict("reload" if reloadable else "restart", f"{', '.join(differing)} changed", differing=differing)


def offline(status: CrmStatus | None, names: tuple[str, ...]) -> list[str]:
    """Say what keeps ``names`` from being one quorate cluster of just these nodes."""
    if status is None:
        return ["pacemaker does not answer"]
    found = [
        f"{name} is not online" for name in names if not any(one.name == name and one.online for one in status.nodes)
    ]
    found += [f"{one.name} is no node of ours" for one in status.nodes if one.name not in names]
    if not status.quorate:
        found.append("no quorum")
    if status.dc is None:
        found.append("no coordinator (DC) yet")
    return found
