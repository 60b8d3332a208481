"""Whether the release that runs, where it lies on this node's own disk, is there and the web server gets to it."""

import os
import stat

import pytest

from webha_node import ready


@pytest.fixture
def link(tmp_path, monkeypatch):
    """Above the folder of the test all is as on a node: anybody may pass."""
    real = os.stat

    def passable(path, **more):
        found = real(path, **more)
        mode = found.st_mode if str(path).startswith(str(tmp_path / "disk")) else found.st_mode | stat.S_IXOTH
        return os.stat_result((mode, *tuple(found)[1:]))

    monkeypatch.setattr(ready.os, "stat", passable)
    return tmp_path / ".webha-current"


def test_code_on_the_volume_is_looked_at_with_the_volume(link):
    ready._code(str(link))
    link.symlink_to(".webha-releases/1-a")
    ready._code(str(link))


def test_code_on_this_nodes_disk_is_there_and_the_web_server_gets_to_it(link, tmp_path):
    link.symlink_to(tmp_path / "disk/release")
    with pytest.raises(ready.BrokenError, match="is not on this node's disk"):
        ready._code(str(link))
    (tmp_path / "disk/release").mkdir(parents=True)
    ready._code(str(link))
    (tmp_path / "disk").chmod(0o700)
    with pytest.raises(
        ready.BrokenError, match=r"the web server cannot get to the release that runs: .*/disk is mode 700"
    ):
        ready._code(str(link))
