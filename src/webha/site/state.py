"""What a node sees of the site's releases."""

from dataclasses import dataclass

from webha.ground.forms import AsJson
from webha_node.site import layout


@dataclass(frozen=True)
class Where:
    """Where the site is: the docroot, the virtual IP, its database and the account of that."""

    root: str
    vip: str
    database: str
    user: str


@dataclass(frozen=True)
class Volume(AsJson):
    """The releases on the volume, seen from one node.

    ``running``: the release that runs (``webha_node.site.layout``), None where its code lies at the volume's top (``flat``) or there is none;
    ``placed``: those that are there whole, the newest first; ``dumped``: those whose database was kept when they were left;
    ``before``, ``schema``: of the last change, the release that was left, and whether the database was changed by it, ``returned``: it was a
    return that somebody asked for; ``unfinished``: it
    was cut off; ``holds``: the virtual IP is here; ``told``: the release that this node's Apache was told of last;
    ``here``: the releases that are whole on this node's own disk; ``imported``: the checksums of the dump and the files that were taken in.
    """

    mounted: bool
    flat: bool
    running: str | None
    placed: tuple[str, ...]
    dumped: tuple[str, ...]
    before: str | None
    schema: bool
    unfinished: bool
    holds: bool
    told: str | None
    here: tuple[str, ...] = ()
    imported: tuple[str, ...] = ()
    returned: bool = False

    @property
    def lacks(self) -> bool:
        """Whether the release that runs belongs on this node's own disk, and is not there."""
        return self.running is not None and self.running.endswith(layout.ON_DISK) and self.running not in self.here
