"""A Debian machine as it was found."""

from dataclasses import dataclass

from webha.ground import probe
from webha.ground.forms import AsJson
from webha.run.ports import Port

ACTIVE_STATES = frozenset(
    ("active", "reloading", "inactive", "failed", "activating", "deactivating", "maintenance", "refreshing")
)
DPKG_ANSWERED = (0, 1)  # 1: one of the packages is unknown to it


def active_states(answer: probe.Answer) -> list[str]:
    """Read ``systemctl show -p ActiveState --value UNIT…``, a word a unit. Raises ProbeError for what systemd did not say."""
    if not answer.ok or not answer.lines or not ACTIVE_STATES.issuperset(answer.lines):
        raise probe.ProbeError(f"systemd does not say: {answer.text}")
    return answer.lines


def dpkg_lines(answer: probe.Answer) -> list[str]:
    """Return the lines of dpkg or dpkg-query. Raises ProbeError where it did not come to an answer."""
    if answer.status not in DPKG_ANSWERED:
        raise probe.ProbeError(f"dpkg does not say: {answer.text}")
    return answer.lines


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
