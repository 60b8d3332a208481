"""Keys made anew, and TLS between the nodes turned off and on, while a visitor asks for the page."""

from pathlib import Path

import pytest

from tests.lab.client import Client
from tests.lab.nodes import ADDRESSES, ROOT, converge, everywhere, on, pyinfra, refused, whole

pytestmark = [pytest.mark.usefixtures("deployed"), pytest.mark.any_release]
SECRETS = ROOT / "secrets"
KEYS = "cat /etc/mysql/webha-node.pem /etc/ssl/glusterfs.pem /etc/apache2/webha-site.pem | sha256sum"
GALERA = (
    "mariadb -NBe \"SHOW VARIABLES LIKE 'wsrep_provider_options'\" | tr ';' '\\n' | grep -c 'socket.ssl = YES' || :"
)
CLEAR = "grep -h 'ssl-enabled' /var/lib/glusterd/vols/fs_ha/trusted-fs_ha.tcp-fuse.vol | sort -u; cat /run/webha/glusterd.management"


def rotated(part: str) -> None:
    with Client() as client:
        converge("tasks/rotate.py", "--data", f"part={part}")
    assert client.asked >= 20
    assert client.failed == 0
    assert not Path(SECRETS / "rotation").exists()


def test_what_is_made_anew_has_to_be_said() -> None:
    assert "--data part= says what is made anew" in refused("tasks/rotate.py")


def test_the_rings_key_changes_on_all_nodes_while_it_runs() -> None:
    before = everywhere("sha256sum < /etc/corosync/authkey")
    rotated("corosync")
    after = everywhere("sha256sum < /etc/corosync/authkey")
    assert len(set(after.values())) == 1
    assert not set(before.values()) & set(after.values())
    assert converge("tasks/cluster.py").converged
    whole()


def test_the_databases_password_changes_without_a_failed_page() -> None:
    before = (SECRETS / "drupal_db_password").read_text()
    rotated("database")
    assert (SECRETS / "drupal_db_password").read_text() != before
    assert converge("tasks/drupal.py").converged


@pytest.mark.long
@pytest.mark.parametrize("part", ["certificates", "ca"])
def test_certificates_change_and_are_in_force(part: str) -> None:
    before, authority = everywhere(KEYS), (SECRETS / "ca.pem").read_text()
    rotated(part)
    after = everywhere(KEYS)
    assert all(after[name] != before[name] for name in after)
    assert ((SECRETS / "ca.pem").read_text() != authority) == (part == "ca")
    assert converge("deploy.py").converged
    assert pyinfra("tasks/status.py").code == 0


@pytest.mark.long
def test_tls_between_the_nodes_goes_and_comes_back() -> None:
    off = ("--data", "galera_tls=False", "--data", "gluster_tls=False")
    with Client() as client:
        for task in ("tasks/galera.py", "tasks/gluster.py"):
            converge(task, *off)
            assert converge(task, *off).converged
        assert set(everywhere(GALERA).values()) == {"0"}
        assert set(everywhere(CLEAR).values()) == {"option transport.socket.ssl-enabled off\noff"}
        assert set(everywhere("ls /etc/mysql/webha-*.pem /etc/ssl/glusterfs.* 2>/dev/null || :").values()) == {""}
    for name in ADDRESSES:  # it starts without keys, too
        on(name, "systemctl restart mariadb")
        whole()
    with Client() as back:
        for task in ("tasks/galera.py", "tasks/gluster.py"):
            converge(task)
            assert converge(task).converged
    assert set(everywhere(GALERA).values()) == {"1"}
    assert set(everywhere(CLEAR).values()) == {"option transport.socket.ssl-enabled on\non"}
    assert client.failed + back.failed <= (client.asked + back.asked) / 100
    whole()
    assert pyinfra("tasks/status.py").code == 0
