"""What a run asks of the site's releases, one thing at a time: JSON on standard input, sentences on standard output.

Ends with 1 and a sentence on standard error where it refuses, or where nothing came of it and nothing was changed. A change that went
back by itself ends with 0: the other nodes have to follow it, and the run says so after them.
"""

import fcntl
import json
import sys
import tarfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from webha_node.site import beginning, change, console, incoming, journal, layout, outgoing, placing, spreading
from webha_node.site.application import Application
from webha_node.site.journal import Journal

LOCK = ".lock"
PATIENCE = 900.0  # seconds for what a killed run left at work, on whatever node
NOTE = Path("/run/webha/site.release")  # the release that this node's web server was told of last


@dataclass(frozen=True)
class Values:
    """The docroot, where the volume is mounted; the virtual IP, by which the site is asked; the site's database and its account there."""

    root: str
    vip: str
    database: str
    user: str


def main(values: Values) -> None:
    """Do what standard input says."""
    asked = json.load(sys.stdin)
    site = Application(Path(values.root), values.vip, values.database, values.user)
    try:
        if asked["do"] in EACH:
            EACH[asked.pop("do")](site, **asked)
            return
        with alone(site.root):
            DONE[asked.pop("do")](site, **asked)
    except (*change.FAILURES, tarfile.TarError) as error:
        sys.exit(f"refused: {error}")


@contextmanager
def alone(root: Path) -> Generator[None]:
    """Be the only one on all nodes who changes releases; a node that dies lets go. Raises ChangeError where somebody does for too long."""
    releases = root / layout.RELEASES
    releases.mkdir(mode=0o755, exist_ok=True)
    with (releases / LOCK).open("w") as file:
        end = time.monotonic() + PATIENCE
        while True:
            try:
                fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > end:
                    raise change.ChangeError(
                        "another run's process still changes the site's release: look for node.pyz site on the nodes"
                    ) from None
                time.sleep(0.5)
        yield


def place(site: Application, release: str, archive: str, what: dict[str, Any]) -> None:
    """Unpack a release beside the running one."""
    placing.place(site.root, Path(archive), release, what)
    Path(archive).unlink(missing_ok=True)


def update(site: Application, release: str, before: str) -> None:
    """Make a placed release the running one. ``before``: what the code at the volume's top is called, where it lies there."""
    unfinish(site)
    if layout.running(site.root) != release:
        tell(site, change.change(site, release, before, print))
    noted(site)


def unfinish(site: Application, asked: bool = False) -> None:
    """Go back from what was cut off; ``asked``: this and nothing else."""
    entry = journal.read(site.root)
    if entry is not None and entry.unfinished:
        for one in (entry.old, entry.new):  # on this node, which may not be the one that began it
            if spreading.lacking(site.root, one):
                spreading.spread(site.root, one)
        tell(site, change.back(site, entry), asked)
    noted(site)


def rollback(site: Application, release: str, restore: bool) -> None:
    """Return to a release that is still there. ``restore``: to its database, too."""
    unfinish(site)
    if layout.running(site.root) != release:
        ended = (
            change.roll_back(site, release) if restore else change.change(site, release, release, print, change.ASKED)
        )
        tell(site, ended, asked=restore)
    noted(site)


def remove(site: Application, releases: list[str]) -> None:
    """Remove releases that do not run."""
    for one in releases:
        placing.remove(site.root, one)


def begin(site: Application, release: str) -> None:
    """Make a placed release the first one of a volume that holds none."""
    beginning.begin(site.root, release)
    noted(site)


def spread(site: Application, release: str) -> None:
    """Have a release of the nodes' disks on this one's."""
    spreading.spread(site.root, release)


def follow(site: Application) -> None:
    """Have this node's web server run what the volume says."""
    release = layout.running(site.root)
    if spreading.lacking(site.root, release):
        spreading.spread(site.root, release or "")
    if not NOTE.exists() or NOTE.read_text() != release:
        site.reload()
        noted(site, release)


def noted(site: Application, release: str | None = None) -> None:
    """Note what this node's web server was told."""
    NOTE.parent.mkdir(exist_ok=True)
    NOTE.write_text(release or layout.running(site.root) or "")


def bring(site: Application, what: str, path: str, checksum: str) -> None:
    """Take somebody's ``database`` or ``files``, a file on this node that goes afterwards."""
    try:
        if what == "database":
            incoming.take_database(site, site.database, Path(path), checksum)
        else:
            incoming.take_files(site.root, Path(path), checksum)
    finally:
        Path(path).unlink(missing_ok=True)


def export(site: Application) -> None:
    """Pack the site; say where."""
    print(outgoing.export(site.root, site.database))


def rebuild(site: Application) -> None:
    """Have the site forget what it cached."""
    site.rebuild(layout.running(site.root) or "")


def drush(site: Application, words: list[str]) -> None:
    """Run the site's own drush; it says what it says, and ends as it ends."""
    sys.exit(console.drush(site.root, site.host, words))


def tell(site: Application, entry: Journal, asked: bool = False) -> None:
    """Say how a change ended, in the last line, as JSON: the release that runs, the other one, and why it is not the new one."""
    running = layout.running(site.root)
    other = entry.old if running == entry.new else entry.new
    why = "" if asked or entry.phase == "done" else entry.why
    print(json.dumps({"running": running, "before": other, "why": why}))


# By each node for itself, all at once.
EACH: dict[str, Callable[..., None]] = {"follow": follow, "spread": spread, "drush": drush}
DONE: dict[str, Callable[..., None]] = {
    "place": place,
    "begin": begin,
    "update": update,
    "return": partial(unfinish, asked=True),
    "rollback": rollback,
    "remove": remove,
    "bring": bring,
    "export": export,
    "rebuild": rebuild,
}
