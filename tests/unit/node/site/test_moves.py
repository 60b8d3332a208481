"""A site that comes from elsewhere and goes there: with MariaDB's programs as small scripts, and real archives."""

import gzip
import io
import json
import os
import shutil
import tarfile
from pathlib import Path

import pytest

from webha_node.site import change, console, database, incoming, layout, outgoing
from webha_node.site.apps import DRUPAL

from ...stubs import fake_program
from .volume import OLD, Site, volume

FOREIGN = "<?php\n$databases['default'] = [];\n"
OURS = "<?php\n// Written by pyinfra-webha (tasks/drupal.py).\n"


@pytest.fixture
def root(tmp_path, monkeypatch):
    (tmp_path / "www").mkdir()
    root = volume(tmp_path / "www")
    (root / DRUPAL.settings).write_text(FOREIGN)
    programs = tmp_path / "bin"
    programs.mkdir()
    fake_program(
        programs,
        "setpriv",
        f"cat >> {tmp_path}/sql; [ ! -e {tmp_path}/fails ] || {{ cat {tmp_path}/fails >&2; exit 1; }}",
    )
    fake_program(programs, "mariadb-dump", "echo 'CREATE TABLE x;'")
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setattr(shutil, "chown", lambda *_, **__: None)
    return root


@pytest.fixture
def asked(monkeypatch):
    """What root asked of MariaDB; ``tables`` are in the database, ours among them where it says so."""
    said = {"statements": [], "tables": 0, "ours": 0, "installing": 0}

    def ask(statements):
        said["statements"].append(statements)
        if "COLLATION" in statements:
            return "utf8mb4_general_ci\nutf8mb4_unicode_520_ci\n"
        if "COUNT" in statements:
            return str(
                said[
                    "ours"
                    if incoming.IMPORTING in statements
                    else "installing"
                    if incoming.INSTALLING in statements
                    else "tables"
                ]
            )
        return "0\n"

    monkeypatch.setattr(database, "ask", ask)
    monkeypatch.setattr(database, "empty", lambda _: said["statements"].append("EMPTY"))
    return said


def dump(tmp_path: Path, *lines: bytes) -> Path:
    path = tmp_path / "d.sql.gz"
    with gzip.open(path, "wb") as file:
        file.writelines(lines or (b"CREATE TABLE x (a int);\n", b"INSERT INTO x VALUES (1);\n"))
    return path


def take(root: Path, path: Path, updates: int = 0) -> Site:
    site = Site(root, updates=updates)
    site.update = lambda release: site.step(f"update {release}")
    incoming.take_database(site, "drupal", path, "sha256:1")
    return site


def test_a_dump_is_run_as_the_web_server_and_noted(root, asked, tmp_path):
    take(root, dump(tmp_path))
    assert (tmp_path / "sql").read_text() == "CREATE TABLE x (a int);\nINSERT INTO x VALUES (1);\n"
    text = " ".join(asked["statements"])
    order = (
        "EMPTY",
        "CREATE TABLE `drupal`.`webha_importing`",
        "GRANT ALL",
        "REVOKE ALL",
        "DROP TABLE `drupal`.`webha_importing`",
    )
    places = [text.index(one) for one in order]
    assert places == sorted(places)
    assert incoming.taken(root) == {"database": "sha256:1"}


def test_a_database_that_was_filled_meanwhile_is_left_alone(root, asked, tmp_path):
    asked["tables"] = 3
    with pytest.raises(change.ChangeError, match="is not empty any more"):
        take(root, dump(tmp_path))
    assert "EMPTY" not in asked["statements"]
    asked["ours"] = 1
    take(root, dump(tmp_path))
    assert "EMPTY" in asked["statements"]
    asked["installing"] = 1
    with pytest.raises(change.ChangeError, match="run tasks/drupal"):
        take(root, dump(tmp_path))


@pytest.mark.parametrize(
    ("line", "fails", "words"),
    [
        (b"\\! ls\n", "", "a command for the client"),
        (b"CREATE TABLE x;\n", "ERROR 1064 at line 1: near x", "ERROR 1064 at line 1: near x"),
    ],
)
def test_what_fails_takes_the_rights_back_and_is_not_noted(root, asked, tmp_path, line, fails, words):  # noqa: PLR0917 (fixtures)
    if fails:
        (tmp_path / "fails").write_text(fails)
    with pytest.raises(change.ChangeError, match=words):
        take(root, dump(tmp_path, line))
    assert asked["statements"][-1].startswith("SET GLOBAL log_bin_trust_function_creators=0; REVOKE ALL")
    assert incoming.taken(root) == {}


