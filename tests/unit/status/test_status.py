"""What is wrong with the stack, judged from what every node said."""

from dataclasses import replace

import pytest

from webha import cluster, galera
from webha.status import FULL, LAYERS, report
from webha.status.state import Seen, Watched

from ..stubs import NAMES
from .whole_stack import (
    EXPECTED,
    MEMBER,
    NOT_REACHED,
    PEER,
    UNITS,
    VIP,
    A,
    B,
    C,
    found,
    machine,
    member,
    peer,
    resources,
    whole,
    with_,
)


def test_a_whole_cluster_is_healthy():
    assert found(whole()) == {}


def test_the_states_of_a_whole_cluster_say_where_things_are():
    states = {name: layer.state for name, layer in report(whole(), EXPECTED).layers.items()}
    assert states.pop("backup").startswith("last point 0a1b2c3d, ")
    assert states == {
        "hosts": "3 of 3 nodes answer",
        "firewall": "closed on 3 of 3 nodes",
        "galera": "primary component of 3",
        "apache": f"ready on {A}, {B}, {C}",
        "cluster": f"coordinator {PEER.status.dc}",
        "gluster": "3 of 3 bricks serve",
        "drupal": "",
        "vip": f"{VIP} on {A}",
    }


def test_without_a_place_for_restore_points_the_layer_says_so_and_nothing_is_wrong():
    judged = report(whole(), replace(EXPECTED, backup=None)).layers["backup"]
    assert (judged.healthy, judged.state) == (True, "off, as backup_target = None wants it")


@pytest.mark.parametrize("size", ["2", "3"])
def test_a_node_that_was_not_reached_is_unknown_in_every_layer_and_nothing_else_is_wrong(size):
    nodes = with_(galera=member(cluster_size=size)) | {C: None}
    assert found(nodes) == {name: [f"{C}: {NOT_REACHED}"] for name in LAYERS}


def test_a_node_that_nothing_was_heard_of_is_as_one_that_was_not_reached():
    nodes = whole()
    del nodes[C]
    assert report(nodes, EXPECTED) == report(nodes | {C: None}, EXPECTED)


def test_without_any_node_every_layer_is_unknown_for_each():
    problems = found(dict.fromkeys(NAMES))
    assert list(problems) == list(LAYERS)
    assert all(lines[:3] == [f"{name}: {NOT_REACHED}" for name in NAMES] for lines in problems.values())


@pytest.mark.parametrize(
    "layer",
    [
        pytest.param(
            name,
        )
        if name == "apache"
        else name
        for name in LAYERS
    ],
)
def test_no_layer_is_healthy_where_the_nodes_were_reached_and_said_nothing(layer):
    assert layer in found(dict.fromkeys(NAMES, Seen()))


@pytest.mark.parametrize(
    ("part", "layer"),
    [
        ("machine", "hosts"),
        ("disks", "hosts"),
        ("failed", "hosts"),
        pytest.param(
            "read_only",
            "hosts",
        ),
        ("galera", "galera"),
        ("cluster", "cluster"),
        ("gluster", "gluster"),
        ("drupal", "drupal"),
        ("releases", "drupal"),
        pytest.param(
            "holds_vip",
            "vip",
        ),
    ],
)
def test_what_one_node_did_not_say_is_unknown_in_its_layer_alone(part, layer):
    problems = found(with_(B, **{part: None}))
    assert list(problems) == [layer]
    (line,) = problems[layer]
    assert line.startswith(f"{B}: ")
    assert "unknown" in line


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("bricks", "unknown, no node said in time which bricks serve"),
        ("heal", "unknown, no node said in time whether files wait for healing"),
    ],
)
def test_what_the_volume_does_as_a_whole_one_node_may_say_for_all(part, words):
    assert found(with_(A, B, **{part: None})) == {}
    assert found(with_(**{part: None})) == {"gluster": [words]}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"disks": {"/": FULL, "/gluster": 9}},
            f"/ is {FULL} % full: free some, before the database and the volume stop",
        ),
        ({"read_only": ("/var",)}, "/var is read-only: look at dmesg"),
        ({"failed": ("ssh.service",)}, "ssh.service has failed: journalctl -u ssh.service"),
    ],
)
def test_a_machine_in_trouble_is_named(changes, words):
    assert found(with_(B, **changes)) == {"hosts": [f"{B}: {words}"]}


def test_a_clock_that_is_off_is_off_from_each_of_the_others():
    ending = "their clocks are 1.5 s apart: look at chrony"
    assert found(with_(B, machine=machine(B, clock_offset=-1.5))) == {
        "hosts": [f"{A} and {B}: {ending}", f"{B} and {C}: {ending}"]
    }


def test_clocks_may_be_apart_by_what_the_data_allows():
    assert found(with_(B, machine=machine(B, clock_offset=EXPECTED.clock_skew))) == {}


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (member(local_state_comment="Joined"), f"{B}: not Synced in a primary component (active, Joined)"),
        (member(cluster_size="1"), f"{B}: sees 1 of 3 nodes"),
        (
            replace(MEMBER, status=MEMBER.status | {"wsrep_on": "OFF"}),
            f"{B}: {galera.endangered({'': replace(MEMBER, status={'wsrep_on': 'OFF'})})[0].removeprefix(': ')}",
        ),
    ],
)
def test_a_galera_member_that_differs_is_named(seen, words):
    assert found(with_(B, galera=seen)) == {"galera": [words]}


