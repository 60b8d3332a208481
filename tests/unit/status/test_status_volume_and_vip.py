"""The status of the upper layers: the volume, the site on it and the virtual address."""

from dataclasses import replace

import pytest

from webha.cluster import Page
from webha.status import report
from webha.status.state import Seen

from ..stubs import NAMES
from .whole_stack import (
    BRICKS,
    EXPECTED,
    HARDWARE,
    NOT_REACHED,
    PEER,
    SITE,
    STORE,
    VIP,
    A,
    B,
    C,
    found,
    machine,
    peer,
    resources,
    whole,
    with_,
)

STRANGER = "02:ff:ff:ff:ff:ff"


def store(**changes):
    return replace(STORE, **changes)


def pool(**changes):
    return store(pool=(replace(STORE.pool[0], **changes), *STORE.pool[1:]))


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (store(pool=None), "unknown, glusterd did not answer in time"),
        (store(volumes=None), "unknown, glusterd did not answer in time"),
        (pool(connected=False), f"{STORE.pool[0].hostnames[0]} is not connected"),
        (pool(state="5"), f"{STORE.pool[0].hostnames[0]} is not connected"),
        (store(volumes=()), "volume fs_ha is not there"),
        (store(volumes=(replace(STORE.volumes[0], status="Stopped"),)), "volume fs_ha is Stopped"),
        (store(mounted=None, reachable=True), "the volume is not mounted at the docroot"),
        (store(reachable=False), "the docroot is mounted and does not answer"),
    ],
)
def test_what_is_wrong_with_a_nodes_part_of_the_volume_is_said(seen, words):
    assert found(with_(C, gluster=seen)) == {"gluster": [f"{C}: {words}"]}


def test_another_file_system_at_the_docroot_is_not_said_to_be_silent():
    (line,) = found(with_(C, gluster=store(mounted="ext4")))["gluster"]
    assert "does not answer" not in line


@pytest.mark.parametrize("who", [(A,), NAMES], ids=["one node says so", "all say so"])
def test_a_brick_that_does_not_serve_is_said_once_with_the_way_out(who):
    nodes = with_(*who, bricks=BRICKS | {f"{B}:/gluster": False})
    words = f"{B}:/gluster: the brick does not serve: gluster volume start fs_ha force"
    assert found(nodes) == {"gluster": [words]}
    assert report(nodes, EXPECTED).layers["gluster"].state == "2 of 3 bricks serve"


def test_a_brick_that_nobody_lists_is_a_problem():
    nodes = with_(bricks={brick: True for brick in BRICKS if not brick.startswith(f"{C}:")})
    assert "gluster" in found(nodes)


def test_the_most_that_any_node_counts_waits_for_healing():
    nodes = with_(A, heal=3) | {B: replace(whole()[B], heal=12)} | {C: replace(whole()[C], heal=None)}
    assert found(nodes) == {"gluster": ["12 files wait for healing: gluster volume heal fs_ha info"]}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"code": None}, "unknown, the volume or the database did not say in time"),
        ({"tables": None}, "unknown, the volume or the database did not say in time"),
        ({"code": "partial"}, "the code on the volume is partial: run tasks/drupal.py"),
        ({"code": "none"}, "the code on the volume is none: run tasks/drupal.py"),
        (
            {"tables": 0},
            "the site is not installed, or its database was emptied: import its dump, or run tasks/drupal.py",
        ),
        ({"tables": 0, "settings": "absent"}, "the site is not installed: run tasks/drupal.py"),
        ({"installing": True}, "the site is not installed: run tasks/drupal.py"),
    ],
)
def test_a_site_that_is_not_there_or_not_seen_is_said(changes, words):
    assert found(with_(B, drupal=replace(SITE, **changes))) == {"drupal": [f"{B}: {words}"]}


def test_an_address_that_two_nodes_hold_is_a_problem_that_names_both():
    assert found(with_(C, holds_vip=True)) == {
        "vip": [f"{A} and {C} both hold {VIP}: take it off one of them (ip address del), look at crm_mon there"]
    }


def test_an_address_that_nobody_holds_is_a_problem():
    nodes = with_(holds_vip=False)
    assert found(nodes)["vip"] == [f"nobody holds {VIP}: crm_mon -1rf"]
    assert report(nodes, EXPECTED).layers["vip"].state == f"{VIP} on no node"


