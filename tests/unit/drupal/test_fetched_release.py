"""A release named by a URL: fetched once to the control machine, kept only if it is the one that was meant."""

import io
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http.client import BadStatusLine
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.lab.standin import write
from webha import drupal
from webha.drupal import feed, fetching


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


LIST = (Path(__file__).parent / "current.xml").read_bytes()
SUM = "sha512:" + "1" * 128
WISH = feed.Wish(None, None, None, insecure=False, default=("https://d.org/drupal-11.4.4.tar.gz", SUM, "2026-07-15"))
ASKED = "https://updates.drupal.org/release-history/drupal/current"


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    notes: list[str] = []
    monkeypatch.setattr(fetching, "say_at_end", notes.append)
    return notes


def answers(monkeypatch: pytest.MonkeyPatch, answer: bytes | Exception) -> None:
    def urlopen(url: str, timeout: float) -> io.BytesIO:
        assert (url, timeout) == (ASKED, fetching.PATIENCE)
        if isinstance(answer, Exception):
            raise answer
        return io.BytesIO(answer)

    monkeypatch.setattr(fetching.urllib.request, "urlopen", urlopen)
    fetching._listed.cache_clear()


def test_the_release_is_the_lists(monkeypatch: pytest.MonkeyPatch, said: list[str]) -> None:
    answers(monkeypatch, LIST)
    release = fetching.chosen(WISH, 13, ASKED, there=False)
    assert release is not None
    assert release.archive.endswith("drupal-11.4.7.tar.gz")
    assert said == []


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (OSError("Network is unreachable"), "could not be asked (Network is unreachable)"),
        (BadStatusLine("x"), "could not be asked (x)"),
        (b"<html/>", "could not be asked (what updates.drupal.org says is no list"),
    ],
)
def test_without_the_list_the_default_is_taken_and_said(
    monkeypatch: pytest.MonkeyPatch, said: list[str], answer: bytes | Exception, why: str
) -> None:
    answers(monkeypatch, answer)
    assert fetching.chosen(WISH, 13, ASKED, there=False) == drupal.Release("https://d.org/drupal-11.4.4.tar.gz", SUM)
    assert why in said[0]
    assert "the newest on 2026-07-15" in said[0]


def test_the_list_is_not_asked_without_need(monkeypatch: pytest.MonkeyPatch, said: list[str]) -> None:
    answers(monkeypatch, AssertionError("asked"))
    assert fetching.chosen(WISH, 13, ASKED, there=True) is None
    assert fetching.chosen(replace(WISH, archive="/d.tar"), 13, ASKED, there=False) == drupal.Release("/d.tar", None)
    assert said == []
    assert fetching.chosen(WISH, 13, None, there=False) is not None
    assert "drupal_feed is not set" in said[0]


def test_two_names_for_the_release_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, AssertionError("asked"))
    with pytest.raises(drupal.ReleaseError, match="both say which release"):
        fetching.chosen(replace(WISH, archive="/d.tar", version="11.4.7"), 13, ASKED, there=False)
