"""A release's archive: the one that was meant, whole, in one folder, and which version it is."""

import bz2
import gzip
import hashlib
import io
import lzma
import tarfile
from random import Random

import pytest

from webha.drupal import Release, ReleaseError, digest, given, is_project, verified, version_of

COMPLETE = ("index.php", "core/", "core/install.php", "core/lib/Drupal.php", "vendor/", "vendor/autoload.php")


@pytest.mark.parametrize(
    ("archive", "checksum"), [("/root/d.tar.gz", None), ("/root/d.tar.gz", "sha256:1"), ("https://x/d.tgz", "sha256:1")]
)
def test_somebodys_release_is_taken(archive, checksum):
    assert given(archive, checksum) == Release(archive, checksum)


@pytest.mark.parametrize("archive", ["https://x/d.tar.gz", "http://x/d.tar.gz"])
def test_a_url_needs_a_checksum(archive):
    with pytest.raises(ReleaseError, match="set drupal_checksum"):
        given(archive, None)


@pytest.mark.parametrize(
    ("archive", "url"), [("http://x/d", True), ("https://x/d", True), ("/http/d", False), ("d.tar.gz", False)]
)
def test_only_http_is_fetched(archive, url):
    assert Release(archive, None).is_url is url


def archive(path, names, mode="w:gz", links=()):
    with tarfile.open(path, mode) as tar:
        for name in names:
            member = tarfile.TarInfo(name.rstrip("/"))
            member.type = tarfile.DIRTYPE if name.endswith("/") else tarfile.REGTYPE
            content = b"" if name.endswith("/") else hashlib.sha256(name.encode()).digest() * 200
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
        for name, target in links:
            member = tarfile.TarInfo(name)
            member.type, member.linkname = tarfile.SYMTYPE, target
            tar.addfile(member)
    return path


def release(path, mode="w:gz"):
    return archive(path, ["drupal-11/", *(f"drupal-11/{name}" for name in COMPLETE)], mode)


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_the_right_archive_is_taken_by_its_checksum(tmp_path, mode, algorithm):
    path = release(tmp_path / "d.tar", mode)
    checksum = f"{algorithm}:{hashlib.new(algorithm, path.read_bytes()).hexdigest()}"
    assert verified(path, checksum) == checksum
    assert verified(path, f"{algorithm}:{checksum.split(':')[1].upper()}") == checksum
    assert digest(path, algorithm) == checksum


def test_an_archive_without_a_checksum_is_named_by_its_sha256(tmp_path):
    path = release(tmp_path / "d.tar.gz")
    assert verified(path, None) == digest(path, "sha256")


@pytest.mark.parametrize("checksum", ["sha256:" + "0" * 64, "sha512:" + "0" * 128, "sha256:", "sha256"])
def test_another_checksum_is_refused(tmp_path, checksum):
    with pytest.raises(ReleaseError, match="has the checksum sha"):
        verified(release(tmp_path / "d.tar.gz"), checksum)


@pytest.mark.parametrize("checksum", ["md4:00", "00", "", ":00"])
def test_an_unknown_kind_of_checksum_is_refused(tmp_path, checksum):
    with pytest.raises(ReleaseError, match="expected sha256"):
        verified(release(tmp_path / "d.tar.gz"), checksum or "none")


@pytest.mark.parametrize("name", ["missing.tar.gz", "."])
def test_a_missing_file_is_refused(tmp_path, name):
    with pytest.raises(ReleaseError, match="no such file"):
        verified(tmp_path / name, None)


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_a_truncated_archive_is_refused_wherever_it_was_cut(tmp_path, mode):
    whole = release(tmp_path / "whole", mode).read_bytes()
    for part in (0.02, 0.3, 0.6):
        path = tmp_path / "cut"
        path.write_bytes(whole[: int(len(whole) * part)])
        with pytest.raises(ReleaseError):
            verified(path, None)


