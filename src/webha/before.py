"""What of somebody else's a step would overwrite, told from all nodes before anything is changed on any of them.

Each function returns a sentence for every thing it found: the node, the path, what lies there, the way out. What
cannot be told counts as somebody's.
"""

from collections.abc import Mapping

from webha.cluster import Peer, stray
from webha.drupal import Site
from webha.galera import Member
from webha.galera_data import PLACE, owning
from webha.gluster import Store


def databases(members: Mapping[str, Member | None]) -> list[str]:
    """Say which node's MariaDB must not be given Galera's configuration: with it, its next start may erase what it holds.

    The first node may bring databases of its own: where no cluster is yet, they become the cluster's.
    """
    found = []
    first = next(iter(members))
    known = [member for member in members.values() if member is not None]
    clusters = {str(member.uuid) for member in known if member.primary}
    for name, member in members.items():
        if member is None:
            found.append(f"{name}: the state of its database cannot be read: its data directory, grastate.dat, systemd")
        elif member.elsewhere:
            found.append(
                f"{name}: mariadbd keeps its data in {', '.join(member.elsewhere)} (datadir in a file under /etc/mysql, or in its unit), "
                f"and only {PLACE} is looked after here: move them there, or make it a link to them, and take that line out"
            )
        elif member.grastate and member.grastate.has_history and not member.configured and not member.primary:
            if member.grastate.uuid not in clusters:
                found.append(
                    f"{name}: {PLACE} holds the history of a cluster that is not this one ({member.grastate.uuid}): "
                    "save it if you need it, and move it away"
                )
        elif member.own and (name != first or clusters):
            foreign = [one for one in member.databases if one not in member.made]
            ahead = "" if clusters else f"; or name {name} first in inventory.py: its databases become the cluster's"
            found.append(f"{owning(name, foreign, member.strangers)}{ahead}")
        elif member.own and member.databases and member.runs:
            found.append(
                f"{name}: MariaDB runs with databases of its own ({', '.join(member.databases)}). They become the cluster's, but it must "
                "stand still for that: 'systemctl stop mariadb' there, then this again"
            )
    return found


def membership(peers: Mapping[str, Peer | None], cluster_name: str) -> list[str]:
    """Say which node is another Corosync cluster's, or cannot be asked."""
    verdicts = {name: stray(peer, cluster_name) for name, peer in peers.items()}
    return [f"{name}: {verdict.reason}" for name, verdict in verdicts.items() if verdict.action == "refuse"]


def storage(stores: Mapping[str, Store | None], volume: str, brick: str, root: str) -> list[str]:
    """Say which node's brick directory or docroot holds what is not the volume's."""
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
        if store.mounted not in (None, "fuse.glusterfs"):
            found.append(
                f"{name}: {root} is a mount of type {store.mounted}: unmount it, and take it out of fstab, first"
            )
        if store.under:
            found.append(
                f"{name}: {root} holds files of this node alone ({', '.join(store.under)}): move them away, the volume is mounted over them"
            )
    return found


def code(sites: Mapping[str, Site | None], root: str) -> list[str]:
    """Say that the mounted volume holds what is neither a release of ours nor a site of somebody's."""
    foreign = [name for name, site in sites.items() if site is not None and site.mounted and site.code == "foreign"]
    if not foreign:
        return []
    return [
        f"the volume at {root} holds files that are not this tool's (seen from {', '.join(foreign)}): move them away, or unpack your "
        "own Drupal with an index.php"
    ]
