"""What may be decided of a node's cluster membership: whose it is, which key, how a configuration gets in force, what is missing."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from webha.cluster.state import (
    ALIKE,
    RELOADABLE,
    SHIPPED_NAME,
    CrmStatus,
    Peer,
    Peers,
    Placement,
    cluster_name,
    flatten,
)
from webha.ground.verdict import Verdict
from webha.vip import manifest as vip


@dataclass(frozen=True)
class ClusterVerdict(Verdict):
    """A decision; ``source``: the node whose key is carried; ``differing``: the settings that changed."""

    source: str | None = None
    differing: tuple[str, ...] = field(default=())


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


def stray(peer: Peer | None, wanted: str, peers: Peers | None = None) -> ClusterVerdict:  # noqa: PLR0911 (one return a case)
    """Decide about a cluster that is already on the node: ours stays, Debian's shipped one goes, any other is refused.

    Ours is, under the wanted name where anything of it lives, what our corosync.conf says; and where that file was lost (a person's
    edit, dpkg's question answered with the package's) what else proves it, with ``peers``, all nodes: it is put back then. One that
    runs as Debian's meanwhile is stopped first; its copy of the configuration goes where another node has that of the cluster.
    """
    if peer is None:
        return ClusterVerdict("refuse", "the node's corosync state is unknown")
    names = {name for name in (cluster_name(peer.configuration), cluster_name(peer.running_configuration)) if name}
    lives = peer.runs or peer.has_cib
    foreign = sorted(names - {wanted, SHIPPED_NAME})
    if foreign and (lives or not peer.wrote):
        return ClusterVerdict(
            "refuse",
            f"this node belongs to the cluster {foreign[0]!r}, not to {wanted!r}: take it out there first, or set cluster_name",
        )
    ours = _proved(peer, wanted, peers or {})
    if not ours and (words := _theirs(peer)):
        return ClusterVerdict("refuse", words)
    if SHIPPED_NAME not in names or wanted == SHIPPED_NAME or not lives:
        lost = ours and not peer.wrote
        return ClusterVerdict("nothing", _LOST if lost else "no other cluster on this node")
    runs = cluster_name(peer.running_configuration or peer.configuration) if peer.runs else None
    if ours and (runs == wanted or (peer.agent and not peer.runs)):
        return ClusterVerdict("nothing", _LOST)
    if peer.agent and ours and not any(one is not None and one.runs_ours(wanted) for one in (peers or {}).values()):
        return ClusterVerdict("stop", "the cluster runs as the package's own one-node cluster here, with our resources")
    return ClusterVerdict("remove", "the package's own one-node cluster is on this node")


_LOST = "the cluster is ours, and its corosync.conf no longer says so: it is put back"


def _proved(peer: Peer, wanted: str, peers: Peers) -> bool:
    """Whether the cluster on the node is ours: by its file, by what runs, by our agent in the CIB, or by a key that another node has
    beside our file.
    """
    if peer.wrote or peer.runs_ours(wanted) or peer.agent:
        return True
    known = [
        one for one in peers.values() if one is not None and one.wrote and cluster_name(one.configuration) == wanted
    ]
    return peer.key is not None and any(one.key == peer.key for one in known)


def _theirs(peer: Peer) -> str:
    """Say what of a cluster that is not proved ours keeps this node out; empty: nothing, it is the package's own at most."""
    foreign = [one for one in peer.resources if one not in vip.OBJECTS]
    if foreign:
        return f"a cluster with resources of somebody's is on this node ({', '.join(foreign)}): delete them there first"
    if not peer.shipped and (peer.configuration or peer.runs):
        return (
            "a corosync.conf is on this node that neither this tool nor Debian's package wrote: take its cluster down and move it away "
            "first"
        )
    if peer.resources:
        return "a cluster is on this node whose web server and address are not ours, though called the same: take it down there first"
    return ""


def key(peers: Peers) -> ClusterVerdict:
    """Decide where the ring's key comes from: the one that is there, else made once; two different ones are refused."""
    unknown = sorted(name for name, peer in peers.items() if peer is None)
    if unknown:
        return ClusterVerdict("refuse", f"whether {', '.join(unknown)} has a corosync key is unknown, so none is made")
    holders = {name: peer.key for name, peer in peers.items() if peer is not None and peer.key}
    if len(set(holders.values())) > 1:
        return ClusterVerdict(
            "refuse",
            f"{', '.join(sorted(holders))} hold different corosync keys: remove /etc/corosync/authkey where it is wrong "
            "(corosync stopped there), then run this again",
        )
    if holders:
        return ClusterVerdict("carry", f"the key of {min(holders)} is everyone's", source=min(holders))
    return ClusterVerdict("make", "no node has a key")


