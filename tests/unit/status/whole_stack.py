"""A whole cluster's answers, from what real nodes said, to be changed by tests of the status."""

from dataclasses import replace
from datetime import UTC, datetime

from webha.backup import Drill, Made, Points
from webha.certificates import authority, issue, read
from webha.cluster import Page
from webha.lock import Notes
from webha.status import FULL, report
from webha.status.facts import AT_BOOT, DAEMONS
from webha.status.state import Expected, Seen, Watched

from ..captured_facts import fact
from ..firewall.test_firewall import CLOSED
from ..stubs import NAMES

A, B, C = NAMES
VIP = "10.0.0.250"
EXPECTED = Expected(NAMES, VIP, "fs_ha", "hacloud", https=True, galera_tls=True, gluster_tls=True, backup="/srv/backup")
NOW = datetime.now(UTC)
AUTHORITY = authority("hacloud", NOW)
CERTIFICATE = tuple(read(issue(AUTHORITY, ["www.example.org"], NOW)))
HARDWARE = dict(zip(NAMES, ("02:00:0a:00:00:85", "02:00:0a:00:00:86", "02:00:0a:00:00:87"), strict=True))
BRICKS = {f"{name}:/gluster": True for name in NAMES}
NOT_REACHED = "unknown, the node was not reached"
OTHER = "0a0a0a0a-e6ae-11f1-b424-5a194bf1f37b"
MOUNT = "var-www-html-drupal.mount"
UNITS = dict.fromkeys(DAEMONS, Watched(True, "enabled")) | dict.fromkeys((*AT_BOOT, MOUNT), Watched(None, "enabled"))
MACHINE, MEMBER, PEER, STORE, SITE, RELEASES = (
    fact("trixie", name) for name in ("machine", "galera", "cluster", "gluster", "drupal", "releases")
)
_JUST = NOW.timestamp() - 60
POINTS = Points(
    Made("0a1b2c3d", B, _JUST, _JUST, "", 9, 5, 3, 7, 1000),
    None,
    Drill(_JUST, C, "", 20),
    "repository",
    40,
    writable=True,
    installed=True,
)
MEMBER, STORE = (replace(one, certificates=CERTIFICATE) for one in (MEMBER, STORE))  # what was captured ends one day


def machine(name, **changes):
    holder = None if name == A else HARDWARE[A]
    seen = replace(MACHINE, clock_offset=0.0, hardware=(HARDWARE[name],), vip_holder=holder, has_vip=name == A)
    return replace(seen, **changes)


def member(**status):
    return replace(MEMBER, status=MEMBER.status | {f"wsrep_{key}": value for key, value in status.items()})


def peer(**status):
    return replace(PEER, status=replace(PEER.status, **status))


def resources(**changes):
    return peer(
        resources=tuple(replace(one, **changes) for one in PEER.status.resources[:1]) + PEER.status.resources[1:]
    )


def whole():
    return {
        name: Seen(
            machine=machine(name),
            firewall=CLOSED,
            galera=MEMBER,
            cluster=PEER,
            gluster=STORE,
            drupal=SITE,
            releases=RELEASES,
            points=POINTS,
            heal=0,
            bricks=BRICKS,
            health="ready",
            page=Page(200, "hacloud"),
            secure=Page(200, "hacloud"),
            certificate=CERTIFICATE,
            served=CERTIFICATE,
            handed=True,
            holds_vip=name == A,
            claimants=() if name == A else (HARDWARE[A],),
            disks={"/": 41, "/gluster": FULL - 1},
            read_only=(),
            failed=(),
            daemons=UNITS,
            refused="",
            runs=Notes(None),
        )
        for name in NAMES
    }


def with_(*names, **changes):
    """Return a whole cluster's answers, changed on ``names`` (none named: on all)."""
    return {name: replace(seen, **changes) if name in (names or NAMES) else seen for name, seen in whole().items()}


def found(nodes, expected=EXPECTED):
    """Return the problems of the layers that have some, after checking that healthy says the same."""
    judged = report(nodes, expected)
    assert [name for name, layer in judged.layers.items() if not layer.healthy] == [
        name for name, layer in judged.layers.items() if layer.problems
    ]
    assert judged.healthy is not any(layer.problems for layer in judged.layers.values())
    return {name: list(layer.problems) for name, layer in judged.layers.items() if layer.problems}
