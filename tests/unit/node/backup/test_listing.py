"""What changed of a folder: found without comparing it with its copy."""

import os

import pytest

from webha_node.backup import listing
from webha_node.backup.repository import BackupError

from ...stubs import fake_program


def paths(found):
    return {os.fsdecode(path) for path in found}


def test_what_is_left_is_not_listed_and_names_are_what_they_are(tmp_path):
    for name in (
        "a/b.txt",
        "tab\there",
        "line\nbreak",
        "x/.webha-files",
        ".glusterfs/aa/1",
        "sites/.glusterfs",
        "lost+found/y",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    found = listing.listed(tmp_path, ("/.glusterfs", "/lost+found", ".webha-files"))
    assert paths(found) == {"a", "a/b.txt", "tab\there", "line\nbreak", "x", "sites", "sites/.glusterfs"}
    assert len(listing.listed(tmp_path)) == 13
    assert listing.listed(tmp_path / "none") == {}


def test_every_kind_of_change_is_seen(tmp_path):
    for name in ("same", "written", "moded", "gone/deep", "renamed"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("1")
    before = listing.listed(tmp_path)
    (tmp_path / "written").write_text("2")
    (tmp_path / "moded").chmod(0o600)
    (tmp_path / "gone/deep").unlink()
    (tmp_path / "gone").rmdir()
    (tmp_path / "renamed").rename(tmp_path / "named")
    (tmp_path / "new").touch()
    gone, changed = listing.difference(before, listing.listed(tmp_path))
    assert [os.fsdecode(path) for path in gone] == ["renamed", "gone/deep", "gone"]
    assert paths(changed) == {"written", "moded", "named", "new"}
    assert listing.difference(before, before) == ([], [])


def test_a_folder_that_cannot_be_listed_is_no_empty_one(tmp_path, monkeypatch):
    programs = tmp_path / "bin"
    fake_program(programs, "find", "echo \"find: '.': Input/output error\" >&2; exit 1")
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    with pytest.raises(BackupError, match="Input/output error"):
        listing.listed(tmp_path)
