import hashlib
import io
import json
import os
import re
from base64 import b64decode
from dataclasses import replace
from pathlib import Path

import pytest
from pyinfra.api.command import StringCommand
from pyinfra.api.exceptions import OperationError

from webha.drupal import Release, ReleaseError, fetching, native_password
from webha.drupal import operations as drupal
from webha.drupal.facts import Drupal
from webha.galera.facts import Galera
from webha.machine.facts import Directories, Files, FileState
from webha.machine.operations import File
from webha.reset import operations as reset

from ..galera.test_galera import BARE, stopped, synced
from ..stubs import NAMES, execute, fake_program, given, perform
from .test_drupal import site
from .test_release import release as archive

PASSWORD = "hunter2-very-secret"
NAMED = {"root": "/srv/www", "database": "drupal", "user": "drupal"}
HASH = native_password(PASSWORD)
DONE = site(password_hash=HASH)


def database(one, **named):
    return perform(drupal.database, facts={Drupal: one}, password=PASSWORD, **NAMED | named)


def test_a_database_with_its_user_is_left_alone():
    assert database(DONE).idle


@pytest.mark.parametrize(
    ("changes", "statement"),
    [
        ({"database": False}, "CREATE DATABASE `drupal`"),
        ({"password_hash": None}, f"CREATE USER 'drupal'@localhost IDENTIFIED BY PASSWORD '{HASH}'"),
        (
            {"password_hash": "*00"},
            "ALTER USER 'drupal'@localhost IDENTIFIED VIA mysql_native_password USING '*00' OR mysql_native_password USING "
            f"'{HASH}'",
        ),
        ({"privileges": False}, "GRANT ALL PRIVILEGES ON `drupal`.* TO 'drupal'@localhost"),
    ],
)
def test_only_what_is_missing_is_stated_on_standard_input(changes, statement):
    done = database(replace(DONE, **changes))
    assert done.stdin.startswith(statement)
    assert done.stdin.count(";") == 1
    for secret in (PASSWORD, HASH):
        assert secret not in done.text
    assert PASSWORD not in done.stdin


@pytest.mark.parametrize("one", [None, site(primary=False)])
def test_without_a_primary_component_no_database_is_made(one):
    assert "primary component" in database(one).refused


@pytest.mark.parametrize("name", ["", "1a", "a-b", "a;b", "a`b", "a'b", "a" * 33, "a\n"])
@pytest.mark.parametrize("which", ["database", "user"])
def test_a_name_that_could_be_more_than_a_name_is_an_error(which, name):
    with pytest.raises(OperationError, match="is no name"):
        database(DONE, **{which: name})


@pytest.fixture
def local(tmp_path):
    return Release(str(archive(tmp_path / "drupal.tar.gz")), None)


def unpacked(one, release):
    return perform(drupal.release, release, facts={Drupal: one}, **NAMED)


@pytest.mark.parametrize(("code", "marker"), [("none", None), ("partial", None)])
def test_a_release_is_uploaded_and_unpacked(local, code, marker):
    done = unpacked(site(code=code, release=marker), local)
    content = Path(local.archive).read_bytes()
    checksum = "sha256:" + hashlib.sha256(content).hexdigest()
    upload = done.commands[-2]
    assert b64decode(given(upload)) == content
    assert upload.get_raw_value().endswith(f"{drupal.SCRATCH}/webha-{checksum[7:23]}.tar")
    assert (
        json.dumps({"archive": "drupal.tar.gz", "checksum": checksum, "version": None, "app": "drupal"})
        in done.texts[-1]
    )


@pytest.mark.parametrize("one", [site(), site(release=None), site(release="sha256:other")])
def test_a_release_on_the_volume_is_left_alone(local, one):
    assert unpacked(one, local).idle


@pytest.mark.parametrize("one", [None, site(code=None), site(mounted=False), site(code="foreign")])
def test_a_volume_that_is_unknown_or_somebodys_is_not_unpacked_onto(local, one):
    assert unpacked(one, local).refused


