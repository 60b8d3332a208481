"""Bringing nodes back to bare, whole or by layer: what goes, and what is somebody else's and therefore stays."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from webha import cluster, drupal, galera, gluster
from webha.cluster import Peer
from webha.drupal import Site
from webha.galera import Member
from webha.gluster import Store
from webha.ground.forms import AsJson
from webha.ground.manifest import HEADER

# In the order of taking down: what stands on another layer goes first.
LAYERS = ("cloud", "vip", "backup", "drupal", "gluster", "cluster", "apache", "galera", "firewall", "hosts")
# How every apt-get of ours that installed something stands in apt's own history.
_OUR_APT = re.compile(
    re.escape("-o DPkg::Lock::Timeout=600 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold ")
    + r"(--no-remove )?install --no-install-recommends "
)
# The shell's judgement of a path: ours by its folder, or because the file says so.
OURS = (
    'ours() { case $1 in /usr/local/lib/webha/*|/run/webha/*|/run/webha-*.lock|/var/lib/webha/site|/var/lib/webha/backup|/usr/lib/ocf/resource.d/webha/*|/var/cache/webha-*) [ -e "$1" ];; '
    '*) [ -f "$1" ] && head -n 5 "$1" | grep -qaF \'{header}\';; esac; }'
).replace("{header}", HEADER)
# Packages that nobody needs, by apt's own judgement; a mere suggestion is no need.
SUPERFLUOUS = (
    "said=$(apt-get -s -o APT::AutoRemove::SuggestsImportant=false autoremove) && printf '%s\\n' \"$said\" | "
    "sed -n 's/^\\(Remv\\|Purg\\) \\([^ ]*\\).*/\\2/p' | sort"
)


@dataclass(frozen=True)
class Plan:
    """Which layers go, in order; ``refusal`` says why none does."""

    layers: tuple[str, ...]
    refusal: str | None = None

    @property
    def whole(self) -> bool:
        """Whether nothing of ours stays: the journal of the runs goes, too, and the lock that this one holds."""
        return self.layers == LAYERS


@dataclass(frozen=True)
class Remains(AsJson):
    """What is left of a layer: packages that we installed, and files."""

    packages: tuple[str, ...]
    paths: tuple[str, ...]


@dataclass(frozen=True)
class Belongings(AsJson):
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


def ours(record: Collection[str], history: str) -> frozenset[str]:
    """Return the packages that we installed, from our record on the node and apt's own history, oldest first.

    The history has the last word on what it mentions: who installed a package last, and whether it was removed since. What
    apt brought along counts as automatic there and goes when nobody needs it.
    """
    last: dict[str, bool] = {}
    by_us = False
    for line in history.splitlines():
        kind, _, rest = line.partition(": ")
        if kind == "Start-Date":
            by_us = False
        elif kind == "Commandline":
            by_us = bool(_OUR_APT.search(rest))
        elif kind in ("Install", "Remove", "Purge"):
            for name, how in re.findall(r"([^\s,:()]+):\w+ \(([^)]*)\)", rest):
                last[name] = kind == "Install" and by_us and not how.endswith("automatic")
    return frozenset(
        {name for name in record if name not in last} | {name for name, is_ours in last.items() if is_ours}
    )


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
    marked = any(
        (one.drupal is not None and one.drupal.release is not None)
        or (one.gluster is not None and "release" in one.gluster.brick_site)
        for one in known.values()
    )
    volumes = gluster.volume_ids((one.gluster for one in known.values()), volume)
    for name, one in known.items():
        if "drupal" in layers:
            found += drupal.not_ours(name, one.drupal, database, root, site)
        if "gluster" in layers:
            found += gluster.not_ours(name, one.gluster, volumes, volume=volume, brick=brick, marked=marked)
        if "cluster" in layers:
            found += cluster.not_ours(name, one.cluster, cluster_name)
        if "galera" in layers:
            found += galera.not_ours(name, one.galera, {database} if site else set())
    return found
