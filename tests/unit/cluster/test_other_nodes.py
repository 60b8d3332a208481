"""A cluster that runs keeps its nodes and what all of them must have alike: refused at the start of a run, not at its middle."""

import pytest

from webha.cluster import Peer, not_alike, other_nodes, ring
from webha.ground.render import render
from webha.run.inventory import Node

NAMES = ("nodoha", "nodoha2", "nodoha3")
NODES = tuple(Node(name, f"10.0.0.{133 + i}", f"{name}.example.org") for i, name in enumerate(NAMES))


def configuration(nodes=NODES, **changes):
    values = {
        "cluster_name": "hacloud",
        "token": 3000,
        "token_coefficient": None,
        "crypto_cipher": "aes256",
        "crypto_hash": "sha256",
        "port": 5405,
        "knet_ping_timeout": 10000,
    }
    return render("cluster/corosync.conf.j2", nodes=nodes, **values | changes)


def running(**changes):
    text = configuration()
    return Peer(**{"installed": True, "corosync": "active", "pacemaker": "active", "configuration": text, "running_configuration": text} | changes)  # fmt: skip


def of(*peers):
    return dict(zip(NAMES, peers, strict=True))


ALIVE = of(running(), running(), running())
BARE = Peer(False, "inactive", "inactive")


def test_the_ring_is_read_in_the_order_of_its_numbers():
    assert ring(configuration()) == tuple((node.name, node.address) for node in NODES)
    assert ring("nodelist {\n node {\n nodeid: 10\n name: b\n }\n node {\n nodeid: 9\n name: a\n }\n}") == (
        ("a", ""),
        ("b", ""),
    )
    assert ring("nonsense") == ()


def test_the_cluster_of_the_inventory_bare_machines_and_stopped_ones_are_gone_on_with():
    stopped = running(corosync="inactive", running_configuration=None)
    for peers in (ALIVE, of(BARE, BARE, BARE), of(running(), BARE, running()), of(stopped, stopped, stopped)):
        assert other_nodes(peers, NODES) == []
    assert other_nodes(of(stopped, stopped, stopped), NODES[::-1]) == []


@pytest.mark.parametrize(
    "nodes",
    [
        NODES[:2],
        (*NODES, Node("nodoha4", "10.0.0.136", "x")),
        (NODES[1], NODES[0], NODES[2]),
        (NODES[0], NODES[1], Node("nodoha3", "10.0.0.200", "x")),
        (NODES[0], NODES[1], Node("web3", "10.0.0.135", "x")),
    ],
)
def test_nodes_added_removed_reordered_readdressed_or_renamed_are_refused_in_one_sentence(nodes):
    (said,) = other_nodes(ALIVE, nodes)
    assert "on nodoha, nodoha2, nodoha3 is of nodoha (10.0.0.133), nodoha2 (10.0.0.134), nodoha3 (10.0.0.135)" in said
    assert f"the inventory has {', '.join(f'{one.name} ({one.address})' for one in nodes)}: nodes are not added" in said
    assert "stop pacemaker and corosync on all nodes first" in said


def test_a_cluster_on_one_node_is_enough_and_an_unknown_one_is_no_yes():
    assert len(other_nodes(of(BARE, running(), BARE), NODES[:2])) == 1
    assert other_nodes(of(running(), None, running()), NODES) == [
        "nodoha2: whether a cluster runs there, and of which nodes, cannot be read: systemctl status corosync"
    ]


def test_what_all_nodes_have_alike_is_not_changed_while_they_run():
    assert not_alike(ALIVE, configuration()) == []
    assert not_alike(ALIVE, configuration(token=1000, knet_ping_timeout=5000)) == [], "what corosync reloads"
    found = not_alike(ALIVE, configuration(port=5407))
    assert [one.partition(":")[0] for one in found] == list(NAMES)
    assert "totem.interface.mcastport changed" in found[0]
    assert not_alike(of(BARE, BARE, BARE), configuration(port=5407)) == []


def test_a_cluster_of_ours_that_runs_counts_though_its_file_was_lost_and_debians_own_does_not():
    lost = running(configuration="# edited\ntotem {\n}\n")
    assert len(other_nodes(of(lost, lost, lost), NODES[::-1])) == 1
    assert len(not_alike(of(lost, lost, lost), configuration(port=5407))) == 3
    debians = running(
        running_configuration="totem {\n cluster_name: debian\n}\nnodelist {\n node {\n name: node1\n nodeid: 1\n }\n}\n"
    )
    assert other_nodes(of(debians, BARE, BARE), NODES) == []
    assert not_alike(of(debians, BARE, BARE), configuration()) == []
