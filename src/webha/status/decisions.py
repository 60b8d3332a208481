"""The state of the whole stack on one screen: what every node said, and what is wrong with it, layer by layer.

Unknown is a problem of its own and said as such: a layer is healthy only where every node answered for it.
"""

import time
from collections.abc import Mapping
from itertools import combinations

from webha import apache, certificates, cluster, drupal, firewall, galera, gluster, lock
from webha import site as releases
from webha.machine.decisions import kept_down, masked
from webha.status import keys, points
from webha.status.state import LINES, Expected, Layer, Report, Seen
from webha.vip import manifest as vip

LAYERS = ("hosts", "firewall", "galera", "apache", "cluster", "gluster", "drupal", "vip", "backup")
FULL = 95  # per cent of a file system: Galera and Gluster need room to go on


Nodes = Mapping[str, Seen | None]


def report(nodes: Nodes, expected: Expected) -> Report:
    """Judge what ``nodes`` said; None: the node was not reached."""
    known = {name: seen for name, seen in nodes.items() if seen is not None}
    judges = {
        "hosts": _hosts,
        "firewall": _firewall,
        "galera": _galera,
        "apache": _apache,
        "cluster": _cluster,
        "gluster": _gluster,
        "drupal": _drupal,
        "vip": _vip,
        "backup": points.judged,
    }
    layers = {}
    for name in LAYERS:
        layer = judges[name](known, expected)
        unknown = [f"{node}: unknown, the node was not reached" for node in expected.names if node not in known]
        layers[name] = Layer(layer.state, (*unknown, *layer.problems))
    notes = {name: seen.runs if (seen := nodes.get(name)) is not None else None for name in expected.names}
    return Report(layers, lock.holding(notes), lock.newest(notes, LINES))


def _hosts(known: Mapping[str, Seen], expected: Expected) -> Layer:
    found = []
    for name, seen in known.items():
        if None in (seen.machine, seen.disks, seen.read_only, seen.failed):
            found.append(f"{name}: unknown, the machine says too little of itself in time")
        for path, used in (seen.disks or {}).items():
            if used >= FULL:
                found.append(f"{name}: {path} is {used} % full: free some, before the database and the volume stop")
        found += [f"{name}: {path} is read-only: look at dmesg" for path in seen.read_only or ()]
        found += [f"{name}: {unit} has failed: journalctl -u {unit}" for unit in seen.failed or ()]
    clocks = {name: seen.machine.clock_offset for name, seen in known.items() if seen.machine is not None}
    for (one, first), (other, second) in combinations(sorted(clocks.items()), 2):
        if abs(first - second) > expected.clock_skew:
            found.append(f"{one} and {other}: their clocks are {abs(first - second):.1f} s apart: look at chrony")
    return Layer(f"{len(known)} of {len(expected.names)} nodes answer", tuple(found))


def _firewall(known: Mapping[str, Seen], expected: Expected) -> Layer:
    found = [
        f"{name}: {line}"
        for name, seen in known.items()
        for line in firewall.not_as_wished(seen.firewall, wanted=expected.firewall)
    ]
    states = [seen.firewall for seen in known.values() if seen.firewall is not None]
    others = sorted({other for one in states for other in one.others})
    beside = f", beside {', '.join(others)}" if others else ""
    if not expected.firewall:
        return Layer(f"off, as firewall = False wants it: open to the nodes' network{beside}", tuple(found))
    return Layer(
        f"closed on {sum(bool(one.loaded and one.in_force) for one in states)} of {len(expected.names)} nodes{beside}",
        tuple(found),
    )


def _galera(known: Mapping[str, Seen], expected: Expected) -> Layer:
    members = {name: seen.galera for name, seen in known.items()}
    all_said = len(members) == len(expected.names) and None not in members.values()
    primary = [member for member in members.values() if member is not None and member.primary]
    # A member may well see a node that was not reached from here.
    more = bool(primary) and len(members) != len(expected.names)
    more = more and all(len(members) <= member.size <= len(expected.names) for member in primary)
    found = [*galera.whole(members, sizes=not more), *galera.endangered(members)]
    found += [
        f"{name}: MariaDB was started with another configuration than the one on disk: run tasks/galera.py"
        for name, member in members.items()
        if member is not None and member.stale
    ]
    found += keys.of_galera(known, expected)
    if not primary and any(members.values()) and not any(galera.shut_out(*one) for one in members.items()):
        verdict = galera.bootstrap({name: members.get(name) for name in expected.names})
        what = (
            "no primary component, so no write is taken"
            if all_said
            else "no node that answered is in a primary component"
        )
        found.append(f"{what}: {verdict.reason}")
    return Layer(f"primary component of {max((member.size for member in primary), default=0)}", tuple(found))


