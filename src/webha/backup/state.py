"""What a node says of the restore points."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from webha.ground.forms import AsJson


@dataclass(frozen=True)
class Made(AsJson):
    """The last point: ``at`` it was done, ``when`` it is of (seconds of the epoch); ``why`` it is not of one moment; what it holds, and what it added to the repository (bytes)."""

    point: str
    node: str
    at: float
    when: float
    why: str
    seconds: float
    added: int
    files: int
    rows: int
    size: int


@dataclass(frozen=True)
class Failure(AsJson):
    """The last attempt that came to nothing, since the last point."""

    at: float
    node: str
    why: str


@dataclass(frozen=True)
class Drill(AsJson):
    """The last drill; ``why`` it failed, empty: it did not."""

    at: float
    node: str
    why: str
    seconds: float
    point: str | None = None


@dataclass(frozen=True)
class Logs(AsJson):
    """A node's binary logs as they were saved last: all that was committed ``at`` that second; ``why`` the next attempt came to nothing, empty: it did not."""

    at: float
    why: str


@dataclass(frozen=True)
class Points(AsJson):
    """What the volume remembers, and how the target is seen from this node: ``repository``, ``empty``, ``filled`` (with something else), ``absent`` or ``remote`` (elsewhere, not asked), and how full it is in per cent.

    ``writable``: root may write there. ``installed``: this node's timer is there. ``begun``: where the cluster made, or found, its repository last. ``second``: which
    second password opens it (a part of its SHA-256).
    """

    last: Made | None
    failed: Failure | None
    drill: Drill | None
    target: str
    full: int | None
    writable: bool
    installed: bool
    logs: Mapping[str, Logs] = field(default_factory=dict)
    begun: str = ""
    second: str = ""
