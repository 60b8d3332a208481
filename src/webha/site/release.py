"""The release that a run is asked for, with the name that it has on the volume."""

import re
from dataclasses import dataclass
from pathlib import Path

from webha import drupal, site


@dataclass(frozen=True)
class Wanted:
    """A release, its ``name`` on the volume, and its SHA-256 where that is known before it is fetched."""

    release: drupal.Release
    name: str
    checksum: str | None


def wanted(release: drupal.Release) -> Wanted:
    """Return the release with its name. Raises ReleaseError where its file is not there."""
    if release.is_url:
        version = re.search(r"-(\d+\.\d+\.\d+)\.tar", release.archive)
        known = release.checksum or ""
        sha256 = known if known.startswith("sha256:") else None
        return Wanted(release, site.named(version[1] if version else None, known), sha256)
    path = Path(release.archive).expanduser()
    if not path.is_file():
        raise drupal.ReleaseError(f"{path}: no such file on the control machine")
    checksum = drupal.digest(path)
    return Wanted(release, site.named(drupal.version_of(path), checksum), checksum)
