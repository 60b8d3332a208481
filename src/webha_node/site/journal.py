"""What is under way with the site's releases, for whoever comes after this node or this run: one file on the volume."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from webha_node.site.layout import RELEASES, LayoutError, replace

NAME = "journal.json"
OPEN = (
    "adopting",
    "begun",
    "switched",
    "updating",
    "opening",
    "reopening",
)  # the phases that something has to be done about


@dataclass(frozen=True)
class Journal:
    """The last change of the running release: from which to which, and how far it came.

    ``phase``: ``adopting`` (the code at the volume's top becomes a release), ``begun`` (the site is closed, or about to be), ``switched`` (the
    new code runs), ``updating`` (it changes the database), ``opening`` and ``reopening`` (all is done, or gone back from, and visitors come again), ``done``, or ``returned`` (all
    is as before), for the reason ``why``. ``schema``: it changes the database; ``closed``: by us.
    """

    old: str
    new: str
    phase: str
    schema: bool
    closed: bool
    why: str = ""

    @property
    def unfinished(self) -> bool:
        """Whether something was cut off."""
        return self.phase in OPEN


def read(root: Path) -> Journal | None:
    """Return the last entry; None: there is none. Raises LayoutError where it cannot be read."""
    path = root / RELEASES / NAME
    try:
        return Journal(**json.loads(path.read_text()))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise LayoutError(f"{path} cannot be read ({error}): look at the site, then move it away") from error


def write(root: Path, entry: Journal) -> None:
    """Write the entry, in the place of the one before."""
    replace(root / RELEASES / NAME, json.dumps(asdict(entry)))