def _apache(known: Mapping[str, Seen], expected: Expected) -> Layer:
    ready = [name for name, seen in known.items() if seen.health == "ready"]
    found = [f"{name}: {_health(seen.health)}" for name, seen in known.items() if name not in ready]
    found += [
        f"{name}: unknown, whether Apache takes the configuration on disk"
        if seen.refused is None
        else f"{name}: Apache refuses the configuration on disk and would not start again here ({seen.refused}): mend it, 'apache2ctl -t'"
        for name, seen in known.items()
        if seen.refused != ""
    ]
    found += [
        f"{name}: unknown, whether {apache.UNIT} is handed to the cluster"
        if seen.handed is None
        else f"{name}: {apache.UNIT} is not handed to the cluster, so a reload or restart by habit goes wrong and logs do not rotate: "
        "run tasks/apache.py"
        for name, seen in known.items()
        if not seen.handed
    ]
    if expected.https:
        found += certificates.on_the_nodes({name: seen.certificate for name, seen in known.items()}, time.time())
        found += [
            f"{name}: Apache shows another certificate than the one on disk: run tasks/apache.py"
            for name, seen in known.items()
            if seen.certificate and seen.served and seen.served[0] != seen.certificate[0]
        ]
    return Layer(f"ready on {', '.join(ready)}" if ready else "", tuple(found))


def _health(said: str | None) -> str:
    """Say what a health page that is not ready means."""
    if said is not None and "<?php" in said:
        return "Apache hands out PHP's source, its PHP module is off: run tasks/apache.py"
    return said or "the health page does not answer"


def _cluster(known: Mapping[str, Seen], expected: Expected) -> Layer:
    found = []
    views = set()
    for name, seen in known.items():
        if seen.cluster is None:
            found.append(f"{name}: unknown, corosync and pacemaker were not seen in time")
            continue
        if seen.daemons is None:
            found.append(f"{name}: unknown, whether what looks after the node runs was not said in time")
        for unit, one in (seen.daemons or {}).items():
            if one.active is False and not masked(one.boot):
                found.append(f"{name}: {unit} does not run: systemctl start {unit}")
            if words := kept_down(unit, one.boot):
                found.append(f"{name}: {words}")
        found += [f"{name}: {line}" for line in cluster.offline(seen.cluster.status, expected.names)]
        verdict = cluster.in_force(seen.cluster)
        if verdict.action not in ("nothing", "start"):
            found.append(f"{name}: {verdict.reason}")
        if seen.cluster.status is not None:
            views.add((seen.cluster.status.dc, seen.cluster.status.quorate))
            found += [
                f"{name} says: {one.id} {'is blocked' if one.blocked else 'has failed'}: crm_mon -1rf, then crm resource cleanup"
                for one in seen.cluster.status.resources
                if one.failed or one.blocked
            ]
    peers = [seen.cluster for seen in known.values() if seen.cluster is not None]
    found += list(dict.fromkeys(line for peer in peers for line in cluster.administration(peer, vip.OBJECTS)))
    found += list(dict.fromkeys(line for peer in peers for line in cluster.unsafe(peer.status, expected.properties)))
    found += _keys(known)
    if len(views) > 1:
        each = sorted(f"coordinator {dc or 'none'}, {'quorum' if quorate else 'no quorum'}" for dc, quorate in views)
        found.append(f"the nodes see different clusters: {'; '.join(each)}")
    coordinators = sorted({dc for dc, _ in views if dc})
    return Layer(f"coordinator {', '.join(coordinators)}" if coordinators else "", tuple(found))


def _keys(known: Mapping[str, Seen]) -> list[str]:
    """Name the nodes whose corosync key is not that of most: they hear nobody and nobody hears them."""
    keys = {name: seen.cluster.key for name, seen in known.items() if seen.cluster is not None and seen.cluster.key}
    usual = max(keys.values(), key=list(keys.values()).count, default=None)
    return [
        f"{name}: its corosync key is not the others': carry /etc/corosync/authkey over, then 'systemctl restart corosync pacemaker'"
        for name, key in keys.items()
        if key != usual
    ]


