"""Corosync and Pacemaker: what a node says of its membership, and what may be decided from it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from webha.cluster.corosync_conf import cluster_name
from webha.ground.forms import AsJson
from webha.ground.manifest import HEADER


@dataclass(frozen=True)
class CrmNode:
    """One node in crm_mon's eyes."""

    name: str
    online: bool
    standby: bool = False
    maintenance: bool = False


INFINITY = 1_000_000  # Pacemaker's own: more than all else together


@dataclass(frozen=True)
class Placement:
    """A location constraint of a person's: ``resource`` prefers ``node`` by ``score``, or (``ban``) must not run there.

    ``crm_resource --move`` and ``--ban`` leave such, with an id that begins with ``cli-``.
    """

    id: str
    resource: str
    node: str
    ban: bool
    score: int = INFINITY


@dataclass(frozen=True)
class Ticket:
    """A ticket constraint: ``resource`` runs only while ``ticket`` is granted."""

    id: str
    resource: str
    ticket: str


@dataclass(frozen=True)
class CrmResource:
    """One resource instance: where it is active, and what is wrong with it. ``stopped``: its target-role, a person's wish."""

    id: str
    nodes: tuple[str, ...]
    role: str
    failed: bool
    blocked: bool
    managed: bool = True
    stopped: bool = False


@dataclass(frozen=True)
class CrmStatus:
    """What ``crm_mon`` shows of the whole cluster. ``maintenance`` and ``stopped``: the properties maintenance-mode, stop-all-resources.

    ``asymmetric``: nothing runs where no constraint says so (symmetric-cluster=false); ``granted``: the tickets that are.
    """

    dc: str | None
    quorate: bool
    nodes: tuple[CrmNode, ...]
    resources: tuple[CrmResource, ...] = ()
    maintenance: bool = False
    stopped: bool = False
    bans: tuple[Placement, ...] = ()
    asymmetric: bool = False
    granted: tuple[str, ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict)  # those that crm_mon tells
    fencing: bool = False  # a fencing device is configured

    def instances(self, identity: str) -> tuple[CrmResource, ...]:
        """Return the resource of that id; of a cloned one all its instances."""
        return tuple(one for one in self.resources if one.id.partition(":")[0] == identity)

    def places(self, identity: str) -> set[str]:
        """Return the nodes on which the resource is active."""
        return {node for one in self.instances(identity) for node in one.nodes}


