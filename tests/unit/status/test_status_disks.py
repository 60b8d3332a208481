"""Whether a node's disk takes a write, asked of the disk, not of its mount; and whose disks are looked at for room."""

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


# df as a node has it: the path that it is asked about, and the file system which that lies on.
DF = r"""
for path do :; done
case $path in
  /srv/brick|/var/lib/mysql) set -- /dev/vdb /srv/brick 41 ext4;;
  /var/log) set -- /dev/vdc /var/log 96 ext4;;
  /usr) set -- /dev/loop0 /usr 100 squashfs;;
  *) set -- /dev/vda1 / 7 ext4;;
esac
case " $all " in *" -x $4 "*) echo "df: no file systems processed" >&2; exit 1;; esac
echo "Filesystem 1024-blocks Used Available Capacity Mounted on"; echo "$1 100 $3 0 $3% $2"
"""


def test_of_the_file_systems_those_count_that_system_data_or_logs_lie_on(tmp_path, monkeypatch):
    """Neither the image that is mounted at /mnt, always full, nor the backup disk at 96 % is asked about at all."""
    fake_program(tmp_path / "bin", "df", f'all=$*; echo "$@" >> {tmp_path}/asked\n{DF}')
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    brick = tmp_path / "brick"
    brick.mkdir()
    script = facts.FULLNESS.format(brick=brick).replace(str(brick), "/srv/brick").replace("[ ! -d $d ]", "false")
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["/ 7%", "/srv/brick 41%", "/var/log 96%"]
    asked = {line.split()[-1] for line in (tmp_path / "asked").read_text().splitlines()}
    assert asked == {*facts.SYSTEM, "/srv/brick"}


def test_this_machine_says_how_full_its_disks_are(tmp_path):
    script = facts.FULLNESS.format(brick=tmp_path / "absent")
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    found = dict(line.rsplit(" ", 1) for line in done.stdout.splitlines())
    assert found["/"][:-1].isdigit()
