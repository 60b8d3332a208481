"""Who is let in, and what is said of a node that others reach."""

from dataclasses import replace
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webha import firewall
from webha.firewall import Connection, Firewall, Listener, networks
from webha.run import ports
from webha.run.inventory import Node

VIP = "10.0.0.250"
NODES = [Node(f"nodoha{i}", f"10.0.0.13{i}", f"nodoha{i}.example.org") for i in (3, 4, 5)]
CLOSED = Firewall("rules", loaded=True, in_force=True, unit="enabled", ssh=(22,), others=(), listeners=())


def opened(**wishes):
    return firewall.openings(ports.table(), NODES, VIP, **wishes)


def enters(openings, source, protocol, port, at="10.0.0.133"):
    return any(
        (one.protocol, one.at or at) == (protocol, at)
        and one.first <= port <= one.last
        and (one.sources is None or any(ip_address(source) in network for network in one.sources))
        for one in openings
    )


STRANGER, MEMBER = "10.0.0.66", "10.0.0.134"
BETWEEN = [("tcp", one) for one in (4444, 4567, 4568, 24007, 49152, 60999)] + [("udp", 5405), ("udp", 4567)]


@pytest.mark.parametrize(("protocol", "port"), BETWEEN)
def test_what_the_layers_need_is_for_the_nodes_alone(protocol, port):
    assert enters(opened(), MEMBER, protocol, port)
    assert not enters(opened(), STRANGER, protocol, port)
    assert not enters(opened(), STRANGER, protocol, port, at=VIP)


def test_the_web_is_at_the_virtual_ip_and_for_the_nodes_and_web_sources_at_a_nodes_own_address():
    assert enters(opened(), STRANGER, "tcp", 80, at=VIP)
    assert not enters(opened(), STRANGER, "tcp", 80)
    assert enters(opened(), MEMBER, "tcp", 80)
    assert enters(opened(web_sources=["10.0.0.64/30"]), STRANGER, "tcp", 80)


def test_the_database_is_for_database_sources_and_not_even_for_the_nodes():
    assert not enters(opened(), MEMBER, "tcp", 3306)
    assert enters(opened(database_sources=[STRANGER]), STRANGER, "tcp", 3306)
    assert not enters(opened(database_sources=[STRANGER]), MEMBER, "tcp", 3306)


def test_an_operator_opens_more():
    wishes = opened(further=["tcp 9100 from 10.0.0.64/26", "udp 60000-61000"])
    assert enters(wishes, STRANGER, "tcp", 9100)
    assert not enters(wishes, "10.0.1.1", "tcp", 9100)
    assert enters(wishes, "8.8.8.8", "udp", 60500)
    assert not enters(wishes, "8.8.8.8", "tcp", 60500)


def test_ssh_is_open_to_all_or_to_whom_it_is_said():
    everybody = ["0.0.0.0/0", "::/0"]
    assert firewall.ssh([2222, 22], everybody)[0].rules == ["tcp dport 22 accept"]
    assert [one.first for one in firewall.ssh([2222, 22], everybody)] == [22, 2222]
    assert firewall.ssh([], ["10.0.0.1", "fe80::/10"])[0].rules == [
        "ip saddr { 10.0.0.1/32 } tcp dport 22 accept",
        "ip6 saddr { fe80::/10 } tcp dport 22 accept",
    ]
    assert firewall.ssh([22], ["0.0.0.0/0"])[0].rules == ["ip saddr { 0.0.0.0/0 } tcp dport 22 accept"]


@given(
    st.lists(st.ip_addresses(v=4).map(str) | st.sampled_from(["10.0.0.0/8", "10.1.0.0/16", "0.0.0.0/0"]), min_size=1)
)
def test_networks_overlap_nowhere_and_hold_what_was_given(words):
    found = networks(words)
    assert not [(one, other) for one in found for other in found if one != other and one.overlaps(other)]
    assert all(any(one.overlaps(given) for one in found) for word in words for given in networks([word]))


@pytest.mark.parametrize(
    "text",
    [
        *("", "tcp", "tcp 0", "tcp 65536", "tcp 20-10", "sctp 80", "tcp 80 from", "tcp 80 from nobody", "tcp 80;drop"),
        *("tcp 80 from 10.0.0.0/33", "tcp 80\n", " tcp 80", "tcp ٨٠", "tcp 80 from fe80::1%eth0", "tcp 80 accept"),
    ],
)
def test_what_is_no_opening_is_none(text):
    with pytest.raises(ValueError):  # noqa: PT011 -- that is all that is promised
        ports.asked(text)


def test_what_is_shut_out_is_named():
    listeners = (Listener("tcp", 22, "sshd"), Listener("tcp", 9100, "node_exporter"), Listener("udp", 68, "dhclient"))
    state = replace(CLOSED, listeners=listeners)
    ssh = firewall.ssh([22], ["10.0.0.1"])
    assert firewall.closed_to_all(state, (*opened(), *ssh)) == ["node_exporter (tcp 9100)"]
    assert firewall.closed_to_all(state, (*opened(further=["tcp 9100"]), *ssh)) == []


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (None, "unknown"),
        (replace(CLOSED, rules=None, loaded=False, in_force=None), "everybody on the network reaches"),
        (replace(CLOSED, loaded=False, in_force=None), "taken out of the kernel"),
        (replace(CLOSED, in_force=False), "other rules are in our table"),
        (replace(CLOSED, in_force=None), "unknown, whether the kernel has the rules"),
        (replace(CLOSED, unit=""), "after the next boot: systemctl enable webha-firewall.service"),
        (replace(CLOSED, unit="disabled"), "after the next boot"),
    ],
)
def test_a_node_that_is_not_closed_is_said(state, words):
    (line,) = firewall.not_as_wished(state, wanted=True)
    assert words in line


def test_a_closed_node_and_one_that_is_open_by_wish_are_well():
    assert firewall.not_as_wished(CLOSED, wanted=True) == []
    assert firewall.not_as_wished(replace(CLOSED, rules=None, loaded=False), wanted=False) == []
    assert "though firewall is False" in firewall.not_as_wished(CLOSED, wanted=False)[0]


@pytest.mark.parametrize(
    ("connection", "goes"),
    [
        (Connection(24007, STRANGER, 1000), True),
        (Connection(3306, STRANGER, 40000), True),
        (Connection(24007, MEMBER, 1000), False),
        (Connection(24007, VIP, 1000), False),  # a node that speaks with it
        (Connection(22, STRANGER, 40000), False),
        (Connection(41000, STRANGER, 443), False),  # one that the node itself made
        (Connection(50123, STRANGER, 443), False),  # the same, from within the bricks' range
        (
            Connection(9100, STRANGER, 40000),
            False,
        ),  # of a service that is not the stack's: it is named, and not cut off
    ],
)
def test_who_is_in_and_may_not_come_in_any_more_goes(connection, goes):
    listeners = tuple(Listener("tcp", port, "x") for port in (22, 3306, 9100, 24007, 51234))
    state = replace(CLOSED, listeners=listeners)
    known = (*opened(), *firewall.ssh([22], ["10.0.0.1"]))
    assert firewall.intruders([connection], state, known) == ([connection] if goes else [])


def test_a_container_answers_for_itself():
    state = replace(CLOSED, listeners=(Listener("tcp", 8080, "docker-proxy"),))
    assert firewall.closed_to_all(state, opened()) == []