def test_a_wrong_or_missing_archive_reaches_no_node(local, tmp_path):
    for release in (replace(local, checksum="sha256:00"), Release(str(tmp_path / "none"), None)):
        done = unpacked(site(code="none"), release)
        assert not done.stdin.strip()
        assert "refused: " in done.texts[-1]
        assert done.texts[0] == "true"


def test_a_release_is_fetched_once_and_kept_only_when_it_is_the_right_one(local, tmp_path, monkeypatch):
    content = Path(local.archive).read_bytes()
    fetches = []

    def urlopen(url, timeout):
        assert timeout
        fetches.append(url)
        return io.BytesIO(content)

    monkeypatch.setattr(fetching.urllib.request, "urlopen", urlopen)
    monkeypatch.setattr(fetching, "CACHE", tmp_path / "cache")
    good = Release("https://d.org/drupal.tar.gz", "sha256:" + hashlib.sha256(content).hexdigest())
    assert fetching.fetched(good).read_bytes() == content
    assert fetching.fetched(good) == fetching.fetched(good)
    assert fetches == ["https://d.org/drupal.tar.gz"]
    with pytest.raises(ReleaseError, match="has the checksum"):
        fetching.fetched(Release("https://d.org/drupal.tar.gz", "sha256:" + "0" * 64))
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_an_unreachable_server_says_what_to_do(tmp_path, monkeypatch):
    def urlopen(*_arguments, **_named):
        raise OSError("Network is unreachable")

    monkeypatch.setattr(fetching.urllib.request, "urlopen", urlopen)
    monkeypatch.setattr(fetching, "CACHE", tmp_path / "cache")
    done = unpacked(site(code="none"), Release("https://d.org/d.tar.gz", "sha256:00"))
    assert "download it and set drupal_archive" in done.texts[-1]
    assert list((tmp_path / "cache").iterdir()) == []


SETTINGS = File("/srv/www/sites/default/settings.php", f"open {PASSWORD}", "440", "root:www-data")
CLOSED = File(SETTINGS.path, f"closed {PASSWORD}", "440", "root:www-data")
VALUES = File("/srv/www/sites/default/settings.webha.php", f"values {PASSWORD}", "440", "root:www-data")
IN_PLACE = FileState("440", "root:www-data", hashlib.sha256(SETTINGS.raw).hexdigest())
ABSENT = FileState(None, None, None)


def installed(one, file=ABSENT, install=True, confirm=None):
    return perform(
        drupal.site,
        settings=SETTINGS,
        closed_settings=CLOSED,
        values=VALUES,
        installer="/lib/install.php",
        configuration=json.dumps({"password": PASSWORD}),
        install=install,
        confirm=confirm,
        facts={Drupal: one, Files: None if file is None else {SETTINGS.path: file, VALUES.path: file}},
        **NAMED,
    )


def test_a_site_is_installed_behind_closed_settings_and_no_secret_is_on_a_command_line():
    done = installed(site())
    assert len(done.texts) == 3
    assert done.texts[1].endswith("webha drupal /lib/install.php")
    assert json.loads(done.stdin.split("\n")[1]) == {"password": PASSWORD}
    assert done.stdin.split("\n")[0] != done.stdin.split("\n")[2]
    assert PASSWORD not in done.text


@pytest.mark.parametrize("install", [True, False])
def test_an_installed_site_is_left_alone_and_its_settings_kept_right(install):
    assert installed(site(tables=70), IN_PLACE, install).idle
    done = installed(site(tables=70), ABSENT, install)
    assert len(done.commands) == 1
    assert SETTINGS.path in done.text
    assert PASSWORD not in done.text


def test_the_installer_is_left_to_the_user_where_the_data_says_so():
    assert len(installed(site(), install=False).commands) == 1
    assert installed(site(), IN_PLACE, install=False).idle


