"""What is refused on bare nodes: a clear sentence, exit code 1, and nothing written."""

import subprocess
from pathlib import Path

import pytest

from tests.lab.nodes import ADDRESSES, ROOT, everywhere, lab, refused

pytestmark = [pytest.mark.usefixtures("bare"), pytest.mark.any_release]

LOGIN = (ROOT / "inventory.py").read_text().split("nodes = [")[0]


@pytest.fixture
def untouched() -> object:
    """Nothing on any node may differ after the test."""
    command = "dpkg-query -W | sha256sum; find /etc /usr/local -type f -exec sha256sum {} + | sort | sha256sum; ls /"
    before = everywhere(command)
    yield
    assert everywhere(command) == before


def inventory_of(path: Path, **addresses: str) -> str:
    entries = "".join(
        f'    ("{name}", {{"ssh_hostname": "{address}", **_login}}),\n' for name, address in addresses.items()
    )
    path.write_text(f"{LOGIN}nodes = [\n{entries}]\n")
    return str(path)


@pytest.mark.usefixtures("untouched")
class TestDeployRefuses:
    def test_a_node_that_is_not_reached(self) -> None:
        lab("isolate", "nodoha3")
        try:
            assert "nodoha3" in refused("deploy.py")
        finally:
            lab("rejoin", "nodoha3")

    def test_a_key_that_opens_nothing(self, tmp_path: Path) -> None:
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "key")], check=True)
        run = subprocess.run(
            ["script/lab", "run", "env", f"WEBHA_SSH_KEY={tmp_path}/key", "pyinfra", "inventory.py", "deploy.py", "-y"],
            cwd=ROOT, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert run.returncode == 1
        assert "Authentication" in run.stderr

    def test_two_nodes_with_one_address(self, tmp_path: Path) -> None:
        inventory = inventory_of(tmp_path / "inventory.py", **{**ADDRESSES, "nodoha3": "10.0.0.134"})
        said = refused("deploy.py", inventory=inventory)
        assert "nodoha2 and nodoha3 have the same address 10.0.0.134" in said

    def test_fewer_than_three_nodes(self, tmp_path: Path) -> None:
        two = {name: address for name, address in ADDRESSES.items() if name != "nodoha3"}
        assert "2 node(s)" in refused("deploy.py", inventory=inventory_of(tmp_path / "inventory.py", **two))

    def test_a_run_limited_to_one_node(self) -> None:
        assert "nodoha2, nodoha3 not reached by this run" in refused("tasks/galera.py", "--limit", "nodoha")

    def test_a_vip_outside_the_subnet(self) -> None:
        assert "vip 10.9.0.1 is outside the nodes' subnet" in refused("deploy.py", "--data", "vip=10.9.0.1")

    def test_a_vip_that_somebody_else_answers_for(self) -> None:
        assert "vip 10.0.0.1 is answered by" in refused("deploy.py", "--data", "vip=10.0.0.1")

    def test_too_little_memory(self) -> None:
        said = refused("deploy.py", "--data", "minimum_ram_mb=999999999")
        assert "nodoha2: has" in said
        assert "MySQL died for want of it" in said

    def test_too_little_disk(self) -> None:
        assert "of free disk" in refused("deploy.py", "--data", "minimum_disk_mb=999999999")

    def test_a_port_that_a_stranger_holds(self) -> None:
        lab(
            "ssh",
            "nodoha2",
            "systemd-run -q --unit squatter python3 -c 'import socket, time; s = socket.create_server((\"\", 4567)); time.sleep(600)'; sleep 1",
        )
        try:
            assert "nodoha2: port 4567 (Galera) is held by python3" in refused("deploy.py")
        finally:
            lab("ssh", "nodoha2", "systemctl stop squatter")

    def test_a_reset_without_the_clusters_name(self) -> None:
        assert "--data confirm=hacloud" in refused("tasks/reset.py")
        assert "no layer nonsense" in refused("tasks/reset.py", "--data", "confirm=hacloud", "--data", "layer=nonsense")


class TestAStepBeforeWhatItNeeds:
    def test_the_vip_before_the_cluster(self) -> None:
        assert "run tasks/cluster.py first" in refused("tasks/vip.py")

    def test_drupal_before_the_database(self) -> None:
        assert "run tasks/galera.py first" in refused("tasks/drupal.py")

    def test_gluster_before_the_names(self) -> None:
        assert "run tasks/hosts.py first" in refused("tasks/gluster.py")
        lab("reset")
