"""The release that a run is asked for, with the name that it has on the volume."""

import re
from dataclasses import dataclass
from pathlib import Path

from webha import drupal, site
from webha_node.site import apps, layout


@dataclass(frozen=True)
class Wanted:
    """A release, its ``name`` on the volume, and its SHA-256 where that is known before it is fetched, and where it may lie at the volume's top."""

    release: drupal.Release
    name: str
    checksum: str | None

    @property
    def local(self) -> bool:
        """Whether it lies on each node's own disk."""
        return self.name.endswith(layout.ON_DISK)


def wanted(release: drupal.Release, local: bool) -> Wanted:
    """Return the release with its name; ``local``: on each node's own disk. Raises ReleaseError where its file is not there."""
    if release.packaged is not None:
        return Wanted(release, site.named(release.packaged, drupal.digest_of(release.archive), local), None)
    if release.is_url:
        version = re.search(r"-(\d+\.\d+\.\d+)\.tar", release.archive)
        known = release.checksum or ""
        sha256 = known if known.startswith("sha256:") else None
        return Wanted(release, site.named(version[1] if version else None, known, local), None if local else sha256)
    path = Path(release.archive).expanduser()
    if not path.is_file():
        raise drupal.ReleaseError(f"{path}: no such file on the control machine")
    checksum = drupal.digest(path)
    return Wanted(
        release, site.named(drupal.version_of(path, release.app), checksum, local), None if local else checksum
    )


def by_links(release: drupal.Release, local: bool) -> Wanted | None:
    """Return a first release that is not unpacked at the volume's top: ``local``, a project with its docroot in it, and what is no Drupal."""
    path = Path(release.archive).expanduser()
    if local or release.app is not apps.DRUPAL or (not release.is_url and path.is_file() and drupal.is_project(path)):
        return wanted(release, local)
    return None
