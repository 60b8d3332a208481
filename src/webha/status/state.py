"""What the status is made of: what one node said, what should be, and the layers' verdicts as one report."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from webha.backup import Points
from webha.certificates import Certificate
from webha.cluster import Page, Peer
from webha.drupal import Site
from webha.firewall import Firewall
from webha.galera import Member
from webha.gluster import Store
from webha.ground.forms import AsJson
from webha.lock import Entry, Holding, Notes, line
from webha.machine import Machine
from webha.site import Volume

LINES = 3  # of the journal, on the screen


class Watched(NamedTuple):
    """A unit: whether it is active (None: its layer tells), and what systemd says of its start at boot (UnitFileState)."""

    active: bool | None
    boot: str


@dataclass(frozen=True)
class Seen(AsJson):
    """What one node said; None for what it did not say within its time.

    ``heal``: files that a brick still owes the others; ``bricks``: brick (``node:/path``) to whether it serves;
    ``claimants``: hardware addresses that answer for the vip, asked by a node that does not hold it;
    ``health``: the health page's words (``ready``); ``page``: what answers at the vip from here, ``secure``: over TLS;
    ``certificate``: the site's and those that sign it, as on disk, ``served``: as the node's own Apache shows them; ``handed``: systemd's unit of Apache is the cluster's;
    ``disks``: file system that system, data or logs lie on to per cent in use; ``read_only``: those that cannot be written; ``failed``: systemd units;
    ``daemons``: units, our own and those of the stack; ``refused``: what Apache refuses of the configuration on disk, empty: nothing;
    ``runs``: the cluster's lock there, and the journal's last lines.
    """

    machine: Machine | None = None
    firewall: Firewall | None = None
    galera: Member | None = None
    cluster: Peer | None = None
    gluster: Store | None = None
    drupal: Site | None = None
    releases: Volume | None = None
    points: Points | None = None
    heal: int | None = None
    bricks: Mapping[str, bool] | None = None
    health: str | None = None
    page: Page | None = None
    secure: Page | None = None
    certificate: tuple[Certificate, ...] | None = None
    served: tuple[Certificate, ...] | None = None
    handed: bool | None = None
    holds_vip: bool | None = None
    claimants: tuple[str, ...] | None = None
    disks: Mapping[str, int] | None = None
    read_only: tuple[str, ...] | None = None
    failed: tuple[str, ...] | None = None
    daemons: Mapping[str, Watched] | None = None
    refused: str | None = None
    runs: Notes | None = None


@dataclass(frozen=True)
class Expected:
    """What the data says the stack is; ``properties``: the cluster's, ``options``: the volume's; ``backup``: where restore points are, and how old (hours) the last may be; ``log_minutes``: between two savings of binary logs, 0: there are none."""

    names: tuple[str, ...]
    vip: str
    volume: str
    site: str
    brick: str = "/gluster"
    root: str = "/var/www/html/drupal"
    web: str = "WebServer"
    address: str = "HA_VIP"
    clock_skew: float = 1.0
    firewall: bool = True
    https: bool = False
    galera_tls: bool = False
    gluster_tls: bool = False
    backup: str | None = None
    backup_age: float = 48
    log_minutes: int = 0
    properties: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Layer(AsJson):
    """One layer: its ``problems``, sentences that begin with the node they are about; and ``state`` in a few words."""

    state: str
    problems: tuple[str, ...] = ()
    healthy: bool = field(init=False)

    def __post_init__(self) -> None:
        """Healthy is: no problem."""
        object.__setattr__(self, "healthy", not self.problems)


@dataclass(frozen=True)
class Report(AsJson):
    """All layers; who holds the cluster's lock, and the last of the journal, neither of which is a problem.

    As JSON: ``{"healthy": …, "layers": {"galera": {"healthy": …, "problems": […], "state": …}, …}, "lock": {"held": […],
    "unknown": […]}, "journal": […]}``.
    """

    layers: Mapping[str, Layer]
    lock: Holding = field(default_factory=Holding)
    journal: tuple[Entry, ...] = ()
    healthy: bool = field(init=False)

    def __post_init__(self) -> None:
        """Healthy is: every layer."""
        object.__setattr__(self, "healthy", all(layer.healthy for layer in self.layers.values()))

    def screen(self, now: float) -> str:
        """Return it for a person's screen."""
        lines = []
        for name, layer in self.layers.items():
            lines.append(f"{name:8} {'healthy' if layer.healthy else 'PROBLEM'}  {layer.state}".rstrip())
            lines += [f"{'':17}  - {problem}" for problem in layer.problems]
        lines += [f"{'lock':8} {sentence}" for sentence in self.lock.sentences(now)]
        lines += [f"{'journal':8} {line(entry)}" for entry in self.journal]
        return "\n".join(lines)
