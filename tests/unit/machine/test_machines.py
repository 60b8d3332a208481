from dataclasses import replace

import pytest

from webha.machine import Listener, Machine, Needs, shortcomings
from webha.run.ports import table

NEEDS = Needs((12, 13), 900, 3000, 1.0, "10.0.0.250", table(https="self-signed"))
ADDRESSES = {"a": "10.0.0.1", "b": "10.0.0.2", "c": "10.0.0.3"}


def machine(number, **changes):
    return replace(
        Machine(
            system="debian",
            release=13,
            root=True,
            ram_mb=2000,
            disk_mb=9000,
            clock_offset=0.0,
            addresses=(f"10.0.0.{number}",),
            hardware=(f"02:00:00:00:00:0{number}", "00:00:00:00:00:00"),
            listeners=(Listener(22, "sshd"),),
            vip_holder=None,
            has_vip=False,
        ),
        **changes,
    )


def found(**changes):
    """Judge three machines, the second of which is changed."""
    return shortcomings({"a": machine(1), "b": machine(2, **changes), "c": machine(3)}, ADDRESSES, NEEDS)


def test_three_good_machines_have_no_shortcomings():
    assert found() == []


@pytest.mark.parametrize(
    "changes",
    [
        {"release": 12},
        {"ram_mb": 900, "disk_mb": 3000},
        {"clock_offset": 1.0},
        {"addresses": ("192.168.0.9", "10.0.0.2", "10.0.0.250"), "has_vip": True},
        {"addresses": ()},
        {
            "listeners": tuple(
                Listener(port.first, port.holders[0]) for port in table(https="self-signed") if port.holders
            )
        },
        {"listeners": (Listener(80, ""), Listener(8080, "nginx"), Listener(3306, "systemd"))},
        {"vip_holder": "02:00:00:00:00:03"},
    ],
    ids=[
        "Debian 12",
        "just enough",
        "clock at the limit",
        "more addresses",
        "no address seen",
        "our own daemons",
        "not visible",
        "vip on a node",
    ],
)
def test_what_is_good_enough_is_not_complained_about(changes):
    assert found(**changes) == []


@pytest.mark.parametrize(
    ("changes", "finding", "way_out"),
    [
        ({"system": "ubuntu", "release": 24}, "runs ubuntu 24", "install Debian 12 or 13"),
        ({"release": 11}, "runs debian 11", "install Debian 12 or 13"),
        ({"release": None}, "runs debian ", "install Debian 12 or 13"),
        ({"system": "", "release": None}, "runs an unknown system", "install Debian 12 or 13"),
        ({"root": False}, "commands do not run as root", "set _sudo in inventory.py"),
        ({"ram_mb": 899}, "has 899 MB of memory, 900 MB are needed", "lower minimum_ram_mb"),
        ({"disk_mb": 2999}, "has 2999 MB of free disk, 3000 MB are needed", "free some, or lower minimum_disk_mb"),
        (
            {"addresses": ("10.0.0.9",)},
            "does not hold its address 10.0.0.2 (it has 10.0.0.9)",
            "set 'address' in inventory.py",
        ),
        ({"listeners": (Listener(80, "nginx"),)}, "port 80 (Apache) is held by nginx", "stop and disable it"),
        (
            {"listeners": (Listener(443, "haproxy"),)},
            "port 443 (Apache over TLS) is held by haproxy",
            'set https to "off"',
        ),
        ({"listeners": (Listener(3306, "mysqld"),)}, "port 3306 (MariaDB) is held by mysqld", "stop and disable it"),
        (
            {"listeners": (Listener(24007, "apache2"),)},
            "port 24007 (glusterd) is held by apache2",
            "stop and disable it",
        ),
    ],
)
def test_a_sentence_names_the_node_what_was_found_and_what_to_do(changes, finding, way_out):
    (sentence,) = found(**changes)
    assert sentence.startswith(f"b: {finding}")
    assert sentence.endswith(way_out) or way_out in sentence.split(": ", 2)[2]


def test_an_unknown_machine_is_named_and_the_others_are_still_judged():
    machines = {"a": None, "b": machine(2, root=False), "c": machine(3)}
    first, second = shortcomings(machines, ADDRESSES, NEEDS)
    assert first.startswith("a: its state cannot be read: ")
    assert second.startswith("b: commands do not run as root")


@pytest.mark.parametrize("offset", [-1.5, 1.5])
def test_two_clocks_apart_are_named_as_a_pair(offset):
    sentences = found(clock_offset=offset)
    assert [one.split(":")[0] for one in sentences] == ["a and b", "b and c"]
    assert all("1.5 s apart, at most 1 s are allowed: install chrony" in one for one in sentences)


def test_clocks_that_agree_with_each_other_may_differ_from_this_machines():
    machines = {name: machine(i, clock_offset=900.0) for i, name in enumerate("abc", 1)}
    assert shortcomings(machines, ADDRESSES, NEEDS) == []


def test_a_vip_that_a_stranger_answers_for_is_refused_once():
    machines = {name: machine(i, vip_holder="52:54:00:00:00:99") for i, name in enumerate("abc", 1)}
    (sentence,) = shortcomings(machines, ADDRESSES, NEEDS)
    assert sentence.startswith(
        "vip 10.0.0.250 is answered by 52:54:00:00:00:99, no node of ours: choose a free address"
    )


def test_every_shortcoming_is_listed():
    assert len(found(root=False, ram_mb=1, disk_mb=1, listeners=(Listener(80, "nginx"),))) == 4
