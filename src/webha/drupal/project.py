"""A project of somebody's on the control machine, built by composer, as a release: the same archive from the same files."""

import io
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path

from webha.drupal.release import ReleaseError, digest
from webha_node.site.apps import DRUPAL, App, inner, of

_START = b"""<!DOCTYPE html>
<title>It works</title>
<p>Your own site goes here: name it as site_source, and run tasks/site.py.</p>
"""
LEFT = frozenset({".git", ".ddev", "node_modules"})  # folders that no site serves


def packed(folder: Path, cache: Path, app: App = DRUPAL) -> Path:
    """Return the folder's archive, in ``cache``: with vendor/, without uploads (sites/*/files). Raises ReleaseError where it is not built."""
    if "vendor" in app.beside and not (folder / "vendor" / "autoload.php").is_file():
        raise ReleaseError(f"{folder} has no vendor/autoload.php: run composer install --no-dev in it first")
    cache.mkdir(parents=True, exist_ok=True)
    part = cache / f".project-{os.getpid()}.tar"
    try:
        part.touch(mode=0o600)
        with tarfile.open(part, "w") as archive:
            for path in _kept(folder, _uploads(folder, app)):
                archive.inodes.clear()  # type: ignore[attr-defined]  # tarfile's own: a second name of a file is a file, too
                info = archive.gettarinfo(path, f"project/{path.relative_to(folder)}")
                info.uid = info.gid = info.mtime = 0
                info.uname = info.gname = ""
                if info.isfile():
                    with path.open("rb") as file:
                        archive.addfile(info, file)
                elif info.isdir() or info.issym():
                    archive.addfile(info)
        path = cache / f"project-{digest(part).partition(':')[2][:16]}.tar"
        part.rename(path)
    except OSError as error:
        raise ReleaseError(f"{folder} could not be packed: {error}") from error
    finally:
        part.unlink(missing_ok=True)
    return path


def _uploads(folder: Path, app: App) -> set[Path]:
    """Return what belongs to no release: of a Drupal the uploads of each of its sites, of others what leads to the shared folder."""
    if app is DRUPAL:
        return set(folder.glob("**/sites/*/files"))
    found = of(folder)
    return set() if found is None else {folder / inner(found[1], one) for one in app.links}


def start_page(cache: Path) -> Path:
    """Return the archive of a docroot that says what belongs there."""
    cache.mkdir(parents=True, exist_ok=True)
    path = cache / f"start-{os.getpid()}.tar"
    info = tarfile.TarInfo("start/index.php")
    info.size = len(_START)
    with tarfile.open(path, "w") as archive:
        archive.addfile(info, io.BytesIO(_START))
    return path.rename(cache / "start.tar")


def _kept(folder: Path, uploads: set[Path]) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name in LEFT or path in uploads:
            continue
        yield path
        if path.is_dir() and not path.is_symlink():
            yield from _kept(path, uploads)