def test_a_broken_dump_is_said(root, asked, tmp_path):
    path = dump(tmp_path)
    path.write_bytes(path.read_bytes()[:-12])
    with pytest.raises(change.ChangeError, match="the dump was not taken: it is broken"):
        take(root, path)
    assert asked


@pytest.mark.parametrize(
    ("before", "changes"),
    [
        (FOREIGN, True),
        ("<?php\n$a = 1;\n?>\n", True),
        (OURS, False),
        (FOREIGN + "include 'settings.webha.php';\n", False),
    ],
)
def test_settings_of_somebodys_include_ours_once(root, asked, tmp_path, before, changes):
    path = root / DRUPAL.settings
    path.write_text(before)
    for _ in range(2):
        take(root, dump(tmp_path))
    after = path.read_text()
    assert after.startswith(before.rstrip())
    assert (after != before) is changes
    assert after.count("settings.webha.php'") == (0 if before == OURS else 1)
    assert "?>" not in after or "?>\n<?php" in after
    assert asked


def uploads(tmp_path: Path, **files: str) -> Path:
    path = tmp_path / "files.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(f"files/{name.replace('__', '/')}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content.encode()))
    return path


def test_uploads_land_beside_those_that_are_there(root, tmp_path, capsys):
    home = root / DRUPAL.uploads
    (home / "a").mkdir()
    (home / "a/x").write_text("mine")
    incoming.take_files(root, uploads(tmp_path, a__x="theirs", a__y="theirs", b__z="theirs"), "sha256:2")
    assert {str(one.relative_to(home)): one.read_text() for one in home.rglob("*") if one.is_file()} == {
        "a/x": "mine",
        "a/y": "theirs",
        "b/z": "theirs",
    }
    assert "1 files were there already" in capsys.readouterr().out
    assert incoming.taken(root) == {"files": "sha256:2"}
    assert not (root / "sites/default/.webha-files").exists()


@pytest.mark.parametrize("settings", [OURS, FOREIGN])
@pytest.mark.parametrize("flat", [True, False])
def test_a_site_goes_out(root, monkeypatch, tmp_path, settings, flat):
    monkeypatch.setattr(outgoing.tempfile, "mkdtemp", lambda **_: str((tmp_path / "out").mkdir() or tmp_path / "out"))
    (root / DRUPAL.settings).write_text(settings)
    (root / "sites/default/settings.webha.php").write_text("secrets")
    (root / DRUPAL.uploads / "a.png").write_text("image")
    (root / DRUPAL.uploads / "css").mkdir()
    if not flat:
        layout.adopt(root, OLD, [])
    folder = outgoing.export(root, "drupal")
    with tarfile.open(folder / outgoing.CODE) as archive:
        code = set(archive.getnames())
    assert {"site/index.php", "site/core/lib/Drupal.php", "site/sites/default"} <= code
    assert ("site/sites/default/settings.php" in code) is (settings == FOREIGN)
    assert not any("webha" in one or one.endswith("/files") for one in code)
    with tarfile.open(folder / outgoing.UPLOADS) as archive:
        assert archive.getnames() == ["files/a.png"]
    assert gzip.decompress((folder / outgoing.DATABASE).read_bytes()) == b"CREATE TABLE x;\n"


def test_an_export_that_fails_leaves_nothing(root, monkeypatch, tmp_path):
    monkeypatch.setattr(outgoing.tempfile, "mkdtemp", lambda **_: str((tmp_path / "out").mkdir() or tmp_path / "out"))
    fake_program(tmp_path / "bin", "mariadb-dump", "echo 'disk full' >&2; exit 2")
    with pytest.raises(change.ChangeError, match="disk full"):
        outgoing.export(root, "drupal")
    assert not (tmp_path / "out").exists()


def test_drush_is_the_releases_own(root, tmp_path):
    with pytest.raises(change.ChangeError, match="composer require drush/drush"):
        console.drush(root, "10.0.0.250", ["status"])
    found = root / console.WHERE[0]
    found.parent.mkdir(parents=True)
    found.write_text("")
    fake_program(tmp_path / "bin", "setpriv", f'printf "%s\\n" "$@" > {tmp_path}/words; exit 3')
    assert console.drush(root, "10.0.0.250", ["status", "a b"]) == 3
    words = (tmp_path / "words").read_text().splitlines()
    assert words[:2] == ["--reuid=www-data", "--regid=www-data"]
    assert words[-4:] == [f"--root={root}", "--uri=http://10.0.0.250", "status", "a b"]


def test_the_note_of_what_was_taken_is_json(root):
    incoming.note(root, "database", "sha256:1")
    incoming.note(root, "files", "sha256:2")
    assert json.loads((root / incoming.NOTE).read_text()) == {"database": "sha256:1", "files": "sha256:2"}
