"""The OpenStack side of the virtual IP (the document's §2.3.3): what Neutron is asked for.

What is decided here is a list of requests to Neutron's API, empty where all is as it should be. A ValueError is a
refusal: its sentence says what was found and what to do. Nothing is taken from anybody: what we made or added bears
our tag, and only that is ever changed back or removed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from webha.cloud.state import Cloud, FloatingIp, Port
from webha.run.inventory import Node


@dataclass(frozen=True)
class Wanted:
    """What the data asks of the cloud. ``nodes``: name and address of each."""

    cluster: str
    vip: str
    nodes: tuple[tuple[str, str], ...]
    floating_ip: str | None = None
    takeover: bool = False
    network: str | None = None
    external_network: str | None = None
    security_group: str | None = None
    corosync_port: int = 5405
    https: str = "off"

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses whose ports decide."""
        return (self.vip, *(address for _, address in self.nodes))

    @property
    def tag(self) -> str:
        """On what we made."""
        return f"webha-{self.cluster}"

    @property
    def pair_tag(self) -> str:
        """On a node's port to which we added the address pair of this vip."""
        return f"{self.tag}-pair-{self.vip}"

    @property
    def associated_tag(self) -> str:
        """On a floating IP that we associated."""
        return f"{self.tag}-associated"

    @property
    def description(self) -> str:
        """On the vip's port."""
        return f"Virtual IP of the cluster {self.cluster}: keeps the address reserved and carries the floating IP. Made by pyinfra-webha"


def wanted(data: Any, nodes: Iterable[Node]) -> Wanted:
    """Return what group_data asks of the cloud."""
    return Wanted(
        cluster=data.cluster_name,
        vip=data.vip,
        nodes=tuple((one.name, one.address) for one in nodes),
        floating_ip=data.floating_ip or None,
        takeover=data.floating_ip_takeover,
        network=data.openstack_network,
        external_network=data.openstack_external_network,
        security_group=data.openstack_security_group,
        corosync_port=data.corosync_port,
        https=data.https,
    )


