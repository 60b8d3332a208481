"""Releases that are refused before anything of them reaches the volume; a corrected run then succeeds (``deployed``)."""

import io
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.nodes import DOCROOT, on, refused
from tests.lab.standin import write

pytestmark = [pytest.mark.usefixtures("half_deployed"), pytest.mark.any_release]


@pytest.fixture
def release(tmp_path: Path) -> Path:
    return write(tmp_path / "release.tar")


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    yield
    assert on("nodoha2", f"ls -A {DOCROOT}") == "", "something is left on the volume"
    assert on("nodoha", "ls -A /var/tmp | grep ^webha || true") == "", "something is left on the node"


def tried(archive: Path | str, **data: str) -> str:
    words = {"drupal_archive": str(archive), **data}
    return refused("tasks/drupal.py", *(word for key, value in words.items() for word in ("--data", f"{key}={value}")))


def test_a_wrong_checksum_is_refused(release: Path) -> None:
    assert "has the checksum sha256:" in tried(release, drupal_checksum="sha256:" + "0" * 64)


def test_a_broken_archive_is_refused(release: Path) -> None:
    broken = release.with_name("broken.tar.gz")
    broken.write_bytes(b"\x1f\x8b\x08" + os.urandom(4000))
    assert "is a broken archive" in tried(broken)


def test_an_archive_of_something_else_is_refused(release: Path) -> None:
    other = release.with_name("other.tar")
    with tarfile.open(other, "w") as archive:
        archive.addfile(tarfile.TarInfo("something/readme"), io.BytesIO(b""))
    assert "has no something/index.php, something/core, something/vendor" in tried(other)


def test_an_absent_archive_is_refused(release: Path) -> None:
    assert "no such file on the control machine" in tried(release.with_name("absent.tar"))


def test_a_url_without_a_checksum_is_refused() -> None:
    assert "set drupal_checksum" in tried("https://example.org/drupal.tar.gz")


def test_a_disk_without_room_is_refused(release: Path) -> None:
    on("nodoha", "mount -t tmpfs -o size=1500k tmpfs /var/tmp")
    try:
        assert "/var/tmp has 1 MB free" in tried(release)  # noqa: S108
    finally:
        on("nodoha", "umount /var/tmp")


def test_a_disk_that_fills_up_while_unpacking_leaves_nothing(release: Path) -> None:
    """Files of no size pass the look at the free space; the file system has no room for so many of them."""
    on("nodoha", "mount -t tmpfs -o size=64m,nr_inodes=100 tmpfs /var/tmp")
    try:
        assert "the release could not be unpacked on this node" in tried(release)
    finally:
        on("nodoha", "umount /var/tmp")
