"""Who may reach a node: openings, what filters there now, and what listens there."""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_address, ip_network
from typing import Literal

from webha.ground.forms import AsJson
from webha.ground.manifest import drop_in

Network = IPv4Network | IPv6Network
RULES = "/etc/webha/firewall.nft"
TABLE = "inet webha"
UNIT = "webha-firewall.service"
DROP_IN = drop_in("nftables.service")


@dataclass(frozen=True)
class Opening:
    """Ports ``first`` to ``last`` of ``protocol`` at the address ``at`` (None: any of the node's) for ``sources`` (None: anybody, none of them: nobody)."""

    why: str
    protocol: Literal["tcp", "udp"]
    first: int
    last: int
    sources: tuple[Network, ...] | None = None
    at: str | None = None

    @property
    def ports(self) -> str:
        """As nft and people write them."""
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"

    @property
    def rules(self) -> list[str]:
        """nft's rules of it, one for each family of its sources."""
        end = f"{self.protocol} dport {self.ports} accept"
        to = f"ip daddr {self.at} " if self.at else ""
        if self.sources is None:
            return [f"{to}{end}"]
        found = []
        for family, word in ((IPv4Network, "ip"), (IPv6Network, "ip6")):
            if listed := [str(one) for one in self.sources if isinstance(one, family)]:
                found.append(f"{word} saddr {{ {', '.join(listed)} }} {to}{end}")
        return found

    def takes(self, source: str) -> bool:
        """Whether the address ``source`` is among those let in."""
        address = ip_address(source)
        return self.sources is None or any(address in one for one in self.sources)

    def is_about(self, protocol: str, port: int) -> bool:
        """Whether it says who is let in at this port, be it nobody."""
        return self.protocol == protocol and self.first <= port <= self.last


def networks(words: Iterable[str]) -> tuple[Network, ...]:
    """Read addresses and networks, of both families, as nft takes them in one set: sorted, none inside another."""
    read = [ip_network(word, strict=False) for word in words]
    four = collapse_addresses(one for one in read if isinstance(one, IPv4Network))
    six = collapse_addresses(one for one in read if isinstance(one, IPv6Network))
    return (*four, *six)


@dataclass(frozen=True)
class Listener(AsJson):
    """What a process of the machine's answers from elsewhere, however many addresses it has."""

    protocol: str
    port: int
    process: str


@dataclass(frozen=True)
class Connection(AsJson):
    """One of TCP, at ``port`` of the node, by ``peer`` from its ``peer_port``."""

    port: int
    peer: str
    peer_port: int


@dataclass(frozen=True)
class Firewall(AsJson):
    """What filters on one node.

    ``rules``: the text at :data:`RULES`, None where there is none; ``loaded``: whether our table is in the kernel; ``in_force``: whether it
    is what ``rules`` says, None where that cannot be compared; ``unit``: UnitFileState of :data:`UNIT`; ``ssh``: ports that sshd has;
    ``others``: firewalls of somebody's that are at work; ``listeners``: of all that answers the network, with our own.
    """

    rules: str | None
    loaded: bool
    in_force: bool | None
    unit: str
    ssh: tuple[int, ...]
    others: tuple[str, ...]
    listeners: tuple[Listener, ...]