def _gluster(known: Mapping[str, Seen], expected: Expected) -> Layer:
    found = []
    bricks: dict[str, bool] = {}
    for name, seen in known.items():
        store = seen.gluster
        if store is None or store.pool is None or store.volumes is None:
            found.append(f"{name}: unknown, glusterd did not answer in time")
        else:
            found += [f"{name}: {peer.hostnames[0]} is not connected" for peer in store.pool if not peer.settled]
            volume = store.volume(expected.volume)
            if volume is None or volume.status != "Started":
                found.append(f"{name}: volume {expected.volume} is {volume.status if volume else 'not there'}")
        if store is not None and store.mounted != "fuse.glusterfs":
            instead = f": {store.mounted} is in its place" if store.mounted else ""
            found.append(f"{name}: the volume is not mounted at the docroot{instead}")
        elif store is not None and not store.reachable:
            found.append(f"{name}: the docroot is mounted and does not answer")
        bricks |= {brick: bricks.get(brick, True) and serves for brick, serves in (seen.bricks or {}).items()}
    found += [*_bricks_lost(known, expected), *keys.of_gluster(known, expected)]
    volumes = [volume for seen in known.values() if seen.gluster and (volume := seen.gluster.volume(expected.volume))]
    found += list(dict.fromkeys(line for volume in volumes for line in gluster.unsafe(volume, expected.options)))
    heals = [seen.heal for seen in known.values() if seen.heal is not None]
    found += [
        f"{brick}: the brick does not serve: gluster volume start {expected.volume} force"
        for brick, serves in sorted(bricks.items())
        if not serves
    ]
    if known and not bricks:
        found.append("unknown, no node said in time which bricks serve")
    elif len(known) == len(expected.names) and len(bricks) < len(expected.names):
        found.append(f"only {len(bricks)} bricks are known of, {len(expected.names)} make the volume")
    if known and not heals:
        found.append("unknown, no node said in time whether files wait for healing")
    elif any(heals):
        found.append(f"{max(heals)} files wait for healing: gluster volume heal {expected.volume} info")
    state = f"{sum(bricks.values())} of {len(expected.names)} bricks serve" if bricks else ""
    return Layer(state, tuple(found))


def _bricks_lost(known: Mapping[str, Seen], expected: Expected) -> list[str]:
    found = []
    for name, seen in known.items():
        store = seen.gluster
        if store is not None and store.brick != "used" and store.volume(expected.volume) is not None:
            reset = f"gluster volume reset-brick {expected.volume} {name}:{expected.brick}"
            found.append(
                f"{name}: {expected.brick} is not the brick it was. Is its disk mounted (findmnt, /etc/fstab)? If it was emptied, or is another disk: 'systemctl stop webha-docroot.timer; "
                f"{reset} start' there, empty it, '{reset} {name}:{expected.brick} commit force; systemctl start "
                "webha-docroot.timer'; the others then heal it"
            )
    return found


def _drupal(known: Mapping[str, Seen], expected: Expected) -> Layer:
    found = []
    for name, seen in known.items():
        site = seen.drupal
        if site is None or site.code is None or site.tables is None:
            found.append(f"{name}: unknown, the volume or the database did not say in time")
        else:
            found += [f"{name}: {line}" for line in drupal.unwell(site, expected.root)]
    volumes = {name: seen.releases for name, seen in known.items()}
    return Layer(releases.shown(volumes.values()), (*found, *releases.unwell(volumes)))


def _vip(known: Mapping[str, Seen], expected: Expected) -> Layer:
    found = []
    holders = [name for name, seen in known.items() if seen.holds_vip]
    found += [
        f"{name}: unknown, whether it holds {expected.vip}" for name, seen in known.items() if seen.holds_vip is None
    ]
    everyone_said = len(known) == len(expected.names) and not found
    if len(holders) > 1:
        found.append(
            f"{' and '.join(holders)} both hold {expected.vip}: take it off one of them (ip address del), look at crm_mon there"
        )
    elif not holders and everyone_said:
        found.append(f"nobody holds {expected.vip}: crm_mon -1rf")
    elif not holders:
        found.append(f"unknown, none of the nodes that answered holds {expected.vip}")
    machines = [seen.machine for seen in known.values() if seen.machine is not None]
    if len(machines) == len(expected.names):
        ours = {address for machine in machines for address in machine.hardware}
        answering = {machine.vip_holder for machine in machines if machine.vip_holder}
        answering |= {address for seen in known.values() for address in seen.claimants or ()}
        found += [f"{stranger}, no node of ours, answers for {expected.vip}" for stranger in sorted(answering - ours)]
    pages = {name: seen.page for name, seen in known.items()}
    found += [
        f"{name}: {'unknown, whether ' if page is None else ''}http://{expected.vip}/ {_answer(page, expected.site)}"
        for name, page in pages.items()
        if page is None or not page.served(expected.site)
    ]
    if expected.https:
        found += [
            f"{name}: {'unknown, whether ' if seen.secure is None else ''}https://{expected.vip}/ {_answer(seen.secure, expected.site)}"
            for name, seen in known.items()
            if seen.secure is None or not seen.secure.served(expected.site)
        ]
    status = next((seen.cluster.status for seen in known.values() if seen.cluster and seen.cluster.status), None)
    if status is not None:
        found += cluster.misplaced(status, expected.web, expected.address, expected.names)
    return Layer(f"{expected.vip} on {', '.join(holders) or 'no node'}", tuple(found))


def _answer(page: cluster.Page | None, site: str) -> str:
    if page is None:
        return "answers"
    if page.status and page.site != site:
        return f"answers {page.status} with a page that is not this site's: 'apachectl -S' on its holder, then tasks/apache.py"
    return f"answers {page.status}" if page.status else "does not answer"
