"""What an OpenStack project has of networks, ports, floating IPs and security groups, as far as the cluster is concerned."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from webha.ground.forms import AsJson
from webha.ground.probe import ProbeError


@dataclass(frozen=True)
class Port:
    """A Neutron port. ``addresses``: subnet and address of each fixed IP; ``owner`` and ``device``: who uses it, "" nobody."""

    id: str
    name: str
    network: str
    addresses: tuple[tuple[str, str], ...]
    owner: str = ""
    device: str = ""
    description: str = ""
    tags: frozenset[str] = frozenset()
    pairs: tuple[Mapping[str, str], ...] = ()
    groups: tuple[str, ...] = ()
    secured: bool = True
    revision: int = 0
    mac: str = ""

    def holds(self, address: str) -> bool:
        """Whether ``address`` is one of its fixed IPs."""
        return any(own == address for _, own in self.addresses)

    @property
    def label(self) -> str:
        """What to call it in a sentence."""
        return self.name or self.id

    @property
    def bound(self) -> bool:
        """Whether an instance, a router or the like uses it."""
        return bool(self.owner or self.device)


@dataclass(frozen=True)
class FloatingIp:
    """A floating IP of the project. ``port`` and ``fixed`` are empty while it is associated with nothing."""

    id: str
    address: str
    port: str = ""
    fixed: str = ""
    tags: frozenset[str] = frozenset()
    description: str = ""


@dataclass(frozen=True)
class Subnet:
    """A subnet that the project sees."""

    id: str
    network: str
    cidr: str

    def __contains__(self, address: str) -> bool:
        """Whether ``address`` lies in it."""
        return ip_address(address) in ip_network(self.cidr)


@dataclass(frozen=True)
class Network:
    """A network that the project sees."""

    id: str
    name: str
    external: bool


@dataclass(frozen=True)
class Rule:
    """An ingress rule for IPv4. ``group``: from its members only; None: from anywhere."""

    protocol: str
    first: int
    last: int
    group: str | None


@dataclass(frozen=True)
class Group:
    """A security group."""

    id: str
    name: str
    description: str
    tags: frozenset[str]
    rules: frozenset[Rule]


@dataclass(frozen=True)
class Cloud(AsJson):
    """What OpenStack says of the project. ``problem``: why it says nothing, a sentence; all else is empty then.

    ``ports`` are those at the addresses that were asked for, and those with our tag.
    """

    problem: str = ""
    networks: tuple[Network, ...] = ()
    subnets: tuple[Subnet, ...] = ()
    ports: tuple[Port, ...] = ()
    floating: tuple[FloatingIp, ...] = ()
    groups: tuple[Group, ...] = ()


def parse(text: str) -> Cloud:
    """Read what ``python -m webha.cloud.neutron observe`` printed. Raises ProbeError for anything else."""
    try:
        said = json.loads(text)
        if "problem" in said:
            return Cloud(problem=said["problem"])
        return Cloud(
            networks=tuple(Network(**one) for one in said["networks"]),
            subnets=tuple(Subnet(**one) for one in said["subnets"]),
            ports=tuple(
                Port(
                    **one
                    | {
                        "addresses": tuple((subnet, address) for subnet, address in one["addresses"]),
                        "tags": frozenset(one["tags"]),
                        "pairs": tuple(one["pairs"]),
                        "groups": tuple(one["groups"]),
                    }
                )
                for one in said["ports"]
            ),
            floating=tuple(FloatingIp(**one | {"tags": frozenset(one["tags"])}) for one in said["floating"]),
            groups=tuple(
                Group(
                    **one | {"tags": frozenset(one["tags"]), "rules": frozenset(Rule(**rule) for rule in one["rules"])}
                )
                for one in said["groups"]
            ),
        )
    except (TypeError, AttributeError, KeyError, ValueError) as error:
        raise ProbeError(f"OpenStack's state is not in the expected form ({error}): {text[:200]}") from error
