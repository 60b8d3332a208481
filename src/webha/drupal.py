"""Drupal: which release, whether a site is there, and what may be done about it."""

import lzma
import tarfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import new, sha1
from pathlib import Path
from urllib.parse import urlparse

from webha.shown import Shown
from webha.verdict import Verdict

INSTALLING = "webha_installing"  # a table of ours that stands in the database while the installer works
CHUNK = 1 << 20
BLOCK = 4096


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


@dataclass(frozen=True)
class Site(Shown):
    """What there is of Drupal, seen from one node. None: unknown.

    ``release``: the checksum that our marker on the volume names; ``code``: ``none``, ``partial`` (an unpacking of ours
    that was cut off), ``complete`` or ``foreign`` (files that we did not put there).
    ``settings``: settings.php is ``absent``, ``ours`` (it says so) or ``foreign``; ``included``: a foreign one includes our values.
    ``tables``: number of tables in the database, None where it cannot be told from a reachable Primary; ``made``: it carries our mark.
    """

    mounted: bool
    code: str | None
    release: str | None
    primary: bool
    database: bool
    tables: int | None
    installing: bool
    password_hash: str | None = field(repr=False)
    privileges: bool
    settings: str = "absent"
    included: bool = False
    made: bool = False

    @property
    def ours(self) -> bool:
        """Whether the database is proved to be ours: by its mark, or (a cluster of before the mark) by our settings of our release."""
        return self.made or (self.settings == "ours" and self.release is not None)


def choose(debian: int, archive: str | None, checksum: str | None, releases: Mapping[str, Sequence[str]]) -> Release:
    """Return the release that the data asks for, or the default one of this Debian. A URL needs a checksum."""
    if archive is None:
        return Release(*releases[str(debian)])
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
    if algorithm not in ("sha256", "sha512"):
        raise ReleaseError(f"drupal_checksum {checksum!r}: expected sha256:… or sha512:…")
    found = digest(path, algorithm)
    if checksum is not None and found != checksum.lower():
        raise ReleaseError(f"{path} has the checksum {found}, expected {checksum}: fetch the release again")
    _look_inside(path)
    return found


def unpacked_size(path: Path) -> int:
    """Return how many bytes the archive's files take once unpacked, in whole blocks of 4 KiB."""
    with tarfile.open(path) as archive:
        return sum(-(-member.size // BLOCK) * BLOCK + BLOCK for member in archive)


def _look_inside(path: Path) -> None:
    """Refuse what does not unpack into one folder with index.php, core/ and vendor/, or reaches out of that folder."""
    try:
        with tarfile.open(path) as archive:
            names = archive.getnames()
    except (tarfile.TarError, EOFError, OSError, zlib.error, lzma.LZMAError) as error:
        raise ReleaseError(f"{path} is a broken archive ({error}): fetch the release again") from error
    tops = {name.split("/", 1)[0] for name in names}
    if len(tops) != 1 or any(".." in name.split("/") or name.startswith("/") for name in names):
        raise ReleaseError(f"{path} does not unpack into one folder: not a Drupal release")
    top = tops.pop()
    missing = [part for part in ("index.php", "core", "vendor") if f"{top}/{part}" not in names]
    if missing:
        raise ReleaseError(f"{path} has no {', '.join(missing)} in {top}/: not a complete Drupal release")


def native_password(password: str) -> str:
    """Return the hash that MariaDB keeps for ``IDENTIFIED BY`` (mysql_native_password)."""
    return "*" + sha1(sha1(password.encode()).digest()).hexdigest().upper()  # noqa: S324 (MariaDB's own scheme)


def to_unpack(site: Site | None, checksum: str) -> Verdict:
    """Decide whether the release is unpacked: once, onto a volume that holds nothing else."""
    if site is None or site.code is None:
        return Verdict("refuse", "what the docroot holds is unknown")
    if not site.mounted:
        return Verdict("refuse", "the volume is not mounted at the docroot: run tasks/gluster.py first")
    if site.code == "foreign":
        return Verdict(
            "refuse",
            "the volume holds files that are not this tool's: move them away, or unpack your own Drupal with an index.php",
        )
    if site.code == "complete" and site.release not in (checksum, None):
        return Verdict(
            "other",
            f"the volume holds the release {site.release}, the data names {checksum}: an update is not made by this task",
        )
    if site.code == "complete":
        return Verdict("nothing", "the release is on the volume")
    return Verdict("unpack", "no release on the volume" if site.code == "none" else "an unpacking was cut off")


def to_install(site: Site | None) -> Verdict:  # noqa: PLR0911 (one return a case)
    """Decide whether the installer runs: only into a database that a reachable Primary says is empty (or half filled by us)."""
    if site is None or not site.primary or site.tables is None:
        return Verdict(
            "refuse", "whether a site exists cannot be told: the database is not in a reachable primary component"
        )
    if site.settings == "foreign":
        return Verdict("nothing", "settings.php is somebody's own: the site is left to its owner")
    if site.code != "complete":
        return Verdict("refuse", "no complete release on the volume, so there is nothing to install from")
    if not site.database:
        return Verdict("refuse", "the site's database does not exist")
    if site.installing:
        return Verdict("install", "an installation of ours was cut off")
    if site.tables:
        return Verdict("nothing", f"a site is installed ({site.tables} tables)")
    return Verdict("install", "the database is empty")


def trusted_hosts(literals: Sequence[str], patterns: Sequence[str]) -> list[str]:
    """Return Drupal's ``trusted_host_patterns`` for these names and addresses, and patterns given as they are."""
    quoted = [
        "^" + "".join(f"\\{one}" if one in ".-+" else one for one in literal) + "$"
        for literal in dict.fromkeys(literals)
        if literal
    ]
    return [*quoted, *patterns]