@pytest.mark.parametrize(
    ("one", "file"),
    [
        (None, ABSENT),
        (site(tables=None), ABSENT),
        (site(primary=False), IN_PLACE),
        (site(code="partial"), ABSENT),
        (site(), None),
    ],
)
def test_an_unknown_database_is_not_installed_into(one, file):
    assert installed(one, file).refused


def test_a_site_that_lost_its_database_is_left_until_a_person_says_so():
    assert "--data confirm=hacloud" in installed(site(), IN_PLACE, confirm="hacloud").refused
    assert installed(site(), IN_PLACE, install=False, confirm="hacloud").idle
    assert len(installed(site(), IN_PLACE).commands) == 3


def test_an_installer_that_finds_tables_of_somebodys_drops_nothing(tmp_path):
    fake_program(
        tmp_path, "mariadb", 'echo "$*" >> "$0.log"; case "$*" in *table_name*) echo 0;; *COUNT*) echo 70;; esac'
    )
    text = installed(site()).texts[1].replace("/run/webha-install.lock", str(tmp_path / "lock"))
    done = execute(StringCommand(text, _stdin="{}"), env={"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    said = (tmp_path / "mariadb.log").read_text()
    assert done.returncode == 0
    assert said.count("COUNT") == 3
    assert not re.search("DROP|CREATE", said)


def test_an_installer_that_finds_an_import_under_way_drops_nothing(tmp_path):
    fake_program(tmp_path, "mariadb", 'echo "$*" >> "$0.log"; echo 1')
    text = installed(site()).texts[1].replace("/run/webha-install.lock", str(tmp_path / "lock"))
    done = execute(StringCommand(text, _stdin="{}"), env={"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    assert (done.returncode, "run tasks/import_site.py again" in done.stderr) == (1, True)
    assert not re.search("DROP|CREATE", (tmp_path / "mariadb.log").read_text())


def test_writable_directories_are_made_where_they_differ():
    right = "2775 www-data:www-data"
    done = perform(
        drupal.writable_directories,
        ["/a", "/b", "/c"],
        facts={Directories: {"/a": right, "/b": None, "/c": "755 root:root"}},
    )
    assert [text.split()[-2] for text in done.texts] == ["/b", "/c"]
    assert perform(drupal.writable_directories, ["/a"], facts={Directories: {"/a": right}}).idle
    assert perform(drupal.writable_directories, ["/a"], facts={Directories: None}).refused


def test_the_local_cache_is_made_once():
    assert perform(drupal.local_cache, "/c", facts={Directories: {"/c": "750 www-data:www-data"}}).idle
    assert "systemd-tmpfiles" in perform(drupal.local_cache, "/c", facts={Directories: {"/c": None}}).text
    assert perform(drupal.local_cache, "/c", facts={Directories: None}).refused


@pytest.mark.parametrize(
    ("one", "member", "count"),
    [
        (DONE, synced(), 2),
        (site(primary=False, database=False, tables=None, password_hash=None), BARE, 1),
        (site(mounted=False), synced(), 1),
        (site(code="none"), synced(), 1),
    ],
)
def test_of_a_site_is_erased_what_is_there(one, member, count):
    assert len(erased(one, member).commands) == count


def erased(one, member, *others):
    peers = dict(zip(NAMES, (one, *others), strict=False))
    return perform(reset.site_erased, peers, facts={Drupal: one, Galera: member}, peers=peers, **NAMED)


def test_what_proves_the_site_ours_may_be_seen_from_another_node():
    unseen = site(mounted=False, tables=70, made=False, settings="absent", release=None, password_hash=HASH)
    assert erased(unseen, synced()).refused
    assert len(erased(unseen, synced(), replace(unseen, settings="ours", release="sha256:1")).commands) == 1


def test_no_site_is_no_work_and_an_unknown_one_is_not_erased():
    none = site(mounted=False, database=False, password_hash=None)
    assert erased(none, synced()).idle
    assert erased(replace(none, password_hash=HASH), synced()).idle, "an account without the database may be somebody's"
    for one, member in ((None, synced()), (DONE, None), (DONE, stopped(unit="active"))):
        assert erased(one, member).refused
