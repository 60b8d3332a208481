"""The one table of ports: what the stack listens on, and who has to reach it."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Port:
    """Ports ``first`` to ``last`` of one service.

    ``source``: who must reach it over the network: ``anywhere``, the ``nodes`` among each other, or ``nobody``
    (Drupal speaks to its own node's MariaDB). ``holders``: the process names that may hold it on a rerun.
    """

    service: str
    first: int
    last: int
    protocol: Literal["tcp", "udp"]
    source: Literal["anywhere", "nodes", "nobody"]
    holders: tuple[str, ...] = ()


def table(corosync_port: int = 5405) -> tuple[Port, ...]:
    """Return all ports of the stack."""
    return (
        Port("Apache", 80, 80, "tcp", "anywhere", ("apache2",)),
        Port("MariaDB", 3306, 3306, "tcp", "nobody", ("mariadbd", "systemd")),
        Port("Galera's state transfer", 4444, 4444, "tcp", "nodes", ("socat", "rsync")),
        Port("Galera", 4567, 4567, "tcp", "nodes", ("mariadbd",)),
        Port("Galera's incremental transfer", 4568, 4568, "tcp", "nodes", ("mariadbd",)),
        Port("Corosync", corosync_port, corosync_port, "udp", "nodes"),
        Port("glusterd", 24007, 24007, "tcp", "nodes", ("glusterd",)),
        # glusterfsd takes the first free one from 49152 up, and another at each start of a brick.
        Port("Gluster's bricks", 49152, 60999, "tcp", "nodes"),
    )
