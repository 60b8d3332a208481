"""A site of somebody's own: its settings, its account, its files stay."""

import hashlib
from dataclasses import replace

import pytest
from pyinfra.api.command import QuoteString, StringCommand

from webha.drupal import operations as drupal
from webha.machine.facts import FileState

from ..stubs import execute
from .test_drupal import site
from .test_site_operations import ABSENT, DONE, SETTINGS, VALUES, database, installed


@pytest.fixture
def said(monkeypatch):
    sentences = []
    monkeypatch.setattr(drupal, "say_at_end", sentences.append)
    return sentences


@pytest.mark.parametrize("install", [True, False])
@pytest.mark.parametrize("tables", [0, 70])
def test_settings_of_somebodys_stay_and_ours_are_put_beside_them(said, install, tables):
    done = installed(site(settings="foreign", tables=tables, made=False), ABSENT, install)
    assert len(done.commands) == 1, "neither installed nor replaced"
    assert VALUES.path in done.text
    assert SETTINGS.path not in done.text
    assert "include $app_root . '/' . $site_path . '/settings.webha.php';" in said[0]
    assert installed(
        site(settings="foreign", tables=tables),
        FileState("440", "root:www-data", hashlib.sha256(VALUES.raw).hexdigest()),
        install,
    ).idle


def test_nothing_is_asked_of_somebody_whose_settings_include_ours(said):
    installed(site(settings="foreign", included=True, tables=70))
    assert said == []


def test_an_account_of_somebodys_keeps_its_password():
    theirs = replace(DONE, made=False, settings="absent", release=None, password_hash="*00")
    assert "drupal@localhost of MariaDB has another password" in database(theirs).refused
    before_the_mark = replace(theirs, settings="ours", release="sha256:1")
    assert "ALTER USER" in database(before_the_mark).stdin
    assert "ALTER DATABASE `drupal` COMMENT" in database(before_the_mark).stdin


@pytest.mark.parametrize("there", ["core", "index.php"])
def test_what_somebody_put_on_the_volume_meanwhile_is_not_replaced(there, tmp_path):
    """An unpacking that was cut off goes on; what is there under a name of the release is not from it."""
    root = tmp_path / "docroot"
    (root / ".webha-unpack" / "core").mkdir(parents=True)
    for name in (".complete", "index.php"):
        (root / ".webha-unpack" / name).write_text("new")
    (root / there).write_text("theirs")
    script = drupal._UNPACK.replace("/run/webha-release.lock", str(tmp_path / "lock"))
    done = execute(StringCommand("sh", "-euc", QuoteString(script), "webha", "/nonexistent", str(root), "marker"))
    assert done.returncode == 1
    assert f"{there} is there already" in done.stderr
    assert (root / there).read_text() == "theirs"


def test_a_volume_that_filled_since_the_look_is_not_unpacked_onto(tmp_path):
    root = tmp_path / "docroot"
    root.mkdir()
    (root / "theirs.txt").write_text("theirs")
    script = drupal._UNPACK.replace("/run/webha-release.lock", str(tmp_path / "lock"))
    done = execute(StringCommand("sh", "-euc", QuoteString(script), "webha", "/nonexistent", str(root), "marker"))
    assert "holds what was not there when this run looked: theirs.txt" in done.stderr
    assert [one.name for one in root.iterdir()] == ["theirs.txt"]
