"""Whose the cluster on a node is, before a deploy: ours also where its corosync.conf was lost, Debian's own, or somebody's."""

import subprocess
from dataclasses import replace

import pytest

from webha.cluster import Peer, stray
from webha.cluster import operations as cluster
from webha.cluster.facts import Cluster
from webha.ground import probe

from ..captured_facts import text
from ..stubs import NAMES, perform
from .test_cluster import BARE, configuration, peer
from .test_cluster_operations import of

DEBIANS = {"configuration": configuration("debian"), "shipped": True}


@pytest.mark.parametrize(
    "one",
    [
        peer(),
        Peer(False, "inactive", "inactive"),
        Peer(True, "inactive", "inactive", configuration=configuration("debian"), shipped=True),
        Peer(True, "inactive", "inactive", configuration=f"# Written by pyinfra-webha.\n{configuration('shop')}"),
        Peer(True, "inactive", "inactive", has_cib=True),
    ],
    ids=["ours", "bare", "shipped, never started", "our file of another name, never started", "no name"],
)
def test_our_cluster_or_none_is_left_alone(one):
    assert stray(one, "hacloud").action == "nothing"


@pytest.mark.parametrize(
    "one",
    [
        peer(**DEBIANS, running_configuration=configuration("debian")),
        peer(running_configuration=configuration("debian")),
        Peer(True, "failed", "inactive", **DEBIANS, has_cib=True),
    ],
    ids=["runs", "runs under our file", "left a CIB"],
)
def test_debians_own_one_node_cluster_goes(one):
    assert stray(one, "hacloud").action == "remove"


def test_a_cluster_that_is_to_be_called_debian_stays():
    debian = f"# Written by pyinfra-webha.\n{configuration('debian')}"
    assert stray(peer(configuration=debian, running_configuration=None), "debian").action == "nothing"


@pytest.mark.parametrize(
    "one",
    [
        peer(configuration=configuration("shop")),
        peer(running_configuration=configuration("shop")),
        Peer(True, "inactive", "inactive", configuration=configuration("shop"), has_cib=True),
        Peer(True, "inactive", "inactive", configuration=configuration("shop")),
        peer(configuration=configuration("debian"), running_configuration=configuration("shop")),
    ],
)
def test_somebody_elses_cluster_is_refused_by_name(one):
    verdict = stray(one, "hacloud")
    assert verdict.action == "refuse"
    assert "'shop', not to 'hacloud'" in verdict.reason


def test_the_shipped_cluster_that_somebody_uses_is_refused_with_its_resources():
    used = peer(**DEBIANS, running_configuration=None, has_cib=True, resources=("shop_ip",))
    assert stray(used, "hacloud").action == "refuse"
    assert "(shop_ip)" in stray(used, "hacloud").reason


@pytest.mark.parametrize(
    "one",
    [
        peer(configuration=configuration("debian"), running_configuration=configuration("debian")),
        peer(configuration="totem {\n}\n", running_configuration=None),
        peer(configuration="# by hand\n" + configuration(), running_configuration="# by hand\n" + configuration()),
        Peer(True, "active", "active", has_cib=True, resources=("shop_ip",)),
        Peer(True, "inactive", "inactive", has_cib=True, resources=("shop_ip",)),
    ],
    ids=["a debian of their own", "without a name", "our name by hand", "no file", "a configuration left"],
)
def test_a_cluster_that_neither_we_nor_debian_made_is_refused(one):
    assert stray(one, "hacloud").action == "refuse"
    assert stray(one, "hacloud", {"a": one, "b": peer(key="ours")}).action == "refuse"


OURS = {"has_cib": True, "resources": ("HA_VIP", "WebServer", "shop_ip"), "agent": True}


@pytest.mark.parametrize(
    "one",
    [
        peer(configuration="# by hand\n" + configuration(), has_cib=True, resources=OURS["resources"]),
        peer(**DEBIANS, **OURS),
        peer(configuration=None, **OURS),
        Peer(True, "inactive", "inactive", **DEBIANS, **OURS),
        Peer(True, "inactive", "inactive", configuration="# by hand\n" + configuration(), **OURS),
    ],
    ids=["line 1 edited", "Debian's on disk", "no file", "Debian's, stopped", "line 1 edited, stopped"],
)
def test_a_cluster_of_ours_that_lost_its_file_is_given_it_again(one):
    verdict = stray(one, "hacloud")
    assert verdict.action == "nothing"
    assert "is put back" in verdict.reason


