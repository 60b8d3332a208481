"""What the units of ours that run as root on a node may do of all that root may: systemd.exec(5), capabilities(7)."""

from dataclasses import dataclass

_SOCKETS = ("AF_UNIX", "AF_INET", "AF_INET6")


@dataclass(frozen=True)
class Rights:
    """``capabilities`` and address ``families`` as systemd names them; ``calls``: those needed beside @system-service.

    ``shared``: it lives in the machine's own tree of mounts, for what it mounts is meant for all, or it runs when a tree of its
    own cannot be made. The machine's files are then not taken from it.
    """

    capabilities: tuple[str, ...] = ()
    families: tuple[str, ...] = _SOCKETS
    calls: tuple[str, ...] = ()
    shared: bool = False


# DAC_READ_SEARCH reads Pacemaker's configuration, which is hacluster's; SYS_ADMIN is what systemd asks of whoever starts and stops
# units; SETUID, SETGID are runuser's, by which MariaDB is asked where it shuts root out, and a data directory's position is read.
_OF = {
    "aside": Rights(("CAP_DAC_READ_SEARCH", "CAP_SYS_ADMIN")),
    "docroot-keeper": Rights(
        ("CAP_DAC_OVERRIDE", "CAP_KILL", "CAP_SYS_ADMIN", "CAP_SYS_PTRACE"),
        (*_SOCKETS, "AF_NETLINK"),
        calls=("@mount",),
        shared=True,
    ),
    "galera-keeper": Rights(
        ("CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_KILL", "CAP_SETGID", "CAP_SETUID", "CAP_SYS_ADMIN")
    ),
    "guard": Rights(("CAP_DAC_READ_SEARCH", "CAP_NET_ADMIN", "CAP_NET_RAW"), (*_SOCKETS, "AF_NETLINK", "AF_PACKET")),
    "handover": Rights(("CAP_DAC_READ_SEARCH", "CAP_KILL"), ("AF_UNIX", "AF_NETLINK"), shared=True),
    "ready": Rights(("CAP_DAC_OVERRIDE", "CAP_SETGID", "CAP_SETUID")),
}
RULES = Rights(("CAP_NET_ADMIN",), ("AF_UNIX", "AF_NETLINK"), shared=True)  # of nft, which loads the firewall's


def of(program: str) -> Rights:
    """Return what our ``program`` may do. Raises KeyError for one that has no unit of its own."""
    return _OF[program]
