"""Bringing nodes back to bare, whole or by layer: what goes, and what is somebody else's and therefore stays."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from webha.cluster import SHIPPED_NAME, Peer
from webha.cluster import cluster_name as name_in
from webha.drupal import Site
from webha.galera import Member
from webha.galera_data import PLACE
from webha.gluster import Store
from webha.shown import Shown

# In the order of taking down: what stands on another layer goes first.
LAYERS = ("cloud", "vip", "drupal", "gluster", "cluster", "apache", "galera", "hosts")
# How every apt-get of ours that installed something begins in apt's own history.
OUR_APT = (
    "-o DPkg::Lock::Timeout=600 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "
    "install --no-install-recommends"
)
# Packages that nobody needs, by apt's own judgement; a mere suggestion is no need.
SUPERFLUOUS = (
    "apt-get -s -o APT::AutoRemove::SuggestsImportant=false autoremove | "
    "sed -n 's/^\\(Remv\\|Purg\\) \\([^ ]*\\).*/\\2/p' | sort"
)


@dataclass(frozen=True)
class Plan:
    """Which layers go, in order; ``refusal`` says why none does."""

    layers: tuple[str, ...]
    refusal: str | None = None


@dataclass(frozen=True)
class Remains(Shown):
    """What is left of a layer: packages that we installed, and files."""

    packages: tuple[str, ...]
    paths: tuple[str, ...]


@dataclass(frozen=True)
class Belongings(Shown):
    """What a reset would erase on one node, layer by layer. None: could not be read."""

    galera: Member | None
    cluster: Peer | None
    gluster: Store | None
    drupal: Site | None


def plan(layer: str | None, confirm: str | None, cluster_name: str) -> Plan:
    """Decide what to take down: everything, or one ``layer`` (comma-separated for several), only when confirmed by name.

    Erasing a database and a file system is nothing to fall into: without ``confirm`` equal to the cluster's name
    nothing is touched.
    """
    if confirm != cluster_name:
        return Plan(
            (),
            f"this erases databases and files for good: repeat with --data confirm={cluster_name} "
            f"(and --data layer=NAME for one of {', '.join(LAYERS)})",
        )
    if layer is None:
        return Plan(LAYERS)
    wanted = {name.strip() for name in str(layer).split(",")}
    unknown = sorted(wanted - set(LAYERS))
    if unknown:
        return Plan((), f"no layer {', '.join(unknown)}: choose from {', '.join(LAYERS)}")
    return Plan(tuple(name for name in LAYERS if name in wanted))


def installed_by_us(history: str) -> frozenset[str]:
    """Return the packages that our own runs asked apt for and apt installed, from those paragraphs of its history.

    What apt brought along counts as automatic there and goes when nobody needs it; what was here before is not listed.
    """
    found: set[str] = set()
    ours = False
    for line in history.splitlines():
        if line.startswith("Commandline: "):
            ours = OUR_APT in line
        elif ours and line.startswith("Install: "):
            listed = re.findall(r"([^\s,:()]+):\w+ \(([^)]*)\)", line)
            found |= {name for name, version in listed if not version.endswith("automatic")}
    return frozenset(found)


def packages(lists: Mapping[str, Collection[str]], layer: str, going: Collection[str]) -> tuple[str, ...]:
    """Return the packages of ``layer`` that no layer needs which stays; ``lists``: layer to packages."""
    staying = {name for other, names in lists.items() if other not in going for name in names}
    return tuple(name for name in lists[layer] if name not in staying)


def of_others(
    nodes: Mapping[str, Belongings | None],
    layers: Collection[str],
    *,
    database: str,
    volume: str,
    brick: str,
    root: str,
    cluster_name: str,
) -> list[str]:
    """Say what in ``layers`` is not proved to be ours: a sentence each, with node, place and the way out.

    ``database`` is the site's: ours by its mark, or because the volume (or a brick) carries our release with our settings.
    """
    found = [f"{name}: what there is to erase cannot be read" for name, one in nodes.items() if one is None]
    known = {name: one for name, one in nodes.items() if one is not None}
    site = any(
        (one.drupal is not None and one.drupal.ours)
        or (one.gluster is not None and {"release", "settings"} <= one.gluster.brick_site)
        for one in known.values()
    )
    volumes = volume_ids((one.gluster for one in known.values()), volume)
    for name, one in known.items():
        if "drupal" in layers:
            found += site_of_others(name, one.drupal, database, root, site)
        if "gluster" in layers:
            found += _storage(name, one.gluster, volumes, volume, brick)
        if "cluster" in layers:
            found += _cluster(name, one.cluster, cluster_name)
        if "galera" in layers:
            found += _databases(name, one.galera, {database} if site else set())
    return found


def volume_ids(stores: Iterable[Store | None], volume: str) -> frozenset[str]:
    """Return the ids that any node's glusterd knows ``volume`` by; one, where nobody made another of the same name."""
    return frozenset(one.known[volume] for one in stores if one is not None and volume in one.known)


def site_of_others(name: str, site: Site | None, database: str, root: str, ours: bool) -> list[str]:
    """Say what of the site on the volume and in the database is somebody's; ``ours``: its database is proved elsewhere."""
    if site is None:
        return [f"{name}: what the docroot {root} and the database {database} hold cannot be read"]
    found = []
    if site.mounted and (site.code == "foreign" or (site.code == "complete" and site.release is None)):
        found.append(f"{name}: the volume at {root} holds a site that this tool did not put there: move it away first")
    elif site.mounted and site.settings == "foreign":
        found.append(
            f"{name}: {root}/sites/default/settings.php is somebody's own: save the site, and move it away first"
        )
    if site.database and site.tables and not (site.made or ours):
        found.append(
            f"{name}: the database {database} has {site.tables} tables and is not proved ours: dump it, and drop it yourself"
        )
    return found


def _storage(name: str, store: Store | None, ours: Collection[str], volume: str, brick: str) -> list[str]:
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
    elif store.brick == "used" and store.brick_holds and not store.brick_site & {"release", "unpack"}:
        found.append(
            f"{name}: the volume {volume} holds what this tool did not put there ({', '.join(store.brick_holds)}): move it away first"
        )
    elif "own-settings" in store.brick_site:
        found.append(
            f"{name}: the site on {brick} has a settings.php of its own: save the site, and move it away first"
        )
    return found


def _cluster(name: str, peer: Peer | None, wanted: str) -> list[str]:
    if peer is None:
        return [f"{name}: whose Corosync cluster this is cannot be read"]
    found = name_in(peer.running_configuration) or name_in(peer.configuration)
    if found in (None, wanted, SHIPPED_NAME):
        return []
    return [f"{name}: belongs to the cluster {found!r}, not to {wanted!r}: take it out there, or set cluster_name"]


def _databases(name: str, member: Member | None, ours: set[str]) -> list[str]:
    if member is None:
        return [f"{name}: what {PLACE} holds cannot be read"]
    foreign = [one for one in member.databases if one not in (*member.made, *ours)] + list(member.strangers)
    if not foreign:
        return []
    return [
        f"{name}: {PLACE} holds what is not proved ours ({', '.join(foreign)}): dump and drop it, or move it away, first"
    ]
