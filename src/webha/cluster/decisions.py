"""What may be decided of a node's cluster membership: whose it is, which key, how a configuration gets in force, what is missing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from webha.cluster.corosync_conf import ALIKE, RELOADABLE, SHIPPED_NAME, cluster_name, flatten, ring
from webha.cluster.state import (
    CrmStatus,
    Peer,
    Peers,
)
from webha.ground.verdict import Verdict
from webha.run.inventory import Node
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
    differing = _differing(peer.running_configuration, peer.configuration or "")
    if not differing:
        return ClusterVerdict("nothing", "corosync runs the configuration on disk")
    if any(map(_alike, differing)):
        return ClusterVerdict("refuse", _together(differing), differing=differing)
    reloadable = all(name.startswith(RELOADABLE) for name in differing)
    return ClusterVerdict("reload" if reloadable else "restart", f"{', '.join(differing)} changed", differing=differing)


def _differing(before: str, after: str) -> tuple[str, ...]:
    one, other = flatten(before), flatten(after)
    return tuple(sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name)))


def _alike(setting: str) -> bool:
    return setting.startswith(ALIKE) and not setting.startswith(RELOADABLE)


def _together(differing: Iterable[str]) -> str:
    return (
        f"{', '.join(differing)} changed: nodes see each other only with the same values, so this cannot be done node by "
        "node. Stop pacemaker and corosync on all nodes, then run this again"
    )


def other_nodes(peers: Mapping[str, Peer | None], nodes: Iterable[Node]) -> list[str]:
    """Say that the cluster of ours that runs is not of the inventory's ``nodes``, in its order and with its addresses."""
    wanted = tuple((node.name, node.address) for node in nodes)
    found = [
        f"{name}: whether a cluster runs there, and of which nodes, cannot be read: systemctl status corosync"
        for name, peer in peers.items()
        if peer is None
    ]
    rings: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for name, peer in peers.items():
        if peer is not None and peer.runs_what_we_wrote and peer.running_configuration:
            rings.setdefault(ring(peer.running_configuration), []).append(name)
    return found + [
        f"the cluster that runs on {', '.join(names)} is of {_listed(theirs)}; the inventory has {_listed(wanted)}: nodes are not added, "
        "removed, put in another order or given other addresses while it runs. Write them in inventory.py as they are, or stop "
        "pacemaker and corosync on all nodes first"
        for theirs, names in rings.items()
        if theirs and theirs != wanted
    ]


def _listed(nodes: Iterable[tuple[str, str]]) -> str:
    return ", ".join(f"{name} ({address})" for name, address in nodes)


def not_alike(peers: Mapping[str, Peer | None], wanted: str) -> list[str]:
    """Say which settings of the corosync.conf ``wanted`` a node that runs cannot be given while the others run."""
    found = []
    for name, peer in peers.items():
        if peer is not None and peer.runs_what_we_wrote and peer.running_configuration:
            differing = [one for one in _differing(peer.running_configuration, wanted) if _alike(one)]
            found += [f"{name}: {_together(differing)}"] if differing else []
    return found


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
