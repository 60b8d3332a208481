"""Whether a node's disk takes a write: asked of the disk, not of its mount."""

import os
import subprocess

import pytest

from webha.status import facts

from ..stubs import fake_program

REFUSED = "mktemp: failed to create file via template '/x/webha.XXXXXX': "


@pytest.mark.parametrize(
    ("mktemp", "found"),
    [
        (None, ""),
        (f'echo "{REFUSED}Read-only file system" >&2; exit 1', "{}"),
        (f'echo "{REFUSED}Input/output error" >&2; exit 1', "{}"),
        (f'echo "{REFUSED}No space left on device" >&2; exit 1', ""),  # that is said as such, by df
    ],
)
def test_a_disk_is_read_only_where_a_write_is_refused_whatever_its_mount_says(tmp_path, monkeypatch, mktemp, found):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    if mktemp is not None:
        fake_program(tmp_path / "bin", "mktemp", mktemp)
        monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    script = facts.READ_ONLY.format(brick=tmp_path, scratch=scratch)
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == found.format(scratch)
    assert list(scratch.iterdir()) == []
