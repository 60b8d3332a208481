"""A brick is emptied to what it was before: a folder of ours goes, a mount of its own stays, and lost+found with it."""

import os
import subprocess

import pytest

from webha.gluster.facts import Gluster
from webha.reset import operations as reset

from ..gluster.test_gluster import store
from ..stubs import fake_program, perform

ID = "0123456789abcdef"
MARKS = {
    ".": ["trusted.gfid", "trusted.glusterfs.volume-id", "trusted.glusterfs.dht"],
    "lost+found": ["trusted.gfid"],
}
# The attributes of an entry are the lines of a file.
GETFATTR = """
case "$*" in *--only-values*) printf '\\001\\043\\105\\147\\211\\253\\315\\357'; exit;; esac
for entry do :; done
[ -e "$entry" ] || exit 1
echo "# file: $entry"; sed 's/$/=0s00/' "$marks/of $entry"
"""
SETFATTR = """
[ "$1 $2" = "-h -x" ] && grep -qx "$3" "$marks/of $4" && echo "$4 $3" >> "$marks/log" && sed -i "/^$3$/d" "$marks/of $4"
"""


@pytest.fixture
def erase(tmp_path):
    """Erase a brick that is a mount or is none, in a world of its own."""
    brick, marks, tools = tmp_path / "data/brick", tmp_path / "marks", tmp_path / "bin"
    for folder in (brick / ".glusterfs/00", brick / "sites", marks):
        folder.mkdir(parents=True)
    for name in ("index.php", ".webha-release", ".glusterfs/00/x"):
        (brick / name).write_text("x")
    fake_program(tools, "getfattr", GETFATTR)
    fake_program(tools, "setfattr", SETFATTR)

    def run(mount):
        if mount:
            (brick / "lost+found").mkdir()
        for name, lines in MARKS.items():
            (marks / f"of {name}").write_text("".join(f"{line}\n" for line in lines))
        fake_program(tools, "mountpoint", f"exit {0 if mount else 1}")
        one = store(brick="used", brick_id=ID, known={"fs_ha": ID})
        where = {"brick": str(brick), "root": "/srv/www"}
        (command,) = perform(
            reset.brick_erased, "fs_ha", ["nodoha"], facts={Gluster: one}, peers={"nodoha": one}, **where
        ).commands
        text = command.get_raw_value().replace("/var/lib/glusterd", str(tmp_path / "glusterd"))
        environment = {"PATH": f"{tools}:{os.environ['PATH']}", "marks": str(marks)}
        done = subprocess.run(["sh", "-c", text], env=environment, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        return brick, (marks / "log").read_text().splitlines()

    return run


def test_a_mount_of_its_own_stays_empty_and_carries_nothing_of_the_volumes(erase):
    brick, removed = erase(mount=True)
    assert [one.name for one in brick.iterdir()] == ["lost+found"]
    assert sorted(removed) == sorted(f"{entry} {name}" for entry, names in MARKS.items() for name in names)
    assert removed[-1] == ". trusted.glusterfs.volume-id", "a reset that is cut off still knows the brick"


def test_a_folder_goes_and_those_above_it_stay(erase):
    brick, removed = erase(mount=False)
    assert not brick.exists()
    assert brick.parent.is_dir()
    assert removed[-1] == ". trusted.glusterfs.volume-id"
