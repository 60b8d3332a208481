"""A folder of one's own, made by ``webha init``: the same run as from the repository."""

import runpy
import subprocess
import sys

import pytest

from webha.run import folder

from ..prepared import prepare
from ..stubs import ROOT


@pytest.fixture
def own(tmp_path):
    folder.make(tmp_path / "own")
    return tmp_path / "own"


def test_a_folder_has_the_data_that_only_its_owner_can_decide(own):
    data = runpy.run_path(str(own / "group_data/all.py"))
    assert {key for key in data if not key.startswith("_")} == set(folder.DECIDE)
    assert all(data[key] == folder.defaults()[key] for key in folder.DECIDE)
    assert "/secrets/" in (own / ".gitignore").read_text()


def test_a_folder_has_every_task_as_a_thin_file(own):
    names = sorted(path.name for path in (ROOT / "tasks").glob("*.py"))
    assert sorted(path.name for path in (own / "tasks").iterdir()) == names
    assert max(len((own / "tasks" / name).read_text().splitlines()) for name in names) == 5


@pytest.mark.parametrize("file", ["deploy.py", "tasks/galera.py", "tasks/vip.py"])
def test_a_folder_runs_what_the_repository_runs(own, file):
    here, there = prepare(file), prepare(file, root=own)
    assert here.operations
    assert (there.operations, there.hosts) == (here.operations, here.hosts)
    texts = [sorted((host, name, text) for host, name, _, text in plan.rendered) for plan in (here, there)]
    assert texts[0] == texts[1]


def test_a_datum_of_the_folder_wins_over_the_packages(own):
    with (own / "group_data/all.py").open("a") as file:
        file.write("corosync_port = 5999\n")
    plan = prepare("tasks/cluster.py", root=own)
    (text,) = {text for _, name, _, text in plan.rendered if name == "cluster/corosync.conf.j2"}
    assert "mcastport: 5999" in text


def test_a_folder_that_is_there_is_not_written_over(own):
    (own / "inventory.py").write_text("mine")
    with pytest.raises(FileExistsError, match=r"has inventory\.py, .* nothing was written"):
        folder.make(own)
    assert (own / "inventory.py").read_text() == "mine"


def test_the_command_makes_a_folder_once_and_says_what_to_do(tmp_path):
    command = [sys.executable, "-m", "webha", "init", str(tmp_path / "x")]
    first, second = (subprocess.run(command, capture_output=True, text=True, check=False) for _ in range(2))
    assert first.returncode == 0
    assert "pyinfra inventory.py deploy.py" in first.stdout
    assert second.returncode == 1
    assert second.stderr.startswith("webha: ")
    assert "Traceback" not in second.stderr
