"""Drupal's own list of its releases (updates.drupal.org), and the release that a site gets by it. Pure.

The list names each release with its day, its archive, the archive's MD5 and what is known against it (``Insecure``), and the
branches that are supported (``11.4.``): www.drupal.org/drupalorg/docs/apis/update-status-xml.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET

from webha.drupal.release import Release, ReleaseError
from webha_node.site.apps import APPS, DRUPAL, App

NAME = "updates.drupal.org"
PHP = {12: (8, 2), 13: (8, 4)}  # of a Debian
# The oldest PHP of each major version (core's composer.json, www.drupal.org/docs/getting-started/system-requirements). Of others
# nothing is known, so they are not taken.
NEEDS = {10: (8, 1), 11: (8, 3), 12: (8, 5)}
_VERSION = re.compile(r"(\d{1,3})\.(\d{1,3})\.(\d{1,3})")
ARCHIVE = "https://ftp.drupal.org/files/projects/drupal-{}.tar.gz"


class Version(NamedTuple):
    """A stable release's three numbers."""

    major: int
    minor: int
    patch: int

    @property
    def branch(self) -> str:
        """As the list writes it."""
        return f"{self.major}.{self.minor}."

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


def version(text: str) -> Version | None:
    """Return the version that ``text`` names; None: it is none, or not a stable one."""
    found = _VERSION.fullmatch(text)
    return Version(*map(int, found.groups())) if found else None


@dataclass(frozen=True)
class Published:
    """A stable release of the list. ``md5``: of its archive, None where the list names none."""

    version: Version
    url: str
    md5: str | None
    insecure: bool


@dataclass(frozen=True)
class Feed:
    """The list: the supported branches, and the stable releases, in no order."""

    branches: tuple[str, ...]
    releases: tuple[Published, ...]

    def supports(self, one: Published) -> bool:
        """Whether a release's branch still gets mended."""
        return one.version.branch in self.branches


@dataclass(frozen=True)
class Wish:
    """What the data say of the release: of keys ``drupal_…`` the archive, its checksum, the version, whether an insecure one is meant,
    and the default of this Debian: archive, checksum and, where it is said, the day on which that was the newest (``2026-07-15``). Of another ``app`` there are the archive and its checksum alone.
    """

    archive: str | None
    checksum: str | None
    version: str | None
    insecure: bool
    default: Sequence[str]
    app: App = DRUPAL


def wished(data: Any, debian: int) -> Wish:
    """Return what the ``data`` of a host with this Debian say. Of keys ``drupal_…`` only Drupal takes a release."""
    app = APPS[data.app]
    its = app is DRUPAL
    return Wish(
        data.site_source or (data.drupal_archive if its else None),
        data.drupal_checksum,
        data.drupal_version if its else None,
        data.drupal_insecure,
        data.drupal_releases[str(debian)],
        app,
    )


def parse(text: bytes) -> Feed:
    """Return the list. Raises ReleaseError where it is not one."""
    try:
        root = ET.fromstring(text)  # noqa: S314 (drupal.org's own, over TLS; expat refuses entities that grow)
    except ET.ParseError as error:
        raise ReleaseError(f"what {NAME} says is no list of releases ({error})") from error
    branches = tuple(one.strip() for one in (root.findtext("supported_branches") or "").split(",") if one.strip())
    releases = tuple(found for one in root.iterfind("releases/release") if (found := _published(one)))
    if root.tag != "project" or root.findtext("short_name") != "drupal" or not releases:
        raise ReleaseError(f"what {NAME} says is no list of Drupal's releases")
    return Feed(branches, releases)


def _published(release: ET.Element) -> Published | None:
    """Return a stable release that is published, None for any other; of an archive only one that comes over TLS is known."""
    number = version(release.findtext("version") or "")
    url, md5 = release.findtext("download_link") or "", release.findtext("mdhash") or ""
    if number is None or release.findtext("status") != "published" or not url.startswith("https://"):
        return None
    terms = {(one.findtext("name"), one.findtext("value")) for one in release.iterfind("terms/term")}
    sum_of_it = md5 if re.fullmatch("[0-9a-f]{32}", md5) else None
    return Published(number, url, sum_of_it, ("Release type", "Insecure") in terms)