def test_while_a_node_is_lost_who_holds_the_address_is_unknown():
    nodes = with_(holds_vip=False) | {C: None}
    assert found(nodes)["vip"] == [
        f"{C}: {NOT_REACHED}",
        f"unknown, none of the nodes that answered holds {VIP}",
    ]


def test_who_holds_the_address_is_unknown_where_no_node_said():
    lines = found(with_(holds_vip=None))["vip"]
    assert [line for line in lines if line.startswith("nobody")] == []
    assert any("unknown" in line for line in lines)


@pytest.mark.parametrize("where", [(B,), (B, C)])
def test_a_stranger_that_answers_for_the_address_is_said_once(where):
    nodes = whole() | {name: replace(whole()[name], machine=machine(name, vip_holder=STRANGER)) for name in where}
    assert found(nodes) == {"vip": [f"{STRANGER}, no node of ours, answers for {VIP}"]}


def test_the_hardware_of_a_node_that_was_not_reached_is_not_called_a_strangers():
    nodes = with_(B, holds_vip=True, machine=machine(B, vip_holder=HARDWARE[A])) | {A: None}
    assert found(nodes)["vip"] == [f"{A}: {NOT_REACHED}"]


def test_the_hardware_of_a_node_whose_machine_is_unknown_is_not_called_a_strangers():
    assert "vip" not in found(with_(A, machine=None))


@pytest.mark.parametrize(
    ("page", "words"),
    [
        (Page(0), f"http://{VIP}/ does not answer"),
        (None, f"unknown, whether http://{VIP}/ answers"),
        (Page(500, "hacloud"), f"http://{VIP}/ answers 500"),
        (Page(503, "hacloud"), f"http://{VIP}/ answers 503"),
        *(
            (
                Page(200, site),
                f"http://{VIP}/ answers 200 with a page that is not this site's: 'apachectl -S' on its holder, then tasks/apache.py",
            )
            for site in ("", "another")
        ),
    ],
)
def test_a_page_that_is_not_served_is_said_with_the_node_that_asked(page, words):
    assert found(with_(B, page=page)) == {"vip": [f"{B}: {words}"]}


@pytest.mark.parametrize("page", [200, 302, 403, 404])
def test_a_page_that_is_answered_for_is_served(page):
    assert found(with_(page=Page(page, "hacloud"))) == {}


def test_a_resource_that_is_stopped_runs_nowhere():
    assert found(with_(cluster=resources(nodes=(), role="Stopped"))) == {"vip": ["HA_VIP runs nowhere: crm_mon -1rf"]}


def test_an_address_that_pacemaker_runs_twice_names_both():
    assert found(with_(cluster=resources(nodes=(A, B)))) == {"vip": [f"HA_VIP runs on {A} and {B}: crm_mon -1rf"]}


def test_a_web_server_that_is_missing_on_one_node_is_a_problem_though_the_address_is_served():
    kept = tuple(one for one in PEER.status.resources if one.id != "WebServer" or one.nodes != (C,))
    assert len(kept) == len(PEER.status.resources) - 1
    assert found(with_(cluster=peer(resources=kept))) == {"vip": [f"WebServer does not run on {C}: crm_mon -1rf"]}


@pytest.mark.parametrize(
    ("kept", "missing"),
    [
        ([one for one in PEER.status.resources if one.id == "HA_VIP"], ["WebServer"]),
        ([one for one in PEER.status.resources if one.id == "WebServer"], ["HA_VIP"]),
        ([], ["HA_VIP", "WebServer"]),
    ],
)
def test_a_resource_that_is_not_configured_names_the_task(kept, missing):
    assert found(with_(cluster=peer(resources=tuple(kept)))) == {
        "vip": [f"{one} is configured nowhere: run tasks/vip.py" for one in missing]
    }


def test_resources_are_not_said_to_be_missing_where_pacemaker_was_not_seen():
    assert found(with_(cluster=None)).keys() == {"cluster"}
    assert not any("configured" in line for line in found(dict.fromkeys(NAMES, Seen()))["vip"])


def test_a_brick_directory_that_lost_its_identity_is_said_with_the_way_out():
    (words,) = found(with_(B, gluster=replace(STORE, brick="empty")))["gluster"]
    assert words.startswith(f"{B}: /gluster is not the brick it was")
    assert f"gluster volume reset-brick fs_ha {B}:/gluster start" in words
    assert f"gluster volume reset-brick fs_ha {B}:/gluster {B}:/gluster commit force" in words
