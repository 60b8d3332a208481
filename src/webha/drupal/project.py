"""A project of somebody's on the control machine, built by composer, as a release: the same archive from the same files."""

import os
import tarfile
from collections.abc import Iterator
from pathlib import Path

from webha.drupal.release import ReleaseError, digest

LEFT = frozenset({".git", ".ddev", "node_modules"})  # folders that no site serves


def packed(folder: Path, cache: Path) -> Path:
    """Return the folder's archive, in ``cache``: with vendor/, without uploads (sites/*/files). Raises ReleaseError where it is not built."""
    if not (folder / "vendor" / "autoload.php").is_file():
        raise ReleaseError(f"{folder} has no vendor/autoload.php: run composer install --no-dev in it first")
    cache.mkdir(parents=True, exist_ok=True)
    part = cache / f".project-{os.getpid()}.tar"
    try:
        part.touch(mode=0o600)
        with tarfile.open(part, "w") as archive:
            for path in _kept(folder):
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


def _kept(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name in LEFT or (path.name == "files" and path.parent.parent.name == "sites"):
            continue
        yield path
        if path.is_dir() and not path.is_symlink():
            yield from _kept(path)
