"""What people do to a site that still answers, and the status says."""

import os
import shutil
import subprocess
from dataclasses import replace

import pytest

from webha.drupal import Release, digest, to_unpack, unwell
from webha.drupal import operations as drupal
from webha.drupal.facts import Drupal
from webha.ground import probe

from ..captured_facts import CONVERGED, fact, text
from ..status.whole_stack import SITE, B, found, with_
from ..stubs import execute, perform
from .test_drupal import site
from .test_release import release as archive

ROOT = "/var/www/html/drupal"
WELL = site(tables=70)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"settings": "absent"}, "the site's settings.php is gone: run tasks/drupal.py"),
        (
            {"release": None, "unmarked": True},
            f"{ROOT}/.webha-release is gone, so readiness no longer tries a write: run tasks/drupal.py",
        ),
        ({"writable": ("index.php", "core")}, "code in the docroot is writable by the site (index.php, core): "),
        ({"alone": ("a (MyISAM)",)}, "Galera does not replicate a (MyISAM): ALTER TABLE … ENGINE=InnoDB"),
        ({"alone": ("a (X)", "b (X)", "c (X)", "d (X)")}, "Galera does not replicate a (X), b (X), c (X), …: ALTER"),
        ({"tables": 0}, "or its database was emptied: import its dump, or run tasks/drupal.py"),
        (
            {"tables": 0, "release": None, "unmarked": True},
            "or its database was emptied: import its dump, or run tasks/drupal.py",
        ),
        ({"tables": 0, "settings": "absent"}, "the site is not installed: run tasks/drupal.py"),
        ({"code": "partial"}, "the code on the volume is partial: run tasks/drupal.py"),
    ],
)
def test_each_is_said_alone(changes, words):
    (said,) = unwell(replace(WELL, **changes), ROOT)
    assert words in said


@pytest.mark.parametrize(
    "one",
    [
        WELL,
        site(tables=70, release=None),
        site(tables=70, release=None, settings="foreign", writable=("core",)),
        site(tables=70, mounted=False, settings="absent"),
    ],
    ids=["well", "somebody's code", "somebody's site, writable as its owner wants it", "not mounted: gluster says so"],
)
def test_of_these_nothing_is_said(one):
    assert unwell(one, ROOT) == []


def test_the_status_names_the_node():
    assert found(with_(B, drupal=replace(SITE, settings="absent"))) == {
        "drupal": [f"{B}: the site's settings.php is gone: run tasks/drupal.py"]
    }


def test_a_marker_that_was_taken_away_is_written_again_and_only_of_our_own_site(tmp_path):
    lost = site(tables=70, release=None, unmarked=True)
    assert to_unpack(lost, "sha256:1").action == "mark"
    for one in (replace(lost, made=False), replace(lost, settings="foreign"), replace(lost, unmarked=False)):
        assert to_unpack(one, "sha256:1").action == "nothing"
    done = perform(drupal.release, Release("/x", None), str(tmp_path), database="d", user="u", facts={Drupal: lost})
    assert execute(*done.commands).returncode == 0
    assert '"checksum": "unknown"' in (tmp_path / ".webha-release").read_text()


def settings_said(root):
    done = subprocess.run(
        ["sh", "-c", Drupal().command(str(root), "drupal", "drupal")], capture_output=True, text=True, check=False
    )
    return probe.read(done.stdout.splitlines())["settings"].lines


def test_the_volume_says_what_it_lost_and_what_the_web_server_may_write(tmp_path):
    for folder in ("sites/default", "core"):
        (tmp_path / folder).mkdir(parents=True)
    for name in ("index.php", "sites/default/settings.php", ".webha-release", ".webha-ready.nodoha"):
        (tmp_path / name).write_text("")
        (tmp_path / name).chmod(0o644)
    (tmp_path / "core").chmod(0o755)
    assert settings_said(tmp_path) == ["foreign", "app drupal"]
    (tmp_path / "index.php").chmod(0o666)
    assert settings_said(tmp_path) == ["foreign", "app drupal", "writable index.php"]
    (tmp_path / ".webha-release").unlink()
    assert settings_said(tmp_path) == ["foreign", "app drupal", "unmarked", "writable index.php"]
    (tmp_path / ".webha-ready.nodoha").unlink()
    (tmp_path / "index.php").unlink()
    assert settings_said(tmp_path) == ["foreign", "app drupal"]


@pytest.mark.skipif(os.geteuid() != 0, reason="gives a folder away")
def test_what_belongs_to_the_web_server_is_writable(tmp_path):
    (tmp_path / "core").mkdir(mode=0o755)
    shutil.chown(tmp_path / "core", "www-data")
    assert "writable core" in settings_said(tmp_path)
    shutil.chown(tmp_path / "core", "root", "www-data")
    assert "writable core" not in settings_said(tmp_path)


@pytest.mark.parametrize("suite", CONVERGED)
def test_the_engines_are_read_beside_the_tables(suite):
    whole, count = text(suite, "drupal"), fact(suite, "drupal").tables
    tables = whole.partition("@@webha-begin tables\n")[2].partition("\n@@webha-end tables")[0]
    listed = [line.partition("\t")[0] for line in tables.splitlines() if line]
    told = "\n".join(f"{name}\t{'MyISAM' if name == listed[0] else ''}" for name in listed)
    one = Drupal().process(whole.replace(tables, f"{told}\n").splitlines())
    assert (one.tables, one.alone) == (count, (f"{listed[0]} (MyISAM)",))


def test_the_mark_of_a_release_has_no_md5(tmp_path):
    path = archive(tmp_path / "d.tar.gz")
    weak = Release(str(path), digest(path, "md5"))
    done = perform(drupal.release, weak, str(tmp_path), database="d", user="u", facts={Drupal: site(code="none")})
    assert digest(path) in done.texts[-1]


def test_a_release_that_goes_while_the_run_looks_is_not_chosen_anew():
    done = perform(drupal.release, None, "/srv", database="d", user="u", facts={Drupal: site(code="none")})
    assert "run this again" in done.refused
