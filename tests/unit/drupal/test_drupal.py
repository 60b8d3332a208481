import bz2
import gzip
import hashlib
import io
import lzma
import re
import tarfile
from dataclasses import replace
from random import Random

import pytest

from webha.drupal import (
    Release,
    ReleaseError,
    Site,
    choose,
    digest,
    native_password,
    of_others,
    to_install,
    to_unpack,
    trusted_hosts,
    verified,
)

RELEASES = {"13": ("https://d.org/11.tar.gz", "sha512:11"), "12": ("https://d.org/10.tar.gz", "sha256:10")}
COMPLETE = ("index.php", "core/", "core/install.php", "vendor/", "vendor/autoload.php")


@pytest.mark.parametrize(("debian", "archive"), [(13, "https://d.org/11.tar.gz"), (12, "https://d.org/10.tar.gz")])
def test_each_debian_has_its_own_release(debian, archive):
    assert choose(debian, None, None, RELEASES).archive == archive


@pytest.mark.parametrize(
    ("archive", "checksum"), [("/root/d.tar.gz", None), ("/root/d.tar.gz", "sha256:1"), ("https://x/d.tgz", "sha256:1")]
)
def test_the_datas_release_wins(archive, checksum):
    assert choose(13, archive, checksum, RELEASES) == Release(archive, checksum)


@pytest.mark.parametrize("archive", ["https://x/d.tar.gz", "http://x/d.tar.gz"])
def test_a_url_needs_a_checksum(archive):
    with pytest.raises(ReleaseError, match="set drupal_checksum"):
        choose(13, archive, None, RELEASES)


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


@pytest.mark.parametrize("checksum", ["md5:00", "00", "", ":00"])
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
        ([f"drupal/{name}" for name in COMPLETE if name != "index.php"], r"has no index\.php in drupal/"),
        ([f"drupal/{name}" for name in COMPLETE if not name.startswith("core")], "has no core in"),
        ([f"drupal/{name}" for name in COMPLETE if not name.startswith("vendor")], "has no vendor in"),
        (["drupal/readme"], r"has no index\.php, core, vendor"),
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
    ("password", "hashed"),
    [
        # MySQL's own PASSWORD() of these.
        ("password", "*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19"),
        ("root", "*81F5E21E35407D884A6CD4A731AEBFB6AF209E1B"),
        ("drupal", "*7AFEAE5774E672996251E09B946CB3953FC67656"),
    ],
)
def test_a_password_has_mysqls_hash(password, hashed):
    assert native_password(password) == hashed


def site(**changes):
    values = {
        "mounted": True,
        "code": "complete",
        "release": "sha256:1",
        "primary": True,
        "database": True,
        "tables": 0,
        "installing": False,
        "password_hash": "*0",
        "privileges": True,
        "settings": "ours",
        "made": True,
    }
    return Site(**values | changes)


@pytest.mark.parametrize(
    ("one", "action"),
    [
        (None, "refuse"),
        (site(code=None), "refuse"),
        (site(code="none", mounted=False), "refuse"),
        (site(mounted=False), "refuse"),
        (site(code="foreign", release=None), "refuse"),
        (site(code="none", release=None), "unpack"),
        (site(code="partial", release=None), "unpack"),
        (site(), "nothing"),
        (site(release=None), "nothing"),
        (site(release="sha256:2"), "other"),
        (site(code="none", release=None, primary=False, tables=None), "unpack"),
    ],
)
def test_the_release_is_unpacked_once_onto_a_volume_that_holds_nothing_else(one, action):
    assert to_unpack(one, "sha256:1").action == action


def test_the_reason_names_both_releases():
    reason = to_unpack(site(release="sha256:2"), "sha256:1").reason
    assert "sha256:2" in reason
    assert "sha256:1" in reason


@pytest.mark.parametrize(
    ("one", "action"),
    [
        (None, "refuse"),
        (site(primary=False), "refuse"),
        (site(tables=None), "refuse"),
        (site(tables=None, installing=True), "refuse"),
        (site(code="none"), "refuse"),
        (site(code="partial"), "refuse"),
        (site(code=None), "refuse"),
        (site(code="foreign", tables=70), "refuse"),
        (site(database=False), "refuse"),
        (site(), "install"),
        (site(installing=True), "install"),
        (site(installing=True, tables=30), "install"),
        (site(tables=1), "nothing"),
        (site(tables=70), "nothing"),
    ],
)
def test_a_site_is_installed_only_into_a_database_that_is_known_to_be_empty(one, action):
    assert to_install(one).action == action


LOST = site()  # settings and release on the volume, and no table


def test_a_site_whose_database_is_gone_is_not_installed_anew_without_a_word():
    verdict = to_install(LOST, "hacloud")
    assert verdict.action == "refuse"
    assert (
        "import its dump, or, also where it was never installed, repeat with --data confirm=hacloud" in verdict.reason
    )
    assert of_others({"a": None, "b": LOST}, "/r", "hacloud")[-1] == verdict.reason
    assert to_install(LOST, None).action == "install"
    assert of_others({"b": LOST}, "/r", None) == []


@pytest.mark.parametrize(
    ("changes", "action"),
    [
        ({"settings": "absent"}, "install"),  # a first deploy that was cut off after the release
        ({"closed": True}, "install"),  # and one before the installer's first table
        ({"closed": True, "installing": True, "tables": 30}, "install"),
        ({"closed": True, "tables": 70}, "nothing"),
        ({"tables": 70}, "nothing"),
        ({"release": None}, "install"),  # a Drupal of somebody's own
        ({"settings": "foreign"}, "nothing"),
    ],
)
def test_a_deploy_that_was_cut_off_goes_on_without_a_confirmation(changes, action):
    one = replace(LOST, **changes)
    assert to_install(one, "hacloud").action == action
    assert of_others({"a": one}, "/r", "hacloud") == []


@pytest.mark.parametrize(
    ("name", "others"),
    [
        ("10.0.0.250", ["10.0.0.2501", "10a0.0.250", "110.0.0.250"]),
        ("www.example-site.org", ["wwwxexample-site.org", "www.example-site.org.evil"]),
    ],
)
def test_a_trusted_host_matches_itself_alone(name, others):
    (pattern,) = trusted_hosts([name], [])
    assert re.search(pattern, name)
    assert not any(re.search(pattern, other) for other in others)


def test_trusted_hosts_are_listed_once_without_empty_ones_and_patterns_stay_as_they_are():
    assert trusted_hosts(["a", "", "b", "a"], [r".*\.x$"]) == ["^a$", "^b$", r".*\.x$"]