def _runs(number: Version, debian: int) -> bool:
    return number.major in NEEDS and NEEDS[number.major] <= PHP[debian]


def _newest(releases: Sequence[Published]) -> Published | None:
    return max(releases, key=lambda one: one.version, default=None)


def newest(feed: Feed, debian: int) -> Published | None:
    """Return the newest release that is supported, not insecure, and run by this Debian's PHP; None: there is none."""
    return _newest(
        [one for one in feed.releases if _runs(one.version, debian) and feed.supports(one) and not one.insecure]
    )


def fall_back(wish: Wish, why: str, today: date) -> tuple[Release, list[str]]:
    """Return the release for where the list cannot be asked (``why``), and how old it is. Raises ReleaseError for a version without a checksum."""
    archive, checksum, *day = wish.default
    known = _named(archive)
    if wish.version is not None and wish.version != known:
        if wish.checksum is None:
            raise ReleaseError(
                f"{why}, so nothing is known of Drupal {wish.version}: set drupal_checksum (sha512:… or sha256:…) too, or "
                "drupal_archive to a file that you fetched"
            )
        unknown = f"{why}, so whether Drupal {wish.version} is insecure is unknown"
        return Release(ARCHIVE.format(wish.version), wish.checksum), [unknown]
    age = f", the newest on {day[0]}, {(today - date.fromisoformat(day[0])).days} days ago" if day else ""
    return (
        Release(archive, checksum),
        [f"{why}: Drupal {known or archive} is what this pyinfra-webha knows{age}; a newer one may be out"],
    )


def choose(feed: Feed, wish: Wish, debian: int) -> tuple[Release, list[str]]:
    """Return the release by the list, and what is to be said of it.

    Without a version the newest that is supported; where nothing that this Debian's PHP runs is supported any more, the newest that is
    not known to be insecure, said. Raises ReleaseError for a version that the list does not know, that its PHP does not run, or that is
    insecure (until ``wish.insecure``).
    """
    best = newest(feed, debian)
    if wish.version is None:
        runs = [one for one in feed.releases if _runs(one.version, debian)]
        last = best or _newest([one for one in runs if not one.insecure or wish.insecure])
        if last is None:
            raise ReleaseError(
                f"{NAME} names no release that Debian {debian}'s PHP runs and that is not insecure: use a newer Debian, or name one "
                "by drupal_version, with drupal_insecure = True"
            )
        return _release(last, wish), [] if best else [_ended(last.version, debian)]
    found = next((one for one in feed.releases if str(one.version) == wish.version), None)
    instead = f"; {best.version} is the newest that is supported here" if best else ""
    if found is None:
        raise ReleaseError(f"{NAME} knows no Drupal {wish.version} (drupal_version){instead}")
    if not _runs(found.version, debian):
        raise ReleaseError(f"Drupal {wish.version} (drupal_version) is not run by the PHP of Debian {debian}{instead}")
    if found.insecure and not wish.insecure:
        raise ReleaseError(
            f"Drupal {wish.version} (drupal_version) is insecure, by drupal.org's own word{instead}: name that one, or say that this "
            "one is meant with drupal_insecure = True"
        )
    notes = [f"Drupal {wish.version} is INSECURE, by drupal.org's own word{instead}"] if found.insecure else []
    if not feed.supports(found):
        notes.append(f"Drupal {found.version.branch}x is not supported any more{instead}")
    return _release(found, wish), notes


def _release(found: Published, wish: Wish) -> Release:
    checksum = (wish.version and wish.checksum) or (f"md5:{found.md5}" if found.md5 else None)
    if checksum is None:
        raise ReleaseError(f"{NAME} names no checksum of Drupal {found.version}: set drupal_checksum")
    return Release(found.url, checksum)


def _ended(number: Version, debian: int) -> str:
    return f"no release that the PHP of Debian {debian} runs is supported any more: Drupal {number} gets no mending. Move to a newer Debian"


def _named(archive: str) -> str | None:
    """Return the version in an archive's name."""
    found = re.search(r"drupal-(\d+\.\d+\.\d+)\.tar", archive)
    return found[1] if found else None
