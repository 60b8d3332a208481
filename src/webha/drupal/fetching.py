"""A release named by a URL comes to the control machine once, and stays only where it is the one that was meant."""

import os
import tempfile
import urllib.request
from pathlib import Path

from webha import drupal

CACHE = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "pyinfra-webha"


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
            drupal.verified(Path(part), release.checksum)
            Path(part).rename(path)
        except OSError as error:
            raise drupal.ReleaseError(
                f"{release.archive} cannot be fetched ({error}): download it and set drupal_archive to the file"
            ) from error
        finally:
            Path(part).unlink(missing_ok=True)
    return path
