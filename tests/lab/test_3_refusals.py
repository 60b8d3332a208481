"""What a run says and leaves as it is: data that a daemon does not take, changes that a live cluster does not take, a root that is shut out."""

import pytest

from tests.lab.nodes import ADDRESSES, ROOT, converge, eventually, everywhere, holder, on, pyinfra, refused, unhealthy

pytestmark = [pytest.mark.usefixtures("deployed"), pytest.mark.any_release]

CNF = "/etc/mysql/mariadb.conf.d/99-webha-galera.cnf"
RUNS = f"systemctl show -p MainPID --value mariadb; sha256sum < {CNF}; ls /var/lib/webha"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("innodb_buffer_pool_size=10T", "innodb_buffer_pool_size"),
        ('wsrep_provider_options={"gcache.sise": "1G"}', "gcache.sise"),
        ('wsrep_provider_options={"evs.suspect_timeout": "2seconds"}', "2seconds"),
    ],
)
def test_a_configuration_that_mariadb_does_not_take_lands_nowhere(data: str, words: str) -> None:
    before = everywhere(RUNS)
    said = refused("tasks/galera.py", "--data", data)
    assert "MariaDB refuses this configuration, nothing was changed" in said
    assert words in said
    assert everywhere(RUNS) == before
    assert unhealthy() == ""


SAME = "nodes see each other only with the same values"


@pytest.mark.parametrize(
    ("task", "data", "words"),
    [
        ("tasks/galera.py", "galera_cluster_name=acme", "galera_cluster_name"),
        ("deploy.py", "galera_cluster_name=acme", "galera_cluster_name"),
        ("tasks/cluster.py", "corosync_port=5407", SAME),
        ("deploy.py", "corosync_port=5407", SAME),
    ],
)
def test_a_change_that_a_live_cluster_does_not_take_is_refused_before_anything(
    task: str, data: str, words: str
) -> None:
    before = everywhere(RUNS)
    said = refused(task, "--data", data)
    assert "nothing was changed on any node:" in said
    assert words in said
    assert everywhere(RUNS) == before


@pytest.mark.parametrize("task", ["tasks/galera.py", "tasks/cluster.py"])
def test_nodes_in_another_order_are_refused_before_anything(task: str) -> None:
    text = (ROOT / "inventory.py").read_text()
    assert '("nodoha2", {' in text
    turned = ROOT / "inventory-turned.py"
    turned.write_text(text + "\nnodes = [nodes[1], nodes[0], nodes[2]]\n")
    try:
        before = everywhere(RUNS)
        said = refused(task, inventory="inventory-turned.py")
        assert "nothing was changed on any node:" in said
        assert "inventory" in said
        assert everywhere(RUNS) == before
    finally:
        turned.unlink()


@pytest.mark.long
def test_a_password_for_the_databases_root_moves_nothing_and_is_said_with_its_way_out() -> None:
    here = holder()
    for name in ADDRESSES:
        on(name, "mariadb -e \"ALTER USER root@localhost IDENTIFIED BY 'x'\"", check=False)
    try:
        assert "Access denied" in on(here, "mariadb -e 'SELECT 1' 2>&1", check=False)
        run = pyinfra("tasks/status.py")
        assert run.code == 1
        assert "root cannot log in to MariaDB through the socket on" in run.text
        assert "galera_new_cluster" not in run.text
        said = refused("tasks/galera.py")
        assert "root cannot log in to MariaDB through the socket on" in said
        assert on(here, "sleep 15; attrd_updater -n webha-ready -Q -N $(uname -n) | grep -c 'value=.1000'") == "1"
        assert holder() == here
    finally:
        for name in ADDRESSES:
            on(name, "mariadb -px -e 'ALTER USER root@localhost IDENTIFIED VIA unix_socket'", check=False)
    eventually(lambda: pyinfra("tasks/status.py").code == 0, 60, "healthy again")
    assert converge("tasks/galera.py").converged