def in_force(peer: Peer | None) -> ClusterVerdict:  # noqa: PLR0911 (one return a case)
    """Decide how the configuration on disk gets in force: ``nothing``, ``start``, ``reload`` or ``restart``."""
    if peer is None:
        return ClusterVerdict("refuse", "the node's corosync state is unknown")
    if not peer.runs:
        return ClusterVerdict("start", "corosync is not running")
    if peer.running_configuration is None:
        return ClusterVerdict("restart", "with which configuration corosync was started is not known")
    if peer.running_key != peer.key:
        return ClusterVerdict("restart", "corosync was started with another key", differing=("authkey",))
    before, after = flatten(peer.running_configuration), flatten(peer.configuration or "")
    differing = tuple(sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name)))
    if not differing:
        return ClusterVerdict("nothing", "corosync runs the configuration on disk")
    if any(name.startswith(ALIKE) and not name.startswith(RELOADABLE) for name in differing):
        return ClusterVerdict(
            "refuse",
            f"{', '.join(differing)} changed: nodes see each other only with the same values, so this cannot be done node by "
            "node. Stop pacemaker and corosync on all nodes, then run this again",
            differing=differing,
        )
    reloadable = all(name.startswith(RELOADABLE) for name in differing)
    return ClusterVerdict("reload" if reloadable else "restart", f"{', '.join(differing)} changed", differing=differing)


def strangers(status: CrmStatus | None, names: tuple[str, ...]) -> list[str]:
    """Say which nodes the cluster knows besides ``names``."""
    known = status.nodes if status is not None else ()
    return [f"{one.name} is no node of ours" for one in known if one.name not in names]


def offline(status: CrmStatus | None, names: tuple[str, ...]) -> list[str]:
    """Say what keeps ``names`` from being one quorate cluster of just these nodes."""
    if status is None:
        return ["pacemaker does not answer"]
    found = [
        f"{name} is not online" for name in names if not any(one.name == name and one.online for one in status.nodes)
    ]
    found += strangers(status, names)
    if not status.quorate:
        found.append("no quorum")
    if status.dc is None:
        found.append("no coordinator (DC) yet")
    return found


def of_others(peers: Mapping[str, Peer | None], wanted: str) -> list[str]:
    """Say which node is another Corosync cluster's, or cannot be asked."""
    verdicts = {name: stray(peer, wanted, peers) for name, peer in peers.items()}
    return [f"{name}: {verdict.reason}" for name, verdict in verdicts.items() if verdict.action == "refuse"]


def not_ours(name: str, peer: Peer | None, wanted: str) -> list[str]:
    """Say that the Corosync cluster on the node ``name`` is not proved ours."""
    verdict = stray(peer, wanted)
    return [f"{name}: {verdict.reason}"] if verdict.action == "refuse" else []


@dataclass(frozen=True)
class _Left:
    """A sentence on what an administrator left; ``placement``: where it is about a place alone."""

    sentence: str
    placement: Placement | None = None


def administration(peer: Peer, ours: Collection[str]) -> list[str]:
    """Say what an administrator left in Pacemaker that keeps it from looking after the resources ``ours``, each with the command that ends it."""
    return [one.sentence for one in _left(peer, ours)]


def forbidden(peer: Peer, everywhere: str, once: str) -> list[str]:
    """Say which of that keeps the cloned resource ``everywhere`` from running on every node, or ``once`` from running at all.

    A move does not: where its node is away another one takes over; nor does a ban of ``once`` from one node.
    """
    return [
        one.sentence
        for one in _left(peer, (everywhere, f"{everywhere}-clone", once))
        if one.placement is None or (one.placement.ban and one.placement.resource != once)
    ]


def _left(peer: Peer, ours: Collection[str]) -> list[_Left]:
    status = peer.status
    if status is None:
        return []
    found = []
    if status.maintenance:
        found.append(
            "maintenance-mode is on, nothing that fails is started again or moved: crm configure property maintenance-mode=false"
        )
    if status.stopped:
        found.append("stop-all-resources is on: crm configure property stop-all-resources=false")
    found += [f"{one.name} is in standby: crm node online {one.name}" for one in status.nodes if one.standby]
    resting = {one.name for one in status.nodes if one.maintenance}
    found += [f"{name} is in maintenance: crm node ready {name}" for name in sorted(resting)]
    for identity in sorted({one.id.partition(":")[0] for one in status.resources} & set(ours)):
        ones = status.instances(identity)
        if any(one.stopped for one in ones):
            found.append(f"{identity} was stopped by a person: crm resource start {identity}")
        if not status.maintenance and any(not one.managed and not set(one.nodes) & resting for one in ones):
            found.append(f"{identity} is not managed, nobody moves or mends it: crm resource manage {identity}")
    placed = [
        _Left(
            f"{one.resource} must {'not ' if one.ban else ''}run on {one.node} ({one.id}), ready or not: crm resource clear {one.resource}",
            one,
        )
        for one in (*peer.preferences, *status.bans)
        if one.id.startswith("cli-") and one.resource in ours and one.node
    ]
    return [*map(_Left, found), *placed]