def test_another_node_with_our_file_and_the_same_key_proves_it_too():
    edited = peer(configuration="# by hand\n" + configuration(), running_configuration=None, resources=("shop_ip",))
    assert stray(edited, "hacloud", {"a": edited, "b": peer()}).action == "nothing"
    assert stray(edited, "hacloud", {"a": edited, "b": peer(key="another")}).action == "refuse"
    assert stray(edited, "hacloud", {"a": edited, "b": edited}).action == "refuse"


def test_ours_that_runs_as_debians_is_stopped_and_its_resources_are_kept_where_nobody_else_has_them():
    """dpkg's question was answered with the package's file, and Corosync started with it."""
    lost = peer(**DEBIANS, **OURS, running_configuration=configuration("debian"))
    assert stray(lost, "hacloud", {"a": lost, "b": peer()}).action == "remove"
    assert stray(lost, "hacloud", {"a": lost, "b": lost, "c": None}).action == "stop"


def test_what_is_called_as_ours_and_is_not_is_refused_without_asking_for_our_resources_to_be_deleted():
    """The document's own names, in a cluster made by hand."""
    by_hand = peer(**DEBIANS, running_configuration=None, has_cib=True, resources=("HA_VIP", "WebServer"))
    assert "take it down there first" in stray(by_hand, "hacloud").reason
    assert "delete" not in stray(by_hand, "hacloud").reason
    more = replace(by_hand, resources=("HA_VIP", "shop_ip"))
    assert "somebody's is on this node (shop_ip)" in stray(more, "hacloud").reason


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (
            peer(**DEBIANS, running_configuration=configuration("debian")),
            "systemctl stop pacemaker.service corosync.service",
        ),
        (None, "unknown"),
        (peer(configuration=configuration("shop")), "'shop'"),
    ],
)
def test_a_stray_cluster_goes_or_is_refused(one, words):
    assert words in perform(cluster.stray_removed, "hacloud", NAMES, peers=of(one, BARE, BARE)).text


def test_ours_that_runs_as_debians_is_stopped_with_its_resources_kept():
    lost = peer(configuration=configuration("debian"), running_configuration=configuration("debian"), agent=True)
    (text,) = perform(cluster.stray_removed, "hacloud", NAMES, peers=of(lost, lost, lost)).texts
    assert "systemctl stop pacemaker.service corosync.service" in text
    assert "rm " not in text
    assert "rm -rf" in perform(cluster.stray_removed, "hacloud", NAMES, peers=of(lost, peer(), lost)).text


def test_the_resources_on_disk_are_named_and_those_of_our_agent_known(tmp_path):
    (tmp_path / "cib.xml").write_text(
        '<primitive id="HA_VIP" class="ocf" provider="heartbeat" type="IPaddr2"><primitive id="WebServer" class="ocf" '
        'provider="webha" type="apache">\n  <template id="shop" class="ocf"/>'
    )
    question = Cluster().command().replace("/var/lib/pacemaker/cib/cib.xml", str(tmp_path / "cib.xml"))
    done = subprocess.run(["sh", "-c", question], capture_output=True, text=True, check=False)
    answers = probe.read(done.stdout.splitlines())
    assert answers["resources"].lines == ["HA_VIP", "WebServer webha", "shop"]
    peers = text("trixie", "cluster").replace("\nWebServer\n", "\nWebServer webha\n")
    assert Cluster().process(peers.splitlines()).agent
    assert not Cluster().process(peers.replace(" webha\n", "\n").splitlines()).agent


@pytest.mark.parametrize("one", [peer(), BARE])
def test_our_cluster_stays(one):
    assert perform(cluster.stray_removed, "hacloud", NAMES, peers=of(one, BARE, BARE)).idle
