"""A file that somebody made immutable is said to be, and stays; nothing is left beside it."""

import os

import pytest

from webha.machine.operations import File, place

from ..stubs import execute, fake_program


@pytest.mark.parametrize(
    ("attributes", "said"),
    [("----i---------e-------", True), ("--------------e-------", False), ("", False)],
)
def test_an_immutable_file_is_named_with_the_way_out(tmp_path, attributes, said):
    target = tmp_path / "etc/immutable-hosts"
    target.parent.mkdir()
    target.write_text("theirs\n")
    fake_program(tmp_path / "bin", "mv", "echo 'mv: Operation not permitted' >&2; exit 1")
    fake_program(tmp_path / "bin", "lsattr", f'[ -n "{attributes}" ] || exit 1; echo "{attributes} {target}"')
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    file = File(str(target), "ours\n", owner=f"{os.getuid()}:{os.getgid()}")
    done = execute(place(file), env={"PATH": path})
    assert done.returncode == 1
    assert (f"refused: {target} is immutable: chattr -i {target}" in done.stderr) is said
    assert [one.name for one in target.parent.iterdir()] == [target.name]
    assert target.read_text() == "theirs\n"
