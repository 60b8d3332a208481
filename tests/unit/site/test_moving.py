"""What of somebody's site is sent and fetched: looked at on the control machine first."""

import base64
import gzip
import io
import json
import shutil
import subprocess
import tarfile
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from pyinfra.api.exceptions import PyinfraError

from webha.drupal import ReleaseError, digest, verified
from webha.drupal.facts import Drupal
from webha.drupal.project import packed
from webha.machine.operations import SCRATCH
from webha.site import moves, moving, to_bring
from webha.site import operations as site
from webha.site.facts import Releases

from ..stubs import NAMES, given, perform
from .test_decisions import FLAT, SITE, of
from .test_operations import WHERE

MYSQL8 = Path(__file__).parent / "mysql8.sql"
EMPTY = replace(SITE, tables=0)


@pytest.mark.parametrize("kind", ["plain", "gz", "zst"])
def test_a_dump_is_sent_as_gzip(tmp_path, kind):
    path = tmp_path / "d"
    if kind == "gz":
        path.write_bytes(gzip.compress(MYSQL8.read_bytes()))
    elif kind == "zst":
        if shutil.which("zstd") is None:
            pytest.skip("no zstd here")
        subprocess.run(["zstd", "-q", "-o", path, MYSQL8], check=True)
    else:
        path.write_bytes(MYSQL8.read_bytes())
    found = moving.dump(path, tmp_path / "cache")
    assert gzip.decompress(found.path.read_bytes()) == MYSQL8.read_bytes()
    assert found.path.stat().st_mode & 0o777 == 0o600
    assert found.checksum == digest(path)
    assert [one.name for one in (tmp_path / "cache").iterdir()] == [found.path.name]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PNG", "is no dump of a database"),
        (MYSQL8.read_bytes()[:-60], "was cut off"),
        (gzip.compress(MYSQL8.read_bytes())[:-20], "is broken"),
    ],
)
def test_what_is_no_dump_reaches_no_node(tmp_path, content, words):
    (tmp_path / "d").write_bytes(content)
    with pytest.raises(ReleaseError, match=words):
        moving.dump(tmp_path / "d", tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_machine_without_zstd_says_so(tmp_path, monkeypatch):
    (tmp_path / "d").write_bytes(b"\x28\xb5\x2f\xfdx")
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(ReleaseError, match="apt-get install zstd"):
        moving.dump(tmp_path / "d", tmp_path / "cache")


def tar(path: Path, *names: str) -> Path:
    with tarfile.open(path, "w") as archive:
        for name in names:
            archive.addfile(tarfile.TarInfo(name), io.BytesIO())
    return path


@pytest.mark.parametrize("names", [("files/a", "files/b/c"), ("./a", "./b/c")])
def test_uploads_are_one_folder(tmp_path, names):
    path = tar(tmp_path / "f.tar", *names)
    assert moving.files(path) == moving.Given(path, digest(path))


@pytest.mark.parametrize(
    "names", [("a", "b"), ("files/../x",), ("sites/default/files/a",), ("web/sites/default/files/a",)]
)
def test_another_archive_is_refused_with_how_to_make_one(tmp_path, names):
    with pytest.raises(ReleaseError, match="pack it with: tar -C sites/default"):
        moving.files(tar(tmp_path / "f.tar", *names))


def test_what_is_not_there_is_said(tmp_path):
    (tmp_path / "x").write_text("x")
    with pytest.raises(ReleaseError, match="broken archive"):
        moving.files(tmp_path / "x")
    with pytest.raises(ReleaseError, match="no such file"):
        moving.files(tmp_path / "none")
    with pytest.raises(ReleaseError, match="say what comes in"):
        moving.named(None, None)
    assert moving.named("/d.sql", None) == (Path("/d.sql"), None)


@pytest.mark.parametrize(
    ("volume", "found", "what", "action"),
    [
        (FLAT, EMPTY, "database", "bring"),
        (FLAT, SITE, "files", "bring"),
        (FLAT, replace(SITE, importing=True), "database", "bring"),
        (FLAT, replace(SITE, installing=True), "database", "refuse"),
        (replace(FLAT, imported=("sha256:1",)), EMPTY, "database", "bring"),
        (replace(FLAT, imported=("sha256:1",)), replace(SITE, importing=True), "database", "bring"),
        (replace(FLAT, imported=("sha256:1",)), EMPTY, "files", "nothing"),
        (FLAT, SITE, "database", "refuse"),
        (FLAT, replace(EMPTY, tables=None), "database", "refuse"),
        (FLAT, replace(EMPTY, settings="absent"), "database", "refuse"),
        (FLAT, replace(EMPTY, code="none"), "files", "refuse"),
        (replace(FLAT, mounted=False), EMPTY, "files", "refuse"),
        (replace(FLAT, imported=("sha256:1",)), SITE, "database", "nothing"),
        (None, EMPTY, "files", "refuse"),
        (FLAT, None, "files", "refuse"),
    ],
)
def test_a_site_comes_in_once_and_over_none(volume, found, what, action):
    assert to_bring(volume, found, what, "sha256:1").action == action


def test_settings_of_somebodys_and_ours_are_both_taken():
    assert to_bring(FLAT, replace(EMPTY, settings="foreign"), "database", "sha256:1").action == "bring"


class Nodes:
    """Nodes that note what they are asked, and say something."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, said: str = "") -> None:
        self.asked, self.said, self.told, self.pieces, self.sizes = [], said, [], [], []
        monkeypatch.setattr(site, "inventory", SimpleNamespace(get_host=lambda name: name))
        monkeypatch.setattr(moves, "inventory", SimpleNamespace(get_host=lambda name: name))
        monkeypatch.setattr(site, "done", self.done)
        monkeypatch.setattr(moves, "answered", self.answered)
        monkeypatch.setattr(moves, "given", dict)
        monkeypatch.setattr(moves, "say_at_end", self.told.append)

    def done(self, name, command, _seconds, _more):
        self.asked.append((name, json.loads(given(command))))
        return self.said

    def answered(self, name, command, _seconds, _more):
        text = command.get_raw_value()
        if "base64 -w" in text:
            return self.pieces.pop(0) if self.pieces else ""
        if "stat" in text:
            return str(self.sizes.pop(0))
        self.asked.append((name, "remove" if "rm -rf" in text else "room" if "df -Pk" in text else "send"))
        return ""


def run(operation, *arguments, found=SITE, volumes=None, **named):
    done = perform(operation, *arguments, facts={Drupal: found, Releases: FLAT}, peers=volumes or of(FLAT), **named)
    for one in done.commands:
        if hasattr(one, "function"):
            one.function()
    return done


def test_a_dump_goes_to_the_holder_and_in(monkeypatch, tmp_path):
    nodes = Nodes(monkeypatch, "2 updates of the database\n")
    one = moving.Given(MYSQL8, "sha256:1")
    run(moves.brought, "database", one, NAMES, WHERE, found=EMPTY)
    assert nodes.asked == [
        ("nodoha", "room"),
        ("nodoha", "send"),
        (
            "nodoha",
            {"do": "bring", "what": "database", "path": f"{SCRATCH}/webha-import-database", "checksum": "sha256:1"},
        ),
    ]
    assert nodes.told == ["2 updates of the database"]
    assert run(moves.brought, "database", None, NAMES, WHERE).idle
    assert run(moves.brought, "database", one, NAMES, WHERE).refused
    assert run(moves.brought, "database", one, NAMES, WHERE, found=EMPTY, volumes=dict.fromkeys(NAMES, FLAT)).refused
    assert tmp_path.is_dir()


def test_a_site_is_fetched_in_pieces_into_a_new_folder(monkeypatch, tmp_path):
    nodes = Nodes(monkeypatch, f"{SCRATCH}/webha-export.x1\n")
    nodes.pieces = [base64.b64encode(one).decode() for one in (b"co", b"de", b"db")]
    nodes.sizes = [4, 2, 0]
    out = tmp_path / "out"
    run(moves.exported, str(out), "hacloud", NAMES, WHERE)
    assert {one.name: one.read_bytes() for one in out.iterdir()} == {
        "code.tar.gz": b"code",
        "database.sql.gz": b"db",
        "files.tar.gz": b"",
    }
    assert nodes.asked == [("nodoha", {"do": "export"}), ("nodoha", "remove")]
    assert str(out) in nodes.told[0]
    assert run(moves.exported, str(out), "hacloud", NAMES, WHERE).refused
    assert run(moves.exported, str(tmp_path / "b"), "hacloud", NAMES, WHERE, found=EMPTY).refused


def test_an_archive_that_does_not_come_whole_is_said(monkeypatch, tmp_path):
    nodes = Nodes(monkeypatch, f"{SCRATCH}/webha-export.x1\n")
    nodes.sizes = [4]
    with pytest.raises(PyinfraError, match=r"nodoha: /x/code\.tar\.gz has 4 bytes, and 0 came"):
        moves._fetched("nodoha", "/x/code.tar.gz", tmp_path / "out", {})


def test_what_a_node_says_instead_is_not_removed(monkeypatch, tmp_path):
    nodes = Nodes(monkeypatch, "/etc\n")
    run(moves.exported, str(tmp_path / "out"), "hacloud", NAMES, WHERE)
    assert nodes.asked == [("nodoha", {"do": "export"})]


def test_drush_gets_its_words(monkeypatch):
    nodes = Nodes(monkeypatch, "ok\n")
    run(moves.drush, "sql:query 'SELECT 1'", NAMES, WHERE)
    assert nodes.asked == [("nodoha", {"do": "drush", "words": ["sql:query", "SELECT 1"]})]
    assert nodes.told == ["ok"]
    assert run(moves.drush, None, NAMES, WHERE).refused


def test_a_folder_of_somebodys_becomes_the_same_release_every_time(tmp_path):
    folder = tmp_path / "mine"
    for name in (
        "web/index.php",
        "web/core/lib/Drupal.php",
        "vendor/autoload.php",
        "web/sites/default/settings.php",
        ".git/config",
        "web/sites/default/files/a.png",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    path = packed(folder, tmp_path / "cache")
    again = packed(folder, tmp_path / "cache")
    assert path == again
    with tarfile.open(path) as archive:
        names = set(archive.getnames())
    assert "project/web/sites/default/settings.php" in names
    assert not any(".git" in one or "a.png" in one for one in names)
    assert verified(path, None) == digest(path)


def test_a_folder_that_composer_has_not_built_is_refused(tmp_path):
    with pytest.raises(ReleaseError, match="composer install"):
        packed(tmp_path, tmp_path / "cache")
