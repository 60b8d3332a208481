"""From a wheel, in a folder of one's own: the cluster that the repository deployed is the one that the folder wants."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab.nodes import ROOT, VIP, lab

pytestmark = [pytest.mark.usefixtures("deployed"), pytest.mark.any_release]


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


@pytest.mark.parametrize("file", [pytest.param("deploy.py", marks=pytest.mark.long), "tasks/galera.py"])
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


# Somebody's own deploy: a group of another name, a login that is not root's, privileges given to the operations alone.
THEIRS = {
    "inventory.py": """
web = [(name, {"ssh_hostname": address, "ssh_user": "debian", "ssh_key": KEY, "ssh_known_hosts_file": HOSTS,
        "nodes_group": "web", "domain": "lan", "vip": "10.0.0.250", "vip_netmask": 24})
       for name, address in (("nodoha", "10.0.0.133"), ("nodoha2", "10.0.0.134"), ("nodoha3", "10.0.0.135"))]
""",
    "volume.py": """
from webha.gluster import operations as gluster
from webha.run import context

names = [one.name for one in context.nodes()]
gluster.volume(name="Their volume", volume="fs_ha", nodes=names, brick="/gluster", root="/var/www/html/drupal", options={},
               _sudo=True, _if=context.on_first)
""",
    "fails.py": """
from pyinfra.operations import server
from webha.run import context

context.nodes()
server.shell(name="One fails", commands=["[ $(hostname) != nodoha2 ]"])
server.shell(name="The others go on", commands=["touch /tmp/webha-went-on"])
""",
}


@pytest.fixture
def theirs(own: Path) -> Path:
    folder = own.parent / "theirs"
    folder.mkdir(exist_ok=True)
    values = run(
        str(ROOT / "script/lab"), "run", "sh", "-c", "echo $WEBHA_SSH_KEY $WEBHA_SSH_KNOWN_HOSTS"
    ).stdout.split()
    for name, text in THEIRS.items():
        filled = text.replace("KEY", repr(values[0])).replace("HOSTS", repr(values[1]))
        (folder / name).write_text(filled if name == "inventory.py" else text)
    return folder


def in_theirs(own: Path, theirs: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = str(ROOT / "script/lab"), "run", str(own.parent / "venv/bin/pyinfra"), "inventory.py", *words
    return run(*command, cwd=theirs, check=False)


def test_an_operation_in_somebodys_deploy_takes_its_privileges_to_all_nodes(own: Path, theirs: Path) -> None:
    done = in_theirs(own, theirs, "volume.py", "-y", "--json")
    totals = json.loads(done.stdout)["results"]["totals"]
    assert (totals["success"], totals["error"], totals["no_change"]) == (0, 0, 3), done.stdout + done.stderr


def test_a_node_that_fails_stops_the_run_without_a_config_of_ours(own: Path, theirs: Path) -> None:
    assert not (theirs / "config.py").exists()
    done = in_theirs(own, theirs, "fails.py", "-y")
    assert done.returncode == 1, done.stdout + done.stderr
    assert lab("ssh", "nodoha", "ls /tmp/webha-went-on 2>/dev/null || true") == ""


def test_an_environment_is_clean(own: Path) -> None:
    listed = run(str(own.parent / "venv/bin/pip"), "list", "--format=freeze").stdout
    assert "pyinfra-webha" in listed
    assert "openstacksdk" not in listed, "the cloud step alone needs it: an extra"
