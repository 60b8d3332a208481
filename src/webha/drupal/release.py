"""Which release: where it comes from, its checksum, and what its archive holds."""

import lzma
import re
import tarfile
import zlib
from dataclasses import dataclass
from hashlib import new
from pathlib import Path
from urllib.parse import urlparse

from webha.ground.forms import AsJson
from webha_node.site import apps
from webha_node.site.apps import App

CHUNK = 1 << 20


BLOCK = 4096
PACKAGED = "debian:"
BROKEN = (tarfile.TarError, EOFError, OSError, zlib.error, lzma.LZMAError)  # what a damaged archive is read with


class ReleaseError(ValueError):
    """The archive is not there, not the one that was meant, or not the application."""


@dataclass(frozen=True)
class Release:
    """Where the release comes from and its checksum (``sha512:…``, None: not given).

    ``archive``: a URL, a file on the control machine, or ``debian:`` and a package's version; ``app``: the application that it is.
    """

    archive: str
    checksum: str | None
    app: App = apps.DRUPAL

    @property
    def is_url(self) -> bool:
        """Whether it has to be fetched."""
        return urlparse(self.archive).scheme in ("http", "https")

    @property
    def packaged(self) -> str | None:
        """The version of Debian's package that it is made of, on a node; None: it is an archive."""
        return self.archive.removeprefix(PACKAGED) if self.archive.startswith(PACKAGED) else None


@dataclass(frozen=True)
class Packaged(AsJson):
    """What apt on a node would install: the version, None: it knows no such package; ``fresh``: its lists could be brought up to date."""

    version: str | None
    fresh: bool


def given(archive: str, checksum: str | None, app: App = apps.DRUPAL) -> Release:
    """Return the release that somebody names. A URL needs a checksum."""
    release = Release(archive, checksum, app)
    if release.is_url and checksum is None:
        raise ReleaseError(f"drupal_archive {archive} is a URL: set drupal_checksum (sha512:… or sha256:…) too")
    return release


def digest(path: Path, algorithm: str = "sha256") -> str:
    """Return ``algorithm:hexadecimal`` of a file."""
    found = new(algorithm)
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            found.update(chunk)
    return f"{algorithm}:{found.hexdigest()}"


def digest_of(text: str) -> str:
    """Return the same of a text."""
    return f"sha256:{new('sha256', text.encode()).hexdigest()}"


def verified(path: Path, checksum: str | None, app: App = apps.DRUPAL) -> str:
    """Return the file's checksum after comparing it with the wanted one and looking at what the archive holds."""
    if not path.is_file():
        raise ReleaseError(f"{path}: no such file on the control machine")
    algorithm = (checksum or "sha256:").split(":", 1)[0]
    if algorithm not in ("md5", "sha256", "sha512"):  # drupal.org's list has MD5 alone
        raise ReleaseError(f"drupal_checksum {checksum!r}: expected sha256:… or sha512:…")
    found = digest(path, algorithm)
    if checksum is not None and found != checksum.lower():
        raise ReleaseError(f"{path} has the checksum {found}, expected {checksum}: fetch the release again")
    _look_inside(path, app)
    return found


def version_of(path: Path, app: App = apps.DRUPAL) -> str | None:
    """Return the version that the archive's code says it is; None: it says none, or the archive is broken."""
    if not app.version:
        return None
    signs = {apps.inner(docroot, app.sign) for docroot in app.docroots}
    try:
        with tarfile.open(path) as archive:
            member = next((one for one in archive if one.name.split("/", 1)[-1] in signs), None)
            file = archive.extractfile(member) if member is not None else None
            text = file.read(CHUNK) if file is not None else b""
    except BROKEN:
        return None
    found = re.search(app.version.encode(), text)
    return found[1].decode() if found else None


def described(path: Path, checksum: str, app: App = apps.DRUPAL) -> dict[str, str | None]:
    """Return what the mark on the volume says of an archive. MD5 is good enough for a list that came over TLS, not for a name."""
    named = digest(path) if checksum.startswith("md5:") else checksum
    return {"archive": path.name, "checksum": named, "version": version_of(path, app), "app": app.name}


def is_project(path: Path) -> bool:
    """Whether the archive is a project with the served folder in it, as composer builds it, not itself that folder; a broken one is none."""
    try:
        with tarfile.open(path) as archive:
            return _served(set(archive.getnames())) != ""
    except BROKEN:
        return False


def _served(names: set[str], app: App = apps.DRUPAL) -> str:
    """Return the folder that is served, with a / behind it."""
    inner = {name.split("/", 1)[-1] for name in names}
    folders = [f"{one}/" if one else "" for one in app.docroots]
    return next((one for one in folders if f"{one}index.php" in inner), "")


def unpacked_size(path: Path) -> int:
    """Return how many bytes the archive's files take once unpacked, in whole blocks of 4 KiB."""
    with tarfile.open(path) as archive:
        return sum(-(-member.size // BLOCK) * BLOCK + BLOCK for member in archive)


def _look_inside(path: Path, app: App) -> None:
    """Refuse what does not unpack into one folder with the application in it (a Drupal's index.php, core/ and vendor/), or reaches out of that folder.

    A project built by composer has vendor/ there, and the others in web/ or docroot/.
    """
    try:
        with tarfile.open(path) as archive:
            names = archive.getnames()
    except BROKEN as error:
        raise ReleaseError(f"{path} is a broken archive ({error}): fetch the release again") from error
    tops = {name.split("/", 1)[0] for name in names}
    if len(tops) != 1 or any(".." in name.split("/") or name.startswith("/") for name in names):
        raise ReleaseError(f"{path} does not unpack into one folder: not a {app.title} release")
    top = tops.pop()
    there = set(names)
    served = _served(there, app)
    parts = [f"{top}/{part}" for part in (f"{served}index.php", *(f"{served}{one}" for one in app.needs), *app.beside)]
    missing = [one for one in parts if one not in there and not any(name.startswith(f"{one}/") for name in there)]
    if missing:
        project = ", nor a project that composer has built" if app.beside else ""
        raise ReleaseError(f"{path} has no {', '.join(missing)}: not a complete {app.title} release{project}")
    found = apps.recognised({name.split("/", 1)[-1] for name in names})
    if found is None or found[0] is not app:
        raise ReleaseError(
            f"{path} is {'no ' + app.title if found is None else found[0].title}, the data say app = {app.name!r}"
        )
