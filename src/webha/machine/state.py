"""A Debian machine as it was found."""

from dataclasses import dataclass

from webha.ground.forms import AsJson
from webha.run.ports import Port


@dataclass(frozen=True)
class Listener:
    """A listening socket and the name of the process behind it (empty: not visible)."""

    port: int
    process: str


@dataclass(frozen=True)
class Machine(AsJson):
    """One machine before the deploy. ``clock_offset``: its clock minus this control machine's, in seconds.

    ``vip_holder``: the hardware address that answers for the vip from elsewhere in the network, None where nobody does;
    ``has_vip``: this machine holds it itself. ``disk_mb``: free below ``/var`` and ``/``, the smaller one.
    """

    system: str
    release: int | None
    root: bool
    ram_mb: int
    disk_mb: int
    clock_offset: float
    addresses: tuple[str, ...]
    hardware: tuple[str, ...]
    listeners: tuple[Listener, ...]
    vip_holder: str | None
    has_vip: bool


@dataclass(frozen=True)
class Needs:
    """What the data asks of a machine."""

    releases: tuple[int, ...]
    ram_mb: int
    disk_mb: int
    clock_skew: float
    vip: str
    ports: tuple[Port, ...]


@dataclass(frozen=True)
class FileState(AsJson):
    """One path: its mode (``644``), owner (``root:root``) and the SHA-256 of its content; all None when absent.

    ``ours``: it says so in its first lines.
    """

    mode: str | None
    owner: str | None
    sha256: str | None
    ours: bool = True

    @property
    def exists(self) -> bool:
        """Whether there is a regular file (a link to one counts) at the path."""
        return self.sha256 is not None


@dataclass(frozen=True)
class PackageState(AsJson):
    """Which of the asked packages are installed and configured, and whether an interrupted install left traces."""

    installed: frozenset[str]
    interrupted: bool
    start_blocked: bool


@dataclass(frozen=True)
class UnitState(AsJson):
    """One systemd unit as systemd sees it now."""

    loaded: bool
    active: str
    enabled: str
    stale: bool


@dataclass(frozen=True)
class DaemonState(AsJson):
    """A daemon of ours: its unit, and digests of script and unit on disk (None: not there) and as it was started."""

    active: str
    enabled: str
    configured: str | None
    running: str | None
