"""The one table of ports: what the stack listens on, and who has to reach it; for the guards, the firewall and the cloud's group."""

import re
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Literal

_HIGHEST = 65535
_ASKED = re.compile(r"(tcp|udp) (\d{1,5})(?:-(\d{1,5}))?(?: from ([0-9A-Fa-f.:/]+))?", re.ASCII)


@dataclass(frozen=True)
class Port:
    """Ports ``first`` to ``last`` of one service.

    ``source``: who must reach it over the network: ``anywhere`` (at the virtual IP; at a node's own address the nodes and
    ``web_sources``), the ``nodes`` among each other, or ``database_sources`` alone (Drupal speaks to its own node's MariaDB).
    ``holders``: the process names that may hold it on a rerun; ``otherwise``: what a person may do who wants it for something else.
    """

    service: str
    first: int
    last: int
    protocol: Literal["tcp", "udp"]
    source: Literal["anywhere", "nodes", "database_sources"]
    holders: tuple[str, ...] = ()
    otherwise: str = ""


def table(corosync_port: int = 5405, https: str = "off") -> tuple[Port, ...]:
    """Return all ports of the stack; ``https`` is the datum."""
    over_tls = Port("Apache over TLS", 443, 443, "tcp", "anywhere", ("apache2",), 'set https to "off"')
    encrypted = () if https == "off" else (over_tls,)
    return (
        Port("Apache", 80, 80, "tcp", "anywhere", ("apache2",)),
        *encrypted,
        Port("MariaDB", 3306, 3306, "tcp", "database_sources", ("mariadbd", "systemd")),
        Port("Galera's state transfer", 4444, 4444, "tcp", "nodes", ("socat", "rsync")),
        Port("Galera", 4567, 4567, "tcp", "nodes", ("mariadbd",)),
        Port("Galera's multicast, where somebody turns it on", 4567, 4567, "udp", "nodes"),
        Port("Galera's incremental transfer", 4568, 4568, "tcp", "nodes", ("mariadbd",)),
        Port("Corosync", corosync_port, corosync_port, "udp", "nodes"),
        Port("glusterd", 24007, 24007, "tcp", "nodes", ("glusterd",)),
        # glusterfsd takes the first free one from 49152 up, and another at each start of a brick.
        Port("Gluster's bricks", 49152, 60999, "tcp", "nodes"),
    )


@dataclass(frozen=True)
class Asked:
    """An opening that an operator asks for; ``source``: an address or a network, None: anybody."""

    protocol: Literal["tcp", "udp"]
    first: int
    last: int
    source: str | None


def asked(text: str) -> Asked:
    """Read ``tcp 9100`` or ``udp 60000-61000 from 10.0.0.0/8``. Raise ValueError on anything else."""
    found = _ASKED.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is none of the kind 'tcp 9100', 'udp 60000-61000 from 10.0.0.0/8'")
    protocol, first, last, source = found.groups()
    span = int(first), int(last or first)
    if not 0 < span[0] <= span[1] <= _HIGHEST:
        raise ValueError(f"{text!r}: ports go from 1 to {_HIGHEST}, the lower one first")
    return Asked(
        "udp" if protocol == "udp" else "tcp", *span, str(ip_network(source, strict=False)) if source else None
    )
