"""A release named by a URL: fetched once to the control machine, kept only if it is the one that was meant."""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.lab.standin import write
from webha import drupal
from webha.drupal import fetching


class _Quiet(SimpleHTTPRequestHandler):
    asked = 0

    def log_message(self, *_: object) -> None:
        type(self).asked += 1


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    (tmp_path / "www").mkdir()
    write(tmp_path / "www" / "release.tar")
    monkeypatch.setattr(fetching, "CACHE", tmp_path / "cache")
    _Quiet.asked = 0
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(tmp_path / "www")))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/release.tar"
    server.shutdown()
    server.server_close()


def checksum_of(tmp_path: Path) -> str:
    return drupal.digest(tmp_path / "www" / "release.tar", "sha512")


def test_is_fetched_once_and_then_taken_from_the_cache(url: str, tmp_path: Path) -> None:
    release = drupal.Release(url, checksum_of(tmp_path))
    first = fetching.fetched(release)
    assert drupal.verified(first, release.checksum) == release.checksum
    assert fetching.fetched(release) == first
    assert _Quiet.asked == 1


def test_is_not_kept_when_it_is_another_one(url: str, tmp_path: Path) -> None:
    with pytest.raises(drupal.ReleaseError, match="has the checksum"):
        fetching.fetched(drupal.Release(url, "sha512:" + "0" * 128))
    assert list((tmp_path / "cache").iterdir()) == []


def test_that_is_not_there_is_an_error_that_says_what_to_do(url: str, tmp_path: Path) -> None:
    with pytest.raises(drupal.ReleaseError, match="download it and set drupal_archive to the file"):
        fetching.fetched(drupal.Release(url + ".no", checksum_of(tmp_path)))
