"""From a wheel, in a folder of one's own: the cluster that the repository deployed is the one that the folder wants."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab.nodes import ROOT, VIP, lab

pytestmark = pytest.mark.usefixtures("deployed")


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean environment with the wheel in it, and the folder that its command made, with the lab's secrets."""
    place = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(place), str(ROOT))
    run(sys.executable, "-m", "venv", str(place / "venv"))
    run(str(place / "venv/bin/pip"), "install", "-q", *map(str, place.glob("*.whl")))
    run(str(place / "venv/bin/webha"), "init", str(place / "own"))
    (place / "own/secrets").symlink_to(ROOT / "secrets")
    return place / "own"


def run(*words: str, cwd: Path = ROOT, check: bool = True) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(words, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done


def pyinfra(own: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return run(str(ROOT / "script/lab"), "run", str(own.parent / "venv/bin/pyinfra"), "inventory.py", *words, cwd=own)


@pytest.mark.parametrize("file", ["deploy.py", "tasks/galera.py"])
def test_a_run_from_the_folder_changes_nothing(own: Path, file: str) -> None:
    totals = json.loads(pyinfra(own, file, "-y", "--json").stdout)["results"]["totals"]
    assert (totals["success"], totals["error"]) == (0, 0)
    assert totals["no_change"] > 0


def test_the_folders_status_is_healthy(own: Path) -> None:
    assert "vip      healthy" in pyinfra(own, "tasks/status.py").stdout


def test_a_datum_of_the_folder_is_taken(own: Path) -> None:
    """Set for one run, seen in force, and set back by the folder without it."""
    data = own / "group_data/all.py"
    before = data.read_text()
    data.write_text(f"{before}vip_monitor_interval = '33s'\n")
    try:
        pyinfra(own, "tasks/vip.py", "-y")
        assert "monitor interval=33s" in lab("ssh", "nodoha", "crm configure show HA_VIP").replace("\\\n", " ")
    finally:
        data.write_text(before)
        pyinfra(own, "tasks/vip.py", "-y")
    assert "<title>" in lab("run", "curl", "-s", "-m", "30", f"http://{VIP}/")


def test_an_environment_is_clean(own: Path) -> None:
    listed = run(str(own.parent / "venv/bin/pip"), "list", "--format=freeze").stdout
    assert "pyinfra-webha" in listed
    assert "openstacksdk" not in listed, "the cloud step alone needs it: an extra"
