"""From one release to another, and back by itself where anything goes wrong.

Without changes to the database: the switch, and Apache reads anew. With them the site is closed first (Drupal's maintenance mode), then the
database is dumped, so that the dump has every row that was acknowledged; only then the code is switched and the updates run. Whatever
fails, and whatever was cut off by a dead run or node, goes back: the old code, and the dump where the updates had begun. Once the site is
being opened to visitors there is no way back but the one that somebody asks for: what they write from then on stays.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from subprocess import SubprocessError
from typing import Protocol

from webha_node.site import journal, layout
from webha_node.site.journal import Journal
from webha_node.site.layout import LayoutError


class ChangeError(Exception):
    """What went wrong, in a sentence."""


FAILURES = (ChangeError, LayoutError, OSError, SubprocessError)
CUT = "the run that changed it was cut off"
ASKED = "asked for"


@dataclass(frozen=True)
class Looked:
    """What a release's code says of the database: the updates that it asks for, and what is against running them."""

    updates: Sequence[str]
    wrong: Sequence[str]
    closed: bool


class Site(Protocol):
    """The application and the servers of this node, as the change uses them. What goes wrong is raised as :class:`ChangeError`."""

    @property
    def root(self) -> Path:
        """The docroot, where the volume is mounted."""

    def look(self, release: str) -> Looked:
        """Ask the code of a release."""

    def update(self, release: str) -> None:
        """Have it bring the database to itself."""

    def rebuild(self, release: str) -> None:
        """Have it forget what it cached."""

    def close(self, release: str, closed: bool) -> None:
        """Close the site to visitors, or open it."""

    def settle(self) -> None:
        """Wait for the requests that began before it was closed."""

    def dump(self, path: Path) -> None:
        """Write the database into a file."""

    def restore(self, path: Path) -> None:
        """Make the database what the file has."""

    def reload(self) -> None:
        """Have this node's web server forget the code that it knows."""

    def answers(self, closed: bool) -> None:
        """See that a page is served."""


def dump_of(root: Path, release: str) -> Path:
    """Return where the database lies as it was when a release was left."""
    return root / layout.RELEASES / f"{release}.sql.gz"


def change(site: Site, new: str, before: str, say: Callable[[str], None], why: str = "") -> Journal:
    """Make ``new``, which is placed, the running release. Returns how it ended. Raises ChangeError where nothing was changed.

    ``before``: what the code at the volume's top is called from now on, where it lies there; ``why``: :data:`ASKED` for a return by hand.
    """
    root = site.root
    looked = site.look(new)
    if looked.wrong:
        raise ChangeError(f"the release {new} cannot run here: " + "; ".join(looked.wrong))
    if layout.flat(root):
        entry = Journal(layout.running(root) or before, new, "adopting", schema=False, closed=False)
        journal.write(root, entry)
        adopt(root, entry)
    old = layout.running(root)
    if old is None:
        raise ChangeError("no code is on the volume")
    schema = bool(looked.updates)
    entry = Journal(old, new, "begun", schema, closed=schema and not looked.closed, why=why)
    journal.write(root, entry)
    try:
        if entry.closed:
            site.close(old, True)
            site.settle()
        site.dump(dump_of(root, old))
        entry = _at(root, entry, "switched")
        layout.switch(root, new)
        site.reload()
        if schema:
            say(f"{len(looked.updates)} updates of the database")
            entry = _at(root, entry, "updating")
            site.update(new)
        site.rebuild(new)
        site.answers(schema)
    except FAILURES as error:
        entry = replace(entry, why=str(error) or type(error).__name__)
        journal.write(root, entry)  # what went wrong is known to whoever has to go on from here
        return back(site, entry)
    return opened(site, entry)


def opened(site: Site, entry: Journal) -> Journal:
    """Open the site that was closed for the change, which is done then: from here on it only goes forward."""
    if entry.closed:
        entry = _at(site.root, entry, "opening")
        site.close(entry.new, False)
    return _at(site.root, entry, "done")


def adopt(root: Path, entry: Journal) -> None:
    """Make a release of the code at the volume's top; done again it goes on where it was cut off."""
    layout.adopt(root, entry.old, layout.names(root, entry.new))


def back(site: Site, entry: Journal) -> Journal:
    """Return to the release before, and to its database where the updates had begun. Done again it does the same.

    A change that was only to be opened to visitors is finished instead; an adoption is finished, and the release that it made runs.
    """
    root = site.root
    if entry.phase == "opening":
        return opened(site, entry)
    if entry.phase == "reopening":
        return _reopened(site, entry)
    if entry.phase == "adopting":
        adopt(root, entry)
        return _at(root, replace(entry, why=entry.why or CUT), "returned")
    if entry.phase != "begun":
        layout.switch(root, entry.old)
        site.reload()
    if entry.phase == "updating":
        site.restore(dump_of(root, entry.old))
    if entry.phase != "begun":
        site.rebuild(entry.old)
    return _reopened(site, replace(entry, why=entry.why or CUT))


def _reopened(site: Site, entry: Journal) -> Journal:
    """Open the site after a return, by the code that runs: of one that only began it is the newer one. What visitors write from then on stays."""
    if entry.closed:
        entry = _at(site.root, entry, "reopening")
        site.close(layout.running(site.root) or entry.old, False)
    return _at(site.root, entry, "returned")


def roll_back(site: Site, old: str) -> Journal:
    """Return to a release and to the database as it was when it was left. What was written since is given up, but for a dump of it.

    Raises ChangeError where nothing was changed.
    """
    root = site.root
    new = layout.running(root)
    if new is None or not dump_of(root, old).exists():
        raise ChangeError(f"there is no database of the release {old} to return to")
    try:
        closed = not site.look(new).closed
    except ChangeError:  # it may be the reason for going back
        closed = True
    entry = Journal(old, new, "begun", schema=True, closed=closed, why=ASKED)
    journal.write(root, entry)
    try:
        if entry.closed and _closes(site, new):
            site.settle()
        site.dump(dump_of(root, new))
    except FAILURES as error:
        back(site, replace(entry, why=str(error)))
        raise ChangeError(f"nothing was changed: {error}") from error
    return back(site, _at(root, entry, "updating"))


def _closes(site: Site, release: str) -> bool:
    """Close it; code that does not run any more may be the reason for going back, and lets nobody write."""
    try:
        site.close(release, True)
    except ChangeError:
        return False
    return True


def _at(root: Path, entry: Journal, phase: str) -> Journal:
    entry = replace(entry, phase=phase)
    journal.write(root, entry)
    return entry
