"""Corosync and Pacemaker: what a node says of its membership, and what may be decided from it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from webha.ground.forms import AsJson
from webha.ground.manifest import HEADER

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
    standby: bool = False
    maintenance: bool = False


@dataclass(frozen=True)
class Placement:
    """What ``crm_resource --move`` or ``--ban`` left: ``resource`` must run on ``node``, or (``ban``) must not."""

    id: str
    resource: str
    node: str
    ban: bool


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
    """What ``crm_mon`` shows of the whole cluster. ``maintenance`` and ``stopped``: the properties maintenance-mode, stop-all-resources."""

    dc: str | None
    quorate: bool
    nodes: tuple[CrmNode, ...]
    resources: tuple[CrmResource, ...] = ()
    maintenance: bool = False
    stopped: bool = False
    bans: tuple[Placement, ...] = ()
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
    agent: bool = False

    @property
    def wrote(self) -> bool:
        """Whether corosync.conf says that it is ours."""
        return HEADER in (self.configuration or "").partition("\n")[0]

    def runs_ours(self, name: str) -> bool:
        """Whether corosync runs a configuration that says that it is ours, as the cluster ``name``."""
        running = self.running_configuration or ""
        return self.runs and HEADER in running.partition("\n")[0] and cluster_name(running) == name

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

    def served(self, site: str) -> bool:
        """Whether it is a page of ``site``, whatever its status below 500."""
        return 0 < self.status < _SERVER_ERROR and self.site == site


_SERVER_ERROR = 500  # HTTP's first


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
            Placement(one.get("id", ""), one.get("resource", ""), one.get("node", ""), ban=True)
            for one in root.findall("bans/ban")
        ),
        properties=dict(properties),
        fencing=any(one.get("resource_agent", "").startswith("stonith:") for one in root.iter("resource")),
    )


def parse_preferences(text: str) -> tuple[Placement, ...]:
    """Read the location constraints that ``crm_resource --move`` made, an XML element a line: ``cli-prefer-…``."""
    found = []
    for line in text.splitlines():
        values = dict(re.findall(r'([\w-]+)="([^"]*)"', line))
        if values.get("id", "").startswith("cli-prefer-") and "node" in values:  # one for a time has a rule instead
            found.append(Placement(values["id"], values.get("rsc", ""), values.get("node", ""), ban=False))
    return tuple(found)


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