@pytest.mark.parametrize("lost", [(), (C,)])
@pytest.mark.parametrize("seqno", [7, -1])
def test_without_a_primary_component_the_words_of_the_bootstrap_say_what_to_do(lost, seqno):
    grastate = MEMBER.grastate._replace(seqno=seqno, safe_to_bootstrap=False)
    stopped = replace(MEMBER, unit="inactive", status={}, running=None, grastate=grastate)
    nodes = with_(galera=stopped) | dict.fromkeys(lost)
    reason = galera.bootstrap({name: None if name in lost else stopped for name in NAMES}).reason
    what = "no node that answered is in a primary component" if lost else "no primary component, so no write is taken"
    assert found(nodes)["galera"][-1] == f"{what}: {reason}"
    assert report(nodes, EXPECTED).layers["galera"].state == "primary component of 0"


def test_where_no_database_said_anything_it_is_not_said_that_no_write_is_taken():
    lines = found(with_(galera=None))["galera"]
    assert [line for line in lines if "no write is taken" in line] == []


def test_members_that_do_not_see_each_other_are_named_also_while_a_node_is_lost():
    nodes = with_(galera=member(cluster_size="1")) | {C: None}
    assert [line for line in found(nodes)["galera"] if line.startswith((f"{A}:", f"{B}:"))] != []


@pytest.mark.parametrize(
    ("health", "words"),
    [
        (None, "the health page does not answer"),
        ("", "the health page does not answer"),
        ("database: not Synced; docroot: not mounted", "database: not Synced; docroot: not mounted"),
        ("<?php; // Written by", "Apache hands out PHP's source, its PHP module is off: run tasks/apache.py"),
    ],
)
def test_the_health_page_counts_on_every_node(health, words):
    assert found(with_(A, health=health)) == {"apache": [f"{A}: {words}"]}
    assert found(with_(B, health=health)) == {"apache": [f"{B}: {words}"]}


def test_a_corosync_key_that_differs_is_named():
    (words,) = found(with_(B, cluster=replace(PEER, key="other", running_key="other")))["cluster"]
    assert words.startswith(f"{B}: its corosync key is not the others'")


def test_a_daemon_of_ours_that_does_not_run_is_named():
    assert found(with_(B, daemons=UNITS | {"webha-guard.service": Watched(False, "enabled")})) == {
        "cluster": [f"{B}: webha-guard.service does not run: systemctl start webha-guard.service"]
    }
    assert found(with_(C, daemons=None)) == {
        "cluster": [f"{C}: unknown, whether what looks after the node runs was not said in time"]
    }


def everyone(words):
    return [f"{name}{words}" for name in NAMES]


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (replace(PEER, status=None), "pacemaker does not answer"),
        (replace(PEER, corosync="inactive", pacemaker="inactive", status=None), "pacemaker does not answer"),
        (
            replace(PEER, running_configuration=PEER.configuration.replace("token:", "token: 9")),
            "totem.token changed",
        ),
        (replace(PEER, running_key="another"), "corosync was started with another key"),
        (replace(PEER, running_configuration=None), "with which configuration corosync was started is not known"),
    ],
)
def test_a_cluster_node_that_falls_behind_is_named(seen, words):
    assert found(with_(B, cluster=seen)) == {"cluster": [f"{B}: {words}"]}


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (peer(nodes=(*PEER.status.nodes[:2], cluster.CrmNode(C, online=False))), f": {C} is not online"),
        (peer(nodes=(*PEER.status.nodes, cluster.CrmNode("old", online=True))), ": old is no node of ours"),
        (peer(quorate=False), ": no quorum"),
    ],
)
def test_what_pacemaker_says_is_wrong_is_said(seen, words):
    assert found(with_(cluster=seen)) == {"cluster": everyone(words)}


@pytest.mark.parametrize(("changes", "words"), [({"failed": True}, "has failed"), ({"blocked": True}, "is blocked")])
def test_a_resource_in_trouble_is_said_by_every_node_and_once_with_its_place(changes, words):
    (place,) = PEER.status.places("HA_VIP")
    assert found(with_(cluster=resources(**changes))) == {
        "cluster": everyone(f" says: HA_VIP {words}: crm_mon -1rf, then crm resource cleanup"),
        "vip": [f"HA_VIP {words} on {place}: crm_mon -1rf"],
    }


def test_nodes_with_different_coordinators_see_different_clusters():
    other = next(name for name in NAMES if name != PEER.status.dc)
    first, second = sorted((other, PEER.status.dc))
    words = f"the nodes see different clusters: coordinator {first}, quorum; coordinator {second}, quorum"
    assert found(with_(B, cluster=peer(dc=other))) == {"cluster": [words]}
