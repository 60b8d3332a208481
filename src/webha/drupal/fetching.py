"""Which release a site gets, by drupal.org's list; it comes to the control machine once, and stays only where it is the one that was meant."""

import os
import tempfile
import urllib.request
from datetime import UTC, datetime
from functools import cache
from http.client import HTTPException
from pathlib import Path

from webha import drupal
from webha.drupal import feed, project
from webha.drupal.release import PACKAGED
from webha.run.ending import say_at_end

CACHE = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "pyinfra-webha"

PATIENCE = 10  # seconds for the list of releases
_LONGEST = 32 << 20  # bytes; the list had 0.7 MB in 2026


def chosen(
    wish: feed.Wish, debian: int, url: str | None, there: bool | None, packaged: drupal.Packaged | None = None
) -> drupal.Release | None:
    """Return the release that the data ask for, and say at the end what is known against it; None: one is ``there``, and none is named
    (``there`` is None for an update, of what is there).

    ``url``: of drupal.org's list, None: it is not asked; where it cannot be asked the default is taken, and its age said.
    ``packaged``: what apt knows of the application's package. Raises ReleaseError for a release that may not be meant.
    """
    if wish.archive is not None:
        if wish.version is not None:
            raise drupal.ReleaseError(
                "drupal_archive (or WEBHA_DRUPAL_ARCHIVE, or site_source) and drupal_version both say which release: set one of them"
            )
        folder = Path(wish.archive).expanduser()
        named = str(project.packed(folder, CACHE, wish.app)) if folder.is_dir() else wish.archive
        return drupal.given(named, wish.checksum, wish.app)
    if there:
        return None
    if wish.app.package:
        return _of_debian(wish, packaged)
    if not wish.app.version:
        if there is None:
            raise drupal.ReleaseError("a docroot of your own has no newest release: name yours (site_source)")
        return drupal.Release(str(project.start_page(CACHE)), None, wish.app)
    listed, why = _listed(url) if url else (None, "drupal_feed is not set")
    if listed is None:
        release, notes = feed.fall_back(wish, why, datetime.now(tz=UTC).date())
    else:
        release, notes = feed.choose(listed, wish, debian)
    for note in notes:
        say_at_end(note)
    return release


def _of_debian(wish: feed.Wish, packaged: drupal.Packaged | None) -> drupal.Release:
    if packaged is None or packaged.version is None:
        why = "" if packaged is None or packaged.fresh else ", and its lists could not be brought up to date"
        raise drupal.ReleaseError(
            f"apt on the first node knows no package {wish.app.package}{why}: see to Debian's archive there, or name an archive of your own "
            "(site_source)"
        )
    if not packaged.fresh:
        say_at_end(
            f"apt's lists could not be brought up to date on the first node: {wish.app.title} {packaged.version} is the newest that it knows; "
            "a newer one may be out"
        )
    return drupal.Release(f"{PACKAGED}{packaged.version}", None, wish.app)


@cache
def _listed(url: str) -> tuple[feed.Feed | None, str]:
    """Return the list, asked for once a run, or why there is none."""
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE) as answer:  # noqa: S310 (the datum's kind: https alone)
            return feed.parse(answer.read(_LONGEST)), ""
    except (OSError, HTTPException, drupal.ReleaseError) as error:
        return None, f"{feed.NAME} could not be asked ({getattr(error, 'reason', error)})"


def fetched(release: drupal.Release) -> Path:
    """Return the release's file on the control machine, fetched there if it is a URL and not there yet."""
    if not release.is_url:
        return Path(release.archive).expanduser()
    path = CACHE / f"{(release.checksum or '').split(':')[-1][:16]}-{Path(release.archive).name}"
    if not path.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        descriptor, part = tempfile.mkstemp(dir=CACHE)
        try:
            with urllib.request.urlopen(release.archive, timeout=60) as answer, os.fdopen(descriptor, "wb") as file:  # noqa: S310 (Release.is_url: http and https alone)
                while chunk := answer.read(drupal.CHUNK):
                    file.write(chunk)
            drupal.verified(Path(part), release.checksum, release.app)
            Path(part).rename(path)
        except OSError as error:
            raise drupal.ReleaseError(
                f"{release.archive} cannot be fetched ({error}): download it and set drupal_archive to the file"
            ) from error
        finally:
            Path(part).unlink(missing_ok=True)
    return path
