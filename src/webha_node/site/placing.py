"""Unpack a release beside the running one: onto the volume, or onto this node's disk."""

import os
import shutil
import tarfile
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any

from webha_node.site import layout, spreading
from webha_node.site.layout import OWN_SITES, RELEASES, SHARED, LayoutError

# Creating a file on the volume is a dozen round trips: several at once (docs/decisions/0005-docroot.md).
WRITERS = 8
# Where an administrator of a Drupal that is no composer project puts what is not core's.
ADDED = ("modules", "profiles", "themes", "libraries")
_MOST = 200 * WRITERS  # files in memory at a time; they are small


def place(root: Path, archive: Path, release: str, what: dict[str, Any]) -> None:
    """Have the release ``archive`` there, with what the running one has of modules and themes that it lacks.

    Does nothing where it is there. One that was cut off is written anew. Raises LayoutError, OSError, tarfile.TarError.
    """
    if (root / RELEASES / f"{release}.json").exists():
        return
    home = layout.home(root, release)
    part = home.with_name(f".{release}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    unpack(archive, part)
    served = part / layout.docroot(part)
    if not (served / SHARED).is_symlink():
        with suppress(FileNotFoundError):
            (served / SHARED).rename(part / OWN_SITES)
    shutil.rmtree(home, ignore_errors=True)
    part.rename(home)
    layout.share(root, release)
    carry(root, home)
    if release.endswith(layout.ON_DISK):
        spreading.keep(root, release)
    layout.describe(root, release, what)


def unpack(archive: Path, into: Path, owner: str | None = None) -> None:
    """Unpack what lies in the archive's one folder: ``owner``'s, None: root's, nobody else's to write, its links only to what lies in it."""
    begun: set[Future[None]] = set()
    links: list[tuple[Path, str]] = []
    with tarfile.open(archive) as tar, ThreadPoolExecutor(WRITERS) as writers:
        for inner, member in _members(tar):
            path = into / inner
            if member.isdir():
                path.mkdir(mode=0o755, parents=True, exist_ok=True)
                if owner is not None:
                    shutil.chown(path, owner, owner)
            elif member.issym():
                links.append((path, member.linkname))
            else:
                file = tar.extractfile(member)
                content = file.read() if file is not None else b""
                path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
                begun.add(writers.submit(_write, path, content, 0o755 if member.mode & 0o100 else 0o644, owner))
            if len(begun) >= _MOST:
                done, begun = wait(begun, return_when=FIRST_COMPLETED)
                _all_well(done)
        _all_well(begun)
    for path, target in links:  # after all files, so that none of these is written through one
        inside = os.path.normpath(path.parent.relative_to(into) / target)
        if inside.startswith(("..", "/")):
            raise LayoutError(f"the link {path.relative_to(into)} of the archive leads out of it, to {target}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(target)


def _members(tar: tarfile.TarFile) -> Iterator[tuple[PurePosixPath, tarfile.TarInfo]]:
    """Return what lies in the archive's folder, by its name there."""
    for member in tar:
        inner = PurePosixPath(member.name.partition("/")[2])
        if ".." in inner.parts or inner.is_absolute():
            raise LayoutError(f"{member.name} of the archive reaches out of its folder")
        if not (member.isdir() or member.isfile() or member.issym()):
            raise LayoutError(f"{member.name} of the archive is neither a file, a folder nor a link")
        if inner.parts:
            yield inner, member


def _all_well(written: Iterable[Future[None]]) -> None:
    for one in written:
        one.result()


def _write(path: Path, content: bytes, mode: int, owner: str | None) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
        file.write(content)
    if owner is not None:
        shutil.chown(path, owner, owner)


def carry(root: Path, home: Path) -> None:
    """Copy what the running code has of modules, themes and libraries, and a release that is core alone lacks.

    A project that brings modules itself is whole as it is.
    """
    served = home / layout.docroot(home)
    release = layout.running(root)
    if layout.flat(root):
        old = root
    elif release is not None:
        top = layout.home(root, release)
        old = top / layout.docroot(top)
    else:
        return
    if core_alone(served):
        for kind, name in added(old):
            if not (served / kind / name).exists():
                shutil.copytree(old / kind / name, served / kind / name, symlinks=True)


def remove(root: Path, release: str) -> None:
    """Remove a release that does not run, with its dump: what says that it is there goes first. Raises LayoutError for the one that runs."""
    if release == layout.running(root):
        raise LayoutError(f"the release {release} runs")
    home = layout.home(root, release)
    for ending in ("json", "sql.gz", "tar.gz"):
        (root / RELEASES / f"{release}.{ending}").unlink(missing_ok=True)
    home.with_name(f"{release}.json").unlink(missing_ok=True)
    with ThreadPoolExecutor(WRITERS) as removers:
        folders = [Path(one) for one, _, _ in os.walk(home)]
        _all_well([removers.submit(_empty, one) for one in folders])
    shutil.rmtree(home, ignore_errors=True)


def _empty(folder: Path) -> None:
    for path in list(folder.iterdir()):
        if path.is_symlink() or not path.is_dir():
            path.unlink()


def core_alone(served: Path) -> bool:
    """Whether a release has nothing but core in it."""
    return not list(added(served))


def added(served: Path) -> Iterator[tuple[str, str]]:
    """Return the folders of modules, themes, profiles and libraries: kind and name."""
    for kind in ADDED:
        if (served / kind).is_dir():
            yield from ((kind, one.name) for one in sorted((served / kind).iterdir()) if one.is_dir())
