"""Unpack a release beside the running one: onto the volume, or onto this node's disk."""

import os
import re
import shutil
import tarfile
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import IO, Any

from webha_node.site import layout, spreading
from webha_node.site.apps import App
from webha_node.site.layout import OWN_SITES, RELEASES, LayoutError

# Creating a file on the volume is a dozen round trips: several at once (docs/decisions/0005-docroot.md).
WRITERS = 8
_MOST = 50 * WRITERS  # files in memory at a time, and how many bytes of one: a larger one is written as it is read
_LARGE = 1 << 18


def place(root: Path, archive: Path, release: str, what: dict[str, Any]) -> None:
    """Have the release ``archive`` there, with what the running one has of modules and themes that it lacks.

    Does nothing where it is there. One that was cut off is written anew. Raises LayoutError, OSError, tarfile.TarError.
    """
    if there(root, release):
        return
    home = layout.home(root, release)
    part = home.with_name(f".{release}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    unpack(archive, part)
    _set_aside(part)
    shutil.rmtree(home, ignore_errors=True)
    part.rename(home)
    layout.share(root, release)
    carry(root, home, str(what.get("archive", "")))
    if release.endswith(layout.ON_DISK):
        what = what | {spreading.DIGEST: spreading.keep(root, release)}
    layout.describe(root, release, what)


def _set_aside(part: Path) -> None:
    """Take what a release brings in the place of the shared folder out of the way: the first one's becomes that."""
    its, inner = layout.known(part)
    served = part / inner
    for name in its.left:
        (served / name).unlink(missing_ok=True)
    for name, there in its.links.items():
        if os.path.lexists(served / name) and not (served / name).is_symlink():
            aside = part / OWN_SITES / there
            aside.parent.mkdir(parents=True, exist_ok=True)
            (served / name).rename(aside)
    with suppress(FileNotFoundError):
        (part / OWN_SITES).chmod(0o700)  # settings of the place where it comes from


def there(root: Path, release: str) -> bool:
    """Whether a release lies whole on the volume; one of the nodes' disks as one file."""
    described = (root / RELEASES / f"{release}.json").exists()
    return described and (not release.endswith(layout.ON_DISK) or spreading.file_of(root, release).exists())


def unpack(archive: Path, into: Path, owner: str | None = None, links: bool = True) -> None:
    """Unpack what lies in the archive's one folder: ``owner``'s, None: root's, nobody else's to write.

    Its links lead to what lies in it; without ``links`` it has none. Raises LayoutError.
    """
    begun: set[Future[None]] = set()
    linked: list[tuple[Path, str]] = []
    with tarfile.open(archive) as tar, ThreadPoolExecutor(WRITERS) as writers:
        for inner, member in _members(tar):
            path = into / inner
            if member.isdir():
                path.mkdir(mode=0o755, parents=True, exist_ok=True)
            elif member.issym():
                linked.append((path, member.linkname))
            else:
                begun |= _file(tar, member, path, owner, writers)
            if len(begun) >= _MOST:
                done, begun = wait(begun, return_when=FIRST_COMPLETED)
                _all_well(done)
        _all_well(begun)
    if linked and not links:
        raise LayoutError(
            f"the archive has links in it, {linked[0][0].relative_to(into)}: uploads are files and folders"
        )
    _link(into, linked)
    if owner is not None:
        for folder, _, _ in os.walk(into):
            shutil.chown(folder, owner, owner)


def _file(
    tar: tarfile.TarFile, member: tarfile.TarInfo, path: Path, owner: str | None, writers: ThreadPoolExecutor
) -> set[Future[None]]:
    """Write a file, or have it written: what is begun."""
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    file = tar.extractfile(member)
    mode = 0o755 if member.mode & 0o100 else 0o644
    if file is not None and member.size > _LARGE:
        _write(path, file, mode, owner)
        return set()
    return {writers.submit(_write, path, file.read() if file is not None else b"", mode, owner)}


def _link(into: Path, linked: Iterable[tuple[Path, str]]) -> None:
    """Make the links after all files, so that none of these is written through one; each leads to what lies in ``into``, also through others."""
    top = into.resolve()

    def inside(path: Path, target: str) -> None:
        lexically = os.path.normpath(path.parent.relative_to(into) / target)
        if (
            lexically.startswith(("..", "/"))
            or not path.parent.resolve().is_relative_to(top)
            or not path.resolve().is_relative_to(top)
        ):
            raise LayoutError(f"the link {path.relative_to(into)} of the archive leads out of it, to {target}")

    for path, target in linked:
        inside(path, target)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(target)
    for path, target in linked:
        inside(path, target)


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


def _write(path: Path, content: bytes | IO[bytes], mode: int, owner: str | None) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
        if isinstance(content, bytes):
            file.write(content)
        else:
            shutil.copyfileobj(content, file, 1 << 20)
    if owner is not None:
        shutil.chown(path, owner, owner)


def carry(root: Path, home: Path, archive: str = "") -> None:
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
    its = layout.app(home)
    if core_alone(served, its, archive):
        for kind, name in added(old, its):
            if not (served / kind / name).exists():
                (served / kind).mkdir(parents=True, exist_ok=True)
                if (old / kind / name).is_dir():
                    shutil.copytree(old / kind / name, served / kind / name, symlinks=True)
                else:
                    shutil.copy(old / kind / name, served / kind / name)
                _as_code(served / kind / name)


def _as_code(top: Path) -> None:
    """Take from a copy what code must not have: others who may write it, and marks of a program that becomes somebody."""
    if top.is_file() and not top.is_symlink():
        top.chmod(0o644)
    for folder, _, files in os.walk(top):
        Path(folder).chmod(0o755)
        for name in files:
            path = Path(folder, name)
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)


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


def core_alone(served: Path, app: App, archive: str) -> bool:
    """Whether a release has nothing but core in it: by its ``archive`` of an application whose core brings some of what is added."""
    return re.fullmatch(app.bare, archive) is not None if app.bare else not list(added(served, app))


def added(served: Path, app: App) -> Iterator[tuple[str, str]]:
    """Return modules, themes and the like that are not core's: kind and name."""
    for kind in app.added:
        if (served / kind).is_dir():
            for one in sorted((served / kind).iterdir()):
                if (one.is_dir() or app.core) and not re.fullmatch(app.core, one.name):
                    yield kind, one.name