@dataclass(frozen=True)
class Peer(AsJson):
    """One node as probed. Digests and texts are None where the file is not there; ``resources``: those of the CIB on disk, ``agent``:
    one of them is of our own agent; ``shipped``: corosync.conf is the package's own, byte by byte.

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
    shipped: bool = False
    status: CrmStatus | None = None
    preferences: tuple[Placement, ...] = ()
    tickets: tuple[Ticket, ...] = ()
    agent: bool = False

    @property
    def wrote(self) -> bool:
        """Whether corosync.conf says that it is ours."""
        return HEADER in (self.configuration or "").partition("\n")[0]

    @property
    def runs_what_we_wrote(self) -> bool:
        """Whether corosync runs a configuration that says that it is ours, whatever became of the file since."""
        return self.runs and HEADER in (self.running_configuration or "").partition("\n")[0]

    def runs_ours(self, name: str) -> bool:
        """Whether corosync runs a configuration that says that it is ours, as the cluster ``name``."""
        return self.runs_what_we_wrote and cluster_name(self.running_configuration) == name

    @property
    def runs(self) -> bool:
        """Whether corosync runs."""
        return self.corosync in ("active", "activating", "reloading")


Peers = Mapping[str, Peer | None]


@dataclass(frozen=True)
class Page(AsJson):
    """What answers at an address: the HTTP status (0: nothing does), and which site says that it is ours (empty: none)."""

    status: int
    site: str = ""

    def served(self, site: str, empty: bool = False) -> bool:
        """Whether it is a page of ``site``, whatever its status below 500; ``empty``: the site may have no database yet, and any will do."""
        return 0 < self.status < (_LAST if empty else _SERVER_ERROR) and self.site == site


_SERVER_ERROR = 500  # HTTP's first
_LAST = 600


def parse_page(text: str) -> Page:
    """Read a status and, where the site says so, its name."""
    status, _, site = text.strip().partition(" ")
    return Page(int(status or 0), site.strip())


def parse_crm_mon(text: str) -> CrmStatus:
    """Read ``crm_mon --one-shot --output-as=xml`` of Pacemaker 2.1 and 3.0."""
    root = ET.fromstring(text)  # noqa: S314 (from our own node's root-only command)
    dc = root.find("summary/current_dc")
    nodes = tuple(
        CrmNode(
            one.get("name", ""),
            one.get("online") == "true" and one.get("pending") != "true",
            one.get("standby") == "true",
            one.get("maintenance") == "true",
        )
        for one in root.findall("nodes/node")
    )
    resources = tuple(
        CrmResource(
            one.get("id", ""),
            tuple(node.get("name", "") for node in one.findall("node")) if one.get("active") == "true" else (),
            one.get("role", ""),
            one.get("failed") == "true",
            one.get("blocked") == "true",
            one.get("managed") != "false",
            one.get("target_role", "").lower() == "stopped",
        )
        for one in root.iter("resource")
    )
    options = root.find("summary/cluster_options")
    properties = options.attrib if options is not None else {}
    present = dc is not None and dc.get("present") == "true"
    return CrmStatus(
        dc.get("name") if dc is not None and present else None,
        dc is not None and dc.get("with_quorum") == "true",
        nodes,
        resources,
        properties.get("maintenance-mode") == "true",
        properties.get("stop-all-resources") == "true",
        tuple(
            Placement(
                one.get("id", ""),
                one.get("resource", ""),
                one.get("node", ""),
                ban=True,
                score=_score(one.get("weight")),
            )
            for one in root.findall("bans/ban")
        ),
        properties.get("symmetric-cluster") == "false",
        tuple(one.get("id", "") for one in root.findall("tickets/ticket") if one.get("status") == "granted"),
        properties=dict(properties),
        fencing=any(one.get("resource_agent", "").startswith("stonith:") for one in root.iter("resource")),
    )


def _score(text: str | None) -> int:
    """Read a score as Pacemaker does; 0 for what is none."""
    word = (text or "").upper().removeprefix("+")
    if word.removeprefix("-") == "INFINITY":
        return -INFINITY if word.startswith("-") else INFINITY
    return max(-INFINITY, min(INFINITY, int(word))) if re.fullmatch(r"-?\d{1,18}", word) else 0


def parse_constraints(text: str) -> tuple[tuple[Placement, ...], tuple[Ticket, ...]]:
    """Read a CIB's constraints: which node a resource prefers, and on which tickets it depends.

    Of a rule those count that name one node for ever: a move for a time stays in the configuration when its time is over.
    """
    found = re.search(r"<constraints>.*?</constraints>", text, re.DOTALL)
    if found is None:
        return (), ()
    root = ET.fromstring(found[0])  # noqa: S314 (from our own node's root-only file)
    placements = [
        Placement(one.get("id", ""), resource, node, ban=False, score=score)
        for one in root.findall("rsc_location")
        for resource in _resources(one)
        for node, score in _preferred(one)
        if node and score > 0
    ]
    tickets = [
        Ticket(one.get("id", ""), resource, one.get("ticket", ""))
        for one in root.findall("rsc_ticket")
        for resource in _resources(one)
    ]
    return tuple(placements), tuple(tickets)


def _resources(constraint: ET.Element) -> list[str]:
    """Return the resources that a constraint is about."""
    return [
        *filter(None, [constraint.get("rsc")]),
        *(one.get("id", "") for one in constraint.findall("resource_set/resource_ref")),
    ]


def _preferred(location: ET.Element) -> list[tuple[str, int]]:
    """Return the nodes that a location constraint names, with their scores."""
    found = [(location.get("node", ""), _score(location.get("score")))]
    for rule in location.findall("rule"):
        names = [
            one.get("value", "") for one in rule if one.get("attribute") == "#uname" and one.get("operation") == "eq"
        ]
        if names and len(names) == len(rule) and (len(names) == 1 or rule.get("boolean-op") == "or"):
            found += [(name, _score(rule.get("score"))) for name in names]
    return found
