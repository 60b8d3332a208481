"""What the units of ours that run as root on a node may do of all that root may: systemd.exec(5), capabilities(7)."""

from dataclasses import dataclass
from pathlib import PurePosixPath

_SOCKETS = ("AF_UNIX", "AF_INET", "AF_INET6")
_DATABASE = "/etc/mysql"
# Keys of ours and of the daemons, which none of the programs reads for itself.
_KEYS = ("/etc/ssl/private", "/etc/ssl/glusterfs.key", "/etc/apache2", "/etc/corosync", "/var/lib/glusterd", _DATABASE)
# What a tree of mounts of its own takes away, and where from.
_TREE = {
    "ProtectHome=yes": ("/home", "/root", "/run/user"),
    "PrivateTmp=yes": ("/tmp", "/var/tmp"),  # noqa: S108 (folders that are hidden, not used)
    # Not "strict", for which systemd touches every mount: a docroot that hangs would keep the daemon from starting.
    "ProtectSystem=full": ("/usr", "/boot", "/efi", "/etc"),
}


@dataclass(frozen=True)
class Rights:
    """``capabilities`` and address ``families`` as systemd names them; ``calls``: those needed beside @system-service.

    ``shared``: it lives in the machine's own tree of mounts, for what it mounts is meant for all, or it runs when a tree of its
    own cannot be made. The machine's files are then not taken from it. ``reads``: what of the folders of keys it needs.
    """

    capabilities: tuple[str, ...] = ()
    families: tuple[str, ...] = _SOCKETS
    calls: tuple[str, ...] = ()
    shared: bool = False
    reads: tuple[str, ...] = ()

    @property
    def hidden(self) -> tuple[str, ...]:
        """Paths that are not in its own tree of mounts, as far as they are there when it starts."""
        return tuple(path for path in _KEYS if path not in self.reads)

    def tree(self, docroot: str) -> tuple[str, ...]:
        """Return the settings of its tree of mounts, without what would hide a ``docroot``, or make it read-only."""
        above = {str(one) for one in PurePosixPath(docroot).parents}
        return tuple(one for one, taken in _TREE.items() if not above & set(taken))


# Pacemaker gives even root a channel that is its own account's, so who writes an attribute there overrides modes
# (DAC_OVERRIDE); who only reads its configuration does not (DAC_READ_SEARCH). SETUID, SETGID are runuser's, by which MariaDB is
# asked where it shuts root out, and a data directory's position is read. To start and stop units needs root and no capability.
_OF = {
    "aside": Rights(("CAP_DAC_READ_SEARCH",)),
    # Copies what others own, as they own it; gives way (nice, ionice).
    "backup": Rights(
        ("CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_MKNOD", "CAP_SETGID", "CAP_SETUID"),
        calls=("@resources",),
        reads=(_DATABASE, "/etc/corosync", "/var/lib/glusterd", "/etc/ssl/glusterfs.key"),
    ),
    "docroot-keeper": Rights(
        ("CAP_DAC_OVERRIDE", "CAP_KILL", "CAP_SYS_ADMIN", "CAP_SYS_PTRACE"),
        (*_SOCKETS, "AF_NETLINK"),
        calls=("@mount",),
        shared=True,
    ),
    "galera-keeper": Rights(
        ("CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_KILL", "CAP_SETGID", "CAP_SETUID"), reads=(_DATABASE,)
    ),
    "guard": Rights(("CAP_DAC_OVERRIDE", "CAP_NET_ADMIN", "CAP_NET_RAW"), (*_SOCKETS, "AF_NETLINK", "AF_PACKET")),
    "handover": Rights(("CAP_DAC_READ_SEARCH", "CAP_KILL"), ("AF_UNIX", "AF_NETLINK"), shared=True),
    "ready": Rights(("CAP_DAC_OVERRIDE", "CAP_SETGID", "CAP_SETUID")),
}
RULES = Rights(("CAP_NET_ADMIN",), ("AF_UNIX", "AF_NETLINK"), shared=True)  # of nft, which loads the firewall's


def of(program: str) -> Rights:
    """Return what our ``program`` may do. Raises KeyError for one that has no unit of its own."""
    return _OF[program]