@dataclass(frozen=True)
class Request:
    """One request to Neutron. ``says``: what it does, for a person; ``then``: with ``{id}`` of what this one made.

    ``revision``: refused by Neutron if somebody changed the object meanwhile.
    """

    says: str
    verb: str
    path: str
    body: Mapping[str, Any] | None = None
    revision: int | None = None
    then: tuple["Request", ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return it as webha.cloud.neutron reads it."""
        return asdict(self)


@dataclass(frozen=True)
class Place:
    """Where the cluster is in the cloud: the network, the subnet of the vip, and each node's port."""

    network: str
    subnet: str
    nodes: Mapping[str, Port]


def place(cloud: Cloud, wanted: Wanted) -> Place:
    """Find the network that holds the nodes' addresses. Refuses none, and more than one."""
    if cloud.problem:
        raise ValueError(cloud.problem)
    names = {one.id: one.name for one in cloud.networks}
    found: list[Place] = []
    for network, name in names.items():
        if wanted.network not in (None, network, name):
            continue
        here = [port for port in cloud.ports if port.network == network]
        nodes = {node: next((port for port in here if port.holds(address)), None) for node, address in wanted.nodes}
        held = {node: port for node, port in nodes.items() if port is not None}
        subnet = next((s for s in cloud.subnets if s.network == network and wanted.vip in s), None)
        if len(held) == len(wanted.nodes) and subnet is not None:
            found.append(Place(network, subnet.id, held))
    if len(found) == 1:
        return found[0]
    if found:
        listed = ", ".join(f"{names[one.network]} ({one.network})" for one in found)
        raise ValueError(
            f"more than one network holds the nodes' addresses: {listed}. Set openstack_network to one of them"
        )
    raise ValueError(_nowhere(cloud, wanted, names))


def _nowhere(cloud: Cloud, wanted: Wanted, names: Mapping[str, str]) -> str:
    if wanted.network is not None and wanted.network not in {*names, *names.values()}:
        return (
            f"openstack_network {wanted.network!r}: the project sees no such network "
            f"(it sees {', '.join(sorted(names.values())) or 'none'})"
        )
    without = [
        f"{node} ({address})" for node, address in wanted.nodes if not any(port.holds(address) for port in cloud.ports)
    ]
    if without:
        return (
            f"no port of the project holds the address of {', '.join(without)}: are the instances in another project or cloud? "
            "Set openstack_cloud to theirs"
        )
    restricted = f" (openstack_network is {wanted.network!r})" if wanted.network is not None else ""
    return (
        f"no network with a port for each node{restricted} has a subnet that contains the vip {wanted.vip}: "
        "the nodes must share one network, and the vip must lie in it"
    )


def vip_port(cloud: Cloud, wanted: Wanted) -> Port | None:
    """Return the port that holds the vip beside the nodes, None where there is none. Refuses one that is in use."""
    where = place(cloud, wanted)
    port = next((port for port in cloud.ports if port.network == where.network and port.holds(wanted.vip)), None)
    if port is None:
        return None
    if port.bound:
        raise ValueError(
            f"the vip {wanted.vip} belongs to {port.owner or 'an instance'} {port.device} (port {port.label}): "
            "choose another vip, or give that machine another address"
        )
    if len(port.addresses) > 1:
        others = ", ".join(address for _, address in port.addresses if address != wanted.vip)
        raise ValueError(
            f"port {port.label} holds {others} besides the vip {wanted.vip}: give the vip a port of its own"
        )
    return port


def is_ours(made: Port | FloatingIp, wanted: Wanted) -> bool:
    """Whether we made it. Its description is set when it is made, its tag only after: a run may end between."""
    return wanted.tag in made.tags or made.description == wanted.description


def port_requests(cloud: Cloud, wanted: Wanted) -> list[Request]:
    """Ask for an unbound port that holds exactly the vip. One that somebody else made is adopted as it is."""
    port = vip_port(cloud, wanted)
    name = f"vip-{wanted.cluster}"
    if port is None:
        where = place(cloud, wanted)
        body = {
            "network_id": where.network,
            "fixed_ips": [{"subnet_id": where.subnet, "ip_address": wanted.vip}],
            "name": name,
            "description": wanted.description,
        }
        return [
            Request(
                f"make port {name} with {wanted.vip}",
                "POST",
                "/ports",
                {"port": body},
                then=(tag("ports", "{id}", wanted.tag, f"tag it {wanted.tag}"),),
            )
        ]
    requests = []
    if is_ours(port, wanted):
        amiss = {
            key: value
            for key, value, is_so in (
                ("name", name, port.name),
                ("description", wanted.description, port.description),
            )
            if value != is_so
        }
        if amiss:
            requests.append(
                Request(
                    f"set {' and '.join(amiss)} of port {port.label}",
                    "PUT",
                    f"/ports/{port.id}",
                    {"port": amiss},
                    port.revision,
                )
            )
        if wanted.tag not in port.tags:
            requests.append(tag("ports", port.id, wanted.tag, f"tag port {name} {wanted.tag}"))
    return requests


def tag(kind: str, identity: str, word: str, says: str) -> Request:
    """Return the request that puts the tag ``word`` on an object."""
    return Request(says, "PUT", f"/{kind}/{identity}/tags/{word}")


def untag(kind: str, identity: str, word: str, says: str) -> Request:
    """Return the request that takes the tag ``word`` off an object."""
    return Request(says, "DELETE", f"/{kind}/{identity}/tags/{word}")


def allows(port: Port, address: str) -> bool:
    """Whether the port may use ``address`` too, under its own hardware address.

    A larger range does not count: OVN takes only a /32 for a virtual IP.
    """
    return any(
        pair.get("ip_address") in (address, f"{address}/32")
        and (not port.mac or pair.get("mac_address", port.mac) == port.mac)
        for pair in port.pairs
    )


def pair_requests(cloud: Cloud, wanted: Wanted) -> list[Request]:
    """Ask for the vip among the allowed address pairs of every node's port; what is there stays.

    The document forgets it: with port security Neutron drops the vip's traffic and its ARP. A port without port
    security needs no pair, and Neutron allows it none.
    """
    requests = []
    for node, port in sorted(place(cloud, wanted).nodes.items()):
        if not port.secured or allows(port, wanted.vip):
            continue
        requests.append(
            Request(
                f"allow {wanted.vip}/32 on the port of {node}",
                "PUT",
                f"/ports/{port.id}",
                {"port": {"allowed_address_pairs": [*port.pairs, {"ip_address": f"{wanted.vip}/32"}]}},
                port.revision,
                then=(tag("ports", port.id, wanted.pair_tag, f"tag it {wanted.pair_tag}"),),
            )
        )
    return requests
