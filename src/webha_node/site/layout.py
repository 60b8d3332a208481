"""Where releases lie on the volume, and how one of them becomes the running one.

``.webha-releases/ID`` is a release, all of it, root's and never written again; beside it ``ID.json`` says what it is. ``.webha-current`` is
a link to the folder of the running one that is served; each of its names at the top of the volume is a link through that one. So a
release begins to run everywhere by one rename, and a request that began with the old one ends with it: PHP knows code by its real path.
What releases share (Drupal's ``sites``, see :mod:`webha_node.site.apps`) lies at the top, and every release has links to it.

A volume of before releases has its code at the top itself. :func:`adopt` moves that into a release of its own, name by name.

A release whose name ends with :data:`ON_DISK` lies on each node's own disk, and on the volume as one file, from which every node unpacks it
(:mod:`webha_node.site.spreading`). All else is the same: one link on the volume says which one runs.
"""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from webha_node.site import apps
from webha_node.site.apps import App

RELEASES = ".webha-releases"
CURRENT = ".webha-current"
MARKER = ".webha-release"
LOCAL = Path("/var/lib/webha/site")  # of releases on each node's own disk
ON_DISK = "-local"
OWN_SITES = ".sites"  # what a release brings in the place of the shared folder
# Of core: what a volume of before releases has at its top, besides what the release that follows has there.
CODE = frozenset(
    {"core", "modules", "profiles", "themes", "libraries", "recipes", "vendor", "index.php", "autoload.php"}
)


class LayoutError(Exception):
    """What keeps a release from being placed or run, in a sentence."""


def docroot(release: Path) -> str:
    """Return the folder of a release that is served, as it lies in it. Raises LayoutError where there is none."""
    return known(release)[1]


def app(release: Path) -> App:
    """Return the application that a release's code is. Raises LayoutError where there is none."""
    return known(release)[0]


def known(release: Path) -> tuple[App, str]:
    """Return both, asked once: of code on the volume each look is a round trip."""
    found = apps.of(release)
    if found is None:
        raise LayoutError(f"{release} has no index.php, neither itself nor in web, docroot or public")
    return found


def home(root: Path, release: str) -> Path:
    """Return the folder that a release lies in. Raises LayoutError for what is no release's name."""
    if "/" in release or release.startswith("."):
        raise LayoutError(f"{release!r} is no name of a release")
    return LOCAL / release if release.endswith(ON_DISK) else root / RELEASES / release


def running(root: Path) -> str | None:
    """Return the running release's name; None: code lies at the top, or none at all."""
    try:
        link = (root / CURRENT).readlink()
        return link.relative_to(LOCAL).parts[0] if link.is_absolute() else link.parts[1]
    except FileNotFoundError:
        return None
    except (OSError, IndexError, ValueError) as error:
        raise LayoutError(f"{root / CURRENT} is no link of ours ({error}): move it away") from error


def flat(root: Path) -> bool:
    """Whether the code lies at the top itself, or some of it still does (:func:`adopt` was cut off)."""
    release = running(root)
    if release is None:
        return (root / "index.php").is_file()
    return not (root / RELEASES / f"{release}.json").exists()


def described(root: Path, release: str) -> dict[str, Any]:
    """Return what is written down of a release."""
    found = json.loads((root / RELEASES / f"{release}.json").read_text())
    if not isinstance(found, dict):
        raise LayoutError(f"{root / RELEASES / release}.json says nothing of a release")
    return found


def describe(root: Path, release: str, what: dict[str, Any]) -> None:
    """Write down on the volume what a release is: the last thing that is placed of it there."""
    replace(root / RELEASES / f"{release}.json", json.dumps(what))


def replace(path: Path, text: str) -> None:
    """Write a file that is seen whole or not at all."""
    new = path.with_name(f".{path.name}.new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.rename(path)


def share(root: Path, release: str) -> None:
    """Put the links to the shared folder in the place of the release's own."""
    top = home(root, release)
    its, inner = known(top)
    served = top / inner
    for name, there in its.links.items():
        path, shared = served / name, root / its.shared / there
        if not path.is_symlink():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.symlink_to(shared if release.endswith(ON_DISK) else os.path.relpath(shared, path.parent))


def adopt(root: Path, release: str, names: Iterable[str]) -> None:
    """Make a release of the code at the top: of the ``names`` that the next release has there, and of core's own.

    What else lies there stays, and is served as before: a search engine's proof, an icon. Done again it goes on where it was cut off.
    """
    top = home(root, release)
    top.mkdir(parents=True, exist_ok=True)
    link(root / CURRENT, f"{RELEASES}/{release}")
    for name in sorted({*names, *CODE} - {apps.DRUPAL.shared}):
        spare = root / f".webha-new-{name.lstrip('.')}"
        if (root / name).exists() and not (root / name).is_symlink():
            link(spare, f"{CURRENT}/{name}")  # ready, so that the name is missing for one rename only
            (root / name).rename(top / name)
        if os.path.lexists(top / name) and not os.path.lexists(root / name):
            if not os.path.lexists(spare):
                link(spare, f"{CURRENT}/{name}")
            spare.rename(root / name)
    share(root, release)
    describe(root, release, json.loads((root / MARKER).read_text()))


def names(root: Path, release: str) -> set[str]:
    """Return what of a release is served at the top."""
    top = home(root, release)
    its, inner = known(top)
    return {one.name for one in (top / inner).iterdir()} - {its.shared, OWN_SITES}


def switch(root: Path, release: str) -> None:
    """Make a release the running one, on every node by one rename; of names that only one of both has the link comes before, or goes after."""
    wanted = names(root, release)
    for name in sorted(wanted):
        if not os.path.lexists(root / name):
            link(root / name, f"{CURRENT}/{name}")
    link(root / CURRENT, target(root, release))
    for path in list(root.iterdir()):
        if path.name not in wanted and path.is_symlink() and str(path.readlink()) == f"{CURRENT}/{path.name}":
            path.unlink()
    replace(root / MARKER, json.dumps(described(root, release)))


def target(root: Path, release: str) -> str:
    """Return where the link to the running release points for this one: its served folder."""
    top = home(root, release)
    return (
        str(top / docroot(top))
        if release.endswith(ON_DISK)
        else "/".join(filter(None, (RELEASES, release, docroot(top))))
    )


def link(path: Path, to: str) -> None:
    """Make a link, or another one in its place, by one rename."""
    new = path.with_name(f"{path.name}.webha-new" if path.name.startswith(".webha") else f".webha-link-{path.name}")
    if os.path.lexists(new):
        new.unlink()
    new.symlink_to(to)
    new.rename(path)