@pytest.mark.parametrize("packed", [gzip.compress, lzma.compress, bz2.compress], ids=["gz", "xz", "bz2"])
def test_an_archive_damaged_anywhere_is_refused(tmp_path, packed):
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        for number in range(8):
            member = tarfile.TarInfo(f"drupal/{number}")
            member.size = 40000
            tar.addfile(member, io.BytesIO(Random(number).randbytes(20000) + b"abc def " * 2500))  # noqa: S311
    whole = packed(plain.getvalue())
    path = tmp_path / "broken"
    for start in range(100, len(whole) - 600, len(whole) // 60):
        path.write_bytes(whole[:start] + b"\xff\x00\x13" * 200 + whole[start + 600 :])
        with pytest.raises(ReleaseError):
            verified(path, None)


def test_what_is_no_archive_is_a_broken_archive(tmp_path):
    path = tmp_path / "page.html"
    path.write_text("<html>404 Not Found</html>" * 100)
    with pytest.raises(ReleaseError, match="broken archive"):
        verified(path, None)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ([f"drupal/{name}" for name in COMPLETE if name != "index.php"], r"has no drupal/index\.php: not"),
        ([f"drupal/{name}" for name in COMPLETE if not name.startswith("core")], "has no drupal/core: not"),
        ([f"drupal/{name}" for name in COMPLETE if not name.startswith("vendor")], "has no drupal/vendor: not"),
        (["drupal/readme"], r"has no drupal/index\.php, drupal/core, drupal/vendor"),
        (COMPLETE, "into one folder"),
        ([*(f"drupal/{name}" for name in COMPLETE), "other/x"], "into one folder"),
        ([*(f"drupal/{name}" for name in COMPLETE), "drupal/../../etc/cron.d/x"], "into one folder"),
        ([*(f"drupal/{name}" for name in COMPLETE), "/etc/cron.d/x"], "into one folder"),
        ([], "into one folder"),
    ],
)
def test_what_is_no_complete_release_in_one_folder_is_refused(tmp_path, names, words):
    with pytest.raises(ReleaseError, match=words):
        verified(archive(tmp_path / "d.tar.gz", names), None)


def test_names_that_only_look_like_a_way_out_are_taken(tmp_path):
    names = ["drupal/", *(f"drupal/{name}" for name in COMPLETE), "drupal/core/a..b", "drupal/core/..."]
    assert verified(archive(tmp_path / "d.tar.gz", names), None).startswith("sha256:")


@pytest.mark.parametrize(
    ("content", "version"),
    [(b"<?php class Drupal { const VERSION = '11.4.7';", "11.4.7"), (b"<?php", None), (None, None)],
)
def test_the_version_is_what_the_archives_code_says(tmp_path, content, version):
    path = tmp_path / "d.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        for name in ("d/core/tests/core/lib/Drupal.php", "d/core/lib/Drupal.php"):
            text = b"const VERSION = '6.6.6'" if "tests" in name else content
            if text is not None:
                member = tarfile.TarInfo(name)
                member.size = len(text)
                tar.addfile(member, io.BytesIO(text))
    assert version_of(path) == version


@pytest.mark.parametrize("version", ["../../x", "/etc/x", "11.2.10 x", ""])
def test_a_version_that_is_none_names_no_release(tmp_path, version):
    path = tmp_path / "d.tar"
    with tarfile.open(path, "w") as tar:
        text = f"const VERSION = '{version}';".encode()
        info = tarfile.TarInfo("d/core/lib/Drupal.php")
        info.size = len(text)
        tar.addfile(info, io.BytesIO(text))
    assert version_of(path) is None


def test_a_broken_archive_is_judged_where_it_is_verified(tmp_path):
    (tmp_path / "d.tar.gz").write_bytes(b"\x1f\x8b\x08" + bytes(4000))
    assert version_of(tmp_path / "d.tar.gz") is None
    assert not is_project(tmp_path / "d.tar.gz")


@pytest.mark.parametrize("docroot", ["web", "docroot"])
def test_a_project_that_composer_has_built_is_a_release(tmp_path, docroot):
    names = [f"p/{one}" if one.startswith("vendor") else f"p/{docroot}/{one}" for one in COMPLETE]
    path = archive(tmp_path / "p.tar.gz", names)
    assert is_project(path)
    assert verified(path, None) == digest(path)
