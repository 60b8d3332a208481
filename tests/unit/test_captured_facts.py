"""Every fact's typed value, from what its command printed on real nodes."""

import re

import pytest
from pyinfra.api.exceptions import FactProcessError

from webha.cluster import Page
from webha.firewall import not_as_wished
from webha.galera import facts as galera
from webha.hosts import BEGIN
from webha.machine import facts as node
from webha.reset import LAYERS, Remains, of_others

from .captured_facts import BARE, CONVERGED, SUITES, fact, text

RELEASES = {"bookworm": 12, "trixie": 13}
on_converged = pytest.mark.parametrize("suite", CONVERGED)
on_bare = pytest.mark.parametrize("suite", BARE)


@on_converged
def test_a_converged_galera(suite):
    member = fact(suite, "galera")
    assert member.installed
    assert member.synced
    assert not member.stale
    assert member.size == 3
    assert member.unit == "active"
    assert member.databases == member.made == ("drupal",)
    assert (member.strangers, member.elsewhere, member.own) == ((), (), ())
    assert member.grastate.uuid == member.uuid
    assert (member.grastate.seqno, member.grastate.safe_to_bootstrap) == (-1, False)
    assert re.fullmatch(r"[0-9a-f]{64}", member.configured)


@on_bare
def test_a_bare_galera(suite):
    member = fact(suite, "galera")
    assert not member.installed
    assert not member.runs
    assert not member.primary
    assert (member.grastate, member.databases, member.configured, member.running) == (None, (), None, None)


@on_converged
def test_an_account_without_privileges_is_there(suite):
    assert "USAGE" in fact(suite, "account")


@on_bare
def test_without_mariadb_an_account_is_unknown(suite):
    with pytest.raises(FactProcessError, match="mariadb"):
        fact(suite, "account")


def test_an_account_that_mariadb_does_not_know_is_none():
    said = "ERROR 1141 (42000) at line 1: No existe permiso definido para usuario 'www-data' en el servidor 'localhost'"
    assert galera.Account().process(["@@webha-begin grants", said, "", "@@webha-end grants 1"]) == set()


@on_converged
def test_a_converged_cluster(suite):
    peer = fact(suite, "cluster")
    assert peer.installed
    assert peer.runs
    assert peer.has_cib
    assert peer.pacemaker == "active"
    assert peer.key == peer.running_key
    assert re.fullmatch(r"[0-9a-f]{64}", peer.key)
    assert peer.configuration == peer.running_configuration
    assert "cluster_name: hacloud" in peer.configuration
    assert peer.status.quorate
    assert peer.status.dc in ("nodoha", "nodoha2", "nodoha3")
    assert [(one.name, one.online) for one in peer.status.nodes] == [
        (n, True) for n in ("nodoha", "nodoha2", "nodoha3")
    ]
    assert {one.id for one in peer.status.resources} == {"HA_VIP", "WebServer"}
    assert all((one.role, one.failed, one.blocked) == ("Started", False, False) for one in peer.status.resources)
    assert len(peer.status.places("HA_VIP")) == 1
    assert peer.status.places("WebServer") == {"nodoha", "nodoha2", "nodoha3"}


@on_converged
def test_a_daemon_runs_what_is_on_disk(suite):
    daemon = fact(suite, "daemon")
    assert (daemon.active, daemon.enabled) == ("active", "enabled")
    assert re.fullmatch(r"[0-9a-f]{64}", daemon.configured)
    assert daemon.running == daemon.configured


@on_bare
def test_a_bare_node_has_no_daemon(suite):
    assert fact(suite, "daemon") == node.DaemonState("inactive", "", None, None)


@on_bare
def test_a_bare_cluster(suite):
    peer = fact(suite, "cluster")
    assert not peer.installed
    assert not peer.runs
    assert not peer.has_cib
    assert (peer.key, peer.running_key, peer.configuration, peer.running_configuration, peer.status) == (None,) * 5


@on_converged
def test_a_live_cib(suite):
    cib = fact(suite, "cib")
    assert re.fullmatch(r"\d+\.\d+", cib.version)
    assert cib.configuration.startswith("<configuration>")
    assert "HA_VIP" in cib.configuration
    assert "lrm_resource" not in cib.configuration


@on_bare
def test_without_pacemaker_the_cib_is_unknown(suite):
    with pytest.raises(FactProcessError, match="cibadmin"):
        fact(suite, "cib")


@on_converged
def test_a_converged_gluster(suite):
    store = fact(suite, "gluster")
    assert (store.installed, store.glusterd, store.brick) == (True, "active", "used")
    assert (store.mounted, store.reachable, store.sealed) == ("fuse.glusterfs", True, True)
    assert len(store.pool) == 2
    assert all(peer.settled for peer in store.pool)
    (volume,) = store.volumes
    assert (volume.name, volume.status, volume.replica) == ("fs_ha", "Started", 3)
    assert volume.bricks == ("nodoha:/gluster", "nodoha2:/gluster", "nodoha3:/gluster")
    assert volume.options["network.ping-timeout"] == "10"


@on_bare
def test_a_bare_gluster(suite):
    store = fact(suite, "gluster")
    assert (store.installed, store.pool, store.volumes, store.brick) == (False, None, None, "absent")
    assert (store.mounted, store.reachable, store.sealed) == (None, False, None)


@on_converged
def test_a_converged_apache(suite):
    server = fact(suite, "apache")
    assert server.installed
    assert server.modules >= {"rewrite", "headers", "expires", "status"}
    assert server.sites == {"webha", "webha-health"}
    assert "webha-protection" in server.confs
    assert server.handed
    assert server.running
    assert server.loaded_at > 1_600_000_000
    assert not server.stale


