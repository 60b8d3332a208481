"""What a script makes has Debian's own modes, whatever the login's umask is."""

import os
import stat

import pytest

from webha.ground import shell
from webha.machine.operations import File, place

from ..stubs import execute


@pytest.fixture(params=[0o022, 0o027, 0o077], ids=oct)
def login(request):
    """A login with this umask: root's on a hardened image is 027."""
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.usefixtures("login")
def test_files_and_folders_of_a_script_can_be_read_by_others(tmp_path):
    done = execute(shell.script('mkdir -p "$1/a/b"; : > "$1/a/b/c"', str(tmp_path)))
    assert (done.returncode, done.stderr) == (0, "")
    assert [mode(tmp_path / one) for one in ("a", "a/b", "a/b/c")] == [0o755, 0o755, 0o644]


@pytest.mark.usefixtures("login")
def test_a_placed_file_has_its_mode_and_its_new_folders_debians(tmp_path):
    owner = f"{os.getuid()}:{os.getgid()}"
    done = execute(place(File(str(tmp_path / "new/deep/file"), "text\n", "640", owner)))
    assert (done.returncode, done.stderr) == (0, "")
    assert [mode(tmp_path / one) for one in ("new", "new/deep", "new/deep/file")] == [0o755, 0o755, 0o640]
