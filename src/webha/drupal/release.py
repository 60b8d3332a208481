"""Which release: where it comes from, its checksum, and what its archive holds."""

import lzma
import re
import tarfile
import zlib
from dataclasses import dataclass
from hashlib import new
from pathlib import Path
from urllib.parse import urlparse

from webha_node.site.layout import DOCROOTS

CHUNK = 1 << 20


BLOCK = 4096
BROKEN = (tarfile.TarError, EOFError, OSError, zlib.error, lzma.LZMAError)  # what a damaged archive is read with
# Where the code has its version, in the one folder that all is in.
_VERSIONED = frozenset("/".join(filter(None, (one, "core/lib/Drupal.php"))) for one in DOCROOTS)


class ReleaseError(ValueError):
    """The archive is not there, not the one that was meant, or not a Drupal."""


@dataclass(frozen=True)
class Release:
    """Where the release comes from (URL or file on the control machine) and its checksum (``sha512:…``, None: not given)."""

    archive: str
    checksum: str | None

    @property
    def is_url(self) -> bool:
        """Whether it has to be fetched."""
        return urlparse(self.archive).scheme in ("http", "https")


def given(archive: str, checksum: str | None) -> Release:
    """Return the release that somebody names. A URL needs a checksum."""
    release = Release(archive, checksum)
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


def verified(path: Path, checksum: str | None) -> str:
    """Return the file's checksum after comparing it with the wanted one and looking at what the archive holds."""
    if not path.is_file():
        raise ReleaseError(f"{path}: no such file on the control machine")
    algorithm = (checksum or "sha256:").split(":", 1)[0]
    if algorithm not in ("md5", "sha256", "sha512"):  # drupal.org's list has MD5 alone
        raise ReleaseError(f"drupal_checksum {checksum!r}: expected sha256:… or sha512:…")
    found = digest(path, algorithm)
    if checksum is not None and found != checksum.lower():
        raise ReleaseError(f"{path} has the checksum {found}, expected {checksum}: fetch the release again")
    _look_inside(path)
    return found


def version_of(path: Path) -> str | None:
    """Return the version that the archive's Drupal says it is (core/lib/Drupal.php); None: it says none, or the archive is broken."""
    try:
        with tarfile.open(path) as archive:
            member = next((one for one in archive if one.name.split("/", 1)[-1] in _VERSIONED), None)
            file = archive.extractfile(member) if member is not None else None
            text = file.read(CHUNK) if file is not None else b""
    except BROKEN:
        return None
    found = re.search(rb"const VERSION = '([0-9A-Za-z][0-9A-Za-z.+~-]{0,31})'", text)
    return found[1].decode() if found else None


def described(path: Path, checksum: str) -> dict[str, str | None]:
    """Return what the mark on the volume says of an archive. MD5 is good enough for a list that came over TLS, not for a name."""
    named = digest(path) if checksum.startswith("md5:") else checksum
    return {"archive": path.name, "checksum": named, "version": version_of(path)}


def is_project(path: Path) -> bool:
    """Whether the archive is a project with the served folder in it, as composer builds it, not itself that folder; a broken one is none."""
    try:
        with tarfile.open(path) as archive:
            return _served(set(archive.getnames())) != ""
    except BROKEN:
        return False


def _served(names: set[str]) -> str:
    """Return the folder that is served, with a / behind it."""
    inner = {name.split("/", 1)[-1] for name in names}
    folders = [f"{one}/" if one else "" for one in DOCROOTS]
    return next((one for one in folders if f"{one}index.php" in inner), "")


def unpacked_size(path: Path) -> int:
    """Return how many bytes the archive's files take once unpacked, in whole blocks of 4 KiB."""
    with tarfile.open(path) as archive:
        return sum(-(-member.size // BLOCK) * BLOCK + BLOCK for member in archive)


def _look_inside(path: Path) -> None:
    """Refuse what does not unpack into one folder with index.php, core/ and vendor/, or reaches out of that folder.

    A project built by composer has vendor/ there, and the others in web/ or docroot/.
    """
    try:
        with tarfile.open(path) as archive:
            names = archive.getnames()
    except BROKEN as error:
        raise ReleaseError(f"{path} is a broken archive ({error}): fetch the release again") from error
    tops = {name.split("/", 1)[0] for name in names}
    if len(tops) != 1 or any(".." in name.split("/") or name.startswith("/") for name in names):
        raise ReleaseError(f"{path} does not unpack into one folder: not a Drupal release")
    top = tops.pop()
    there = set(names)
    served = _served(there)
    parts = [f"{top}/{part}" for part in (f"{served}index.php", f"{served}core", "vendor")]
    missing = [one for one in parts if one not in there and not any(name.startswith(f"{one}/") for name in there)]
    if missing:
        raise ReleaseError(
            f"{path} has no {', '.join(missing)}: not a complete Drupal release, nor a project that composer has built"
        )