@on_bare
def test_a_bare_apache(suite):
    server = fact(suite, "apache")
    assert (server.installed, server.running, server.loaded_at, server.stale) == (False, False, None, False)
    assert server.modules == server.sites == frozenset()


@on_converged
def test_a_converged_drupal(suite):
    site = fact(suite, "drupal")
    assert site.mounted
    assert site.primary
    assert site.database
    assert site.privileges
    assert site.code == "complete"
    assert site.release.startswith("sha256:")
    assert site.tables == {"trixie": 69, "bookworm": 2}[suite]  # a real Drupal, the stand-in
    assert not site.installing
    assert (site.settings, site.made, site.included) == ("ours", True, False)
    assert re.fullmatch(r"\*[0-9A-F]{40}", site.password_hash)


@on_bare
def test_on_a_bare_node_whether_a_site_exists_is_unknown(suite):
    site = fact(suite, "drupal")
    assert (site.mounted, site.primary, site.database, site.installing) == (False,) * 4
    assert (site.code, site.tables, site.release, site.password_hash) == (None,) * 4


@on_converged
def test_converged_hosts(suite):
    state = fact(suite, "hosts")
    assert state.hosts.endswith("\n")
    assert BEGIN in state.hosts.splitlines()
    assert state.template is None


@on_bare
def test_bare_hosts(suite):
    assert BEGIN not in fact(suite, "hosts").hosts


@pytest.mark.parametrize(
    ("suite", "status"), [*((s, Page(200, "hacloud")) for s in CONVERGED), *((s, None) for s in BARE)]
)
def test_the_page_is_served_by_a_converged_cluster(suite, status):
    if status is None:
        with pytest.raises(FactProcessError):
            fact(suite, "http")
    else:
        assert fact(suite, "http") == status


@pytest.mark.parametrize("suite", SUITES)
def test_a_machine(suite, monkeypatch):
    clock = float(re.search(r"^(\d+\.\d{9})$", text(suite, "machine"), re.MULTILINE).group(1))
    monkeypatch.setattr("time.time", lambda: clock - 2.5)
    machine = fact(suite, "machine")
    assert (machine.system, machine.release, machine.root) == ("debian", RELEASES[suite.removesuffix("-bare")], True)
    assert machine.clock_offset == pytest.approx(2.5)
    assert machine.ram_mb > 900
    assert machine.disk_mb > 3000
    assert "10.0.0.133" in machine.addresses
    assert machine.has_vip is ("10.0.0.250" in machine.addresses)
    assert machine.vip_holder is None
    assert all(re.fullmatch("(..:){5}..", one) for one in machine.hardware)
    held = {one.port: one.process for one in machine.listeners}
    assert held[22] == "sshd"
    assert held.get(3306) == (None if suite in BARE else "mariadbd")


@pytest.mark.parametrize("suite", SUITES)
def test_facts_of_any_machine(suite):
    bare = suite in BARE
    files = fact(suite, "files")
    assert (files["/etc/hosts"].mode, files["/etc/hosts"].owner) == ("644", "root:root")
    assert len(files["/etc/hosts"].sha256) == 64
    assert files["/nonexistent"] == node.FileState(None, None, None)
    assert fact(suite, "directories") == {"/etc": "755 root:root", "/nonexistent": None}
    assert fact(suite, "packages") == node.PackageState(frozenset() if bare else frozenset({"corosync"}), False, False)
    left = Remains((), ()) if bare else Remains(("corosync",), ())  # a folder of the package's is not ours
    assert fact(suite, "remains") == left
    belongings = fact(suite, "belongings")
    assert (
        of_others(
            {"nodoha": belongings},
            LAYERS,
            database="drupal",
            volume="fs_ha",
            brick="/gluster",
            root="/r",
            cluster_name="hacloud",
        )
        == []
    )
    assert belongings.gluster.known.keys() == (set() if bare else {"fs_ha"})
    assert belongings.galera.here is not bare
    units = fact(suite, "units")
    assert units["nosuch.service"] == node.UnitState(False, "inactive", "", False)
    assert units["corosync.service"].loaded is not bare
    assert units["corosync.service"].active == ("inactive" if bare else "active")
    assert units["corosync.service"].stale is False


@pytest.mark.parametrize("suite", CONVERGED)
def test_a_drop_in_that_systemd_has_not_read_makes_its_unit_stale(suite):
    read = "DropInPaths=/etc/systemd/system/corosync.service.d/webha.conf"
    assert read in text(suite, "units")
    units = node.Units().process(text(suite, "units").replace(read, "DropInPaths=").splitlines())
    assert units["corosync.service"].stale
    assert not units["apache2.service"].stale


@on_converged
def test_a_converged_firewall(suite):
    state = fact(suite, "firewall")
    assert not_as_wished(state, wanted=True) == []
    assert (state.ssh, state.others) == ((22,), ())
    assert {one.port for one in state.listeners} >= {22, 80, 3306, 4567, 5405, 24007}


@on_bare
def test_a_bare_firewall(suite):
    state = fact(suite, "firewall")
    assert (state.rules, state.loaded, state.in_force, state.unit, state.ssh) == (None, False, None, "", (22,))
    assert not_as_wished(state, wanted=False) == []
    assert [(one.port, one.peer) for one in fact(suite, "connections")] == [(22, "10.0.0.1")]


@on_converged
def test_the_connections_of_a_converged_node_are_the_nodes_and_whoever_looks(suite):
    nodes = {"10.0.0.133", "10.0.0.134", "10.0.0.135"}
    found = fact(suite, "connections")
    assert {one.peer for one in found} >= nodes - {"10.0.0.133"}
    assert {one.peer for one in found} <= nodes | {"10.0.0.1"}
    assert {24007, 4567} & {port for one in found for port in (one.port, one.peer_port)}
