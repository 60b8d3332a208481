"""The first release of a volume that holds nothing: by links from the beginning, for what is no plain Drupal at the volume's top."""

import os
import shutil
from pathlib import Path

from webha_node.site import layout
from webha_node.site.apps import DRUPAL
from webha_node.site.layout import CURRENT, OWN_SITES, LayoutError

STAGING = ".webha-unpack"  # stands there while it is done: what lies beside it is ours, cut off
SERVER = "www-data"
UPLOADS = {"drupal": "*/files", "wordpress": "uploads", "php": "files"}  # in the shared folder


def begin(root: Path, release: str) -> None:
    """Make a placed release the one that runs, and what it brings (Drupal's ``sites``) the shared folder. Done again it goes on.

    Settings that it brings are the web server's to read and nobody else's, and what was uploaded to it is the web server's. Raises
    LayoutError where a name of its is somebody's.
    """
    wanted, home = layout.names(root, release), layout.home(root, release)
    its = layout.app(home)
    shared = root / its.shared
    (root / STAGING).mkdir(exist_ok=True)
    for name in sorted(wanted):
        path = root / name
        if os.path.lexists(path) and not (path.is_symlink() and str(path.readlink()) == f"{CURRENT}/{name}"):
            raise LayoutError(f"{path} is there already, and not from this release: move it away, then run this again")
    if not shared.exists():
        part = root / ".webha-sites"
        shutil.rmtree(part, ignore_errors=True)
        own = home / OWN_SITES
        part.mkdir(mode=0o700)
        if own.is_dir():
            shutil.copytree(own, part, symlinks=True, dirs_exist_ok=True)
            part.chmod(0o700)
        _given(
            [*part.glob("*/settings*.php")] if its is DRUPAL else [part / one for one in its.own],
            [*part.glob(UPLOADS[its.name])],
        )
        part.chmod(0o755)
        part.rename(shared)
    layout.switch(root, release)
    shutil.rmtree(root / STAGING)


def _given(settings: list[Path], uploads: list[Path]) -> None:
    for path in settings:
        if path.exists() and not path.is_symlink():
            shutil.chown(path, group=SERVER)
            path.chmod(0o640)
    for path in [*uploads, *(one for each in uploads for one in each.rglob("*"))]:
        if path.exists() and not path.is_symlink():
            shutil.chown(path, SERVER, SERVER)
