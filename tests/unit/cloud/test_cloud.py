import json
from dataclasses import replace
from types import SimpleNamespace

import pytest

from webha.cloud import Wanted, allows, pair_requests, place, port_requests, vip_port, wanted
from webha.cloud.state import Cloud, FloatingIp, Group, Network, Port, Rule, Subnet, parse
from webha.ground.probe import ProbeError
from webha.run.inventory import Node

VIP = "10.0.0.250"
NODES = (("nodoha", "10.0.0.133"), ("nodoha2", "10.0.0.134"), ("nodoha3", "10.0.0.135"))
WANTED = Wanted("hacloud", VIP, NODES)
PAIR = {"ip_address": f"{VIP}/32"}
NETWORKS = (Network("net-red", "red", False), Network("net-out", "externa", True))
SUBNETS = (Subnet("sub-red", "net-red", "10.0.0.0/24"), Subnet("sub-out", "net-out", "172.22.0.0/16"))
TWINS = (Network("net-twin", "twin", False), Subnet("sub-twin", "net-twin", "10.0.0.0/24"))


def instance(name, address, network="red", **changes):
    at = ((f"sub-{network}", address),)
    of = f"port-{name}" if network == "red" else f"{network}-{name}"
    port = Port(of, name, f"net-{network}", at, "compute:nova", f"machine-{name}", groups=("default",), revision=4)
    return replace(port, **changes)


def nodes(network="red", **changes):
    return tuple(instance(name, address, network, **changes) for name, address in NODES)


def foreign(address=VIP, **changes):
    return replace(Port("port-vip", "reserved", "net-red", (("sub-red", address),), revision=2), **changes)


def ours(address=VIP, **changes):
    made = {"name": "vip-hacloud", "description": WANTED.description, "tags": frozenset({WANTED.tag})}
    return foreign(address, **made | changes)


def tenant(*others, ports=None, **changes):
    return Cloud(**{"networks": NETWORKS, "subnets": SUBNETS, "ports": (*(ports or nodes()), *others)} | changes)


def asked(requests):
    return [(one.verb, one.path) for one in requests]


def refusal(decide, *arguments):
    with pytest.raises(ValueError, match=r"\w") as caught:
        decide(*arguments)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def said(cloud, **damage):
    """Return it as webha.cloud.neutron prints it, with some of it damaged."""
    lists = {key: value for key, value in cloud.to_json().items() if key != "problem"}
    return json.dumps({key: value for key, value in (lists | damage).items() if value != "left out"})


def test_what_openstack_said_is_read_whole():
    floating = FloatingIp("f", "172.22.206.1", "port-vip", VIP, frozenset({"mine"}))
    rules = frozenset({Rule("tcp", 80, 80, None), Rule("udp", 5405, 5405, "g")})
    whole = tenant(
        ours(pairs=({"ip_address": "10.9.0.0/16"},)),
        floating=(floating,),
        groups=(Group("g", "web", "d", frozenset({"t"}), frozenset()), Group("h", "db", "", frozenset(), rules)),
    )
    assert parse(said(whole)) == whole


def test_a_problem_is_read_without_anything_else():
    assert parse('{"problem": "cloud x is not reached"}') == Cloud(problem="cloud x is not reached")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Traceback (most recent call last):",
        "null",
        "[]",
        '"x"',
        said(tenant())[:-5],
        "{}",
        *(said(tenant(), **{key: "left out"}) for key in ("networks", "subnets", "ports", "floating", "groups")),
        said(tenant(), ports=None),
        said(tenant(), networks=[{"id": "a"}]),
        said(tenant(), networks=[{"id": "a", "name": "b", "external": True, "more": 1}]),
        said(tenant(), floating=[{"id": "f", "address": "192.0.2.1"}]),
        said(tenant()).replace('["sub-red", "10.0.0.133"]', '["10.0.0.133"]'),
        said(tenant()).replace('"tags": []', '"tags": 5', 1),
    ],
)
def test_a_damaged_answer_is_an_error_and_no_empty_project(text):
    with pytest.raises(ProbeError, match="not in the expected form"):
        parse(text)


def test_group_data_is_what_is_asked_for():
    names = ("network", "external_network", "security_group")
    data = SimpleNamespace(cluster_name="c", vip="10.1.0.9", floating_ip="192.0.2.1", floating_ip_takeover=True)
    vars(data).update({f"openstack_{name}": name for name in names}, corosync_port=5410, https="files")
    asks = wanted(data, [Node("a", "10.1.0.1", "a.example.org")])
    assert asks == Wanted("c", "10.1.0.9", (("a", "10.1.0.1"),), "192.0.2.1", True, *names, 5410, "files")
    assert asks.addresses == ("10.1.0.9", "10.1.0.1")
    assert len({asks.tag, asks.pair_tag, asks.associated_tag}) == 3
    data.floating_ip = ""
    assert wanted(data, []).floating_ip is None


def test_the_network_is_the_one_that_holds_the_nodes_addresses():
    where = place(tenant(instance("other", "10.0.0.133", "twin")), WANTED)
    assert (where.network, where.subnet) == ("net-red", "sub-red")
    assert {name: port.id for name, port in where.nodes.items()} == {name: f"port-{name}" for name, _ in NODES}


def twins(**changes):
    """Two networks with the same addresses in them."""
    return tenant(*nodes("twin"), networks=(*NETWORKS, TWINS[0]), subnets=(*SUBNETS, TWINS[1]), **changes)


@pytest.mark.parametrize("network", ["twin", "net-twin"])
def test_of_two_networks_the_named_one_is_taken(network):
    where = place(twins(), replace(WANTED, network=network))
    assert where.network == "net-twin"
    assert {port.network for port in where.nodes.values()} == {"net-twin"}


def test_two_networks_with_the_addresses_are_listed_and_none_is_chosen():
    sentence = refusal(place, twins(), WANTED)
    assert "red (net-red), twin (net-twin)" in sentence
    assert "externa" not in sentence
    assert "Set openstack_network" in sentence


def test_a_name_that_two_networks_have_is_no_choice():
    cloud = replace(twins(), networks=(NETWORKS[0], Network("net-twin", "red", False)))
    assert "red (net-red), red (net-twin)" in refusal(place, cloud, replace(WANTED, network="red"))
    assert place(cloud, replace(WANTED, network="net-red")).network == "net-red"


def test_an_unknown_network_is_named_with_those_that_are_there():
    sentence = refusal(place, tenant(), replace(WANTED, network="blue"))
    assert "openstack_network 'blue'" in sentence
    assert "externa, red" in sentence


@pytest.mark.parametrize(
    ("ports", "named", "silent"),
    [
        (nodes()[:2], ["nodoha3 (10.0.0.135)"], ["10.0.0.133", "10.0.0.134"]),
        ((foreign(),), [f"{name} ({address})" for name, address in NODES], []),
    ],
)
def test_nodes_without_a_port_are_named(ports, named, silent):
    sentence = refusal(place, tenant(ports=ports), WANTED)
    assert all(word in sentence for word in [*named, "openstack_cloud"])
    assert not any(word in sentence for word in silent)


def test_nodes_in_different_networks_share_none():
    cloud = tenant(*nodes("twin")[2:], ports=nodes()[:2], networks=(*NETWORKS, TWINS[0]), subnets=(*SUBNETS, TWINS[1]))
    assert "the nodes must share one network" in refusal(place, cloud, WANTED)


@pytest.mark.parametrize("vip", ["10.0.1.250", "172.22.0.9"])
def test_a_vip_outside_the_nodes_subnets_is_refused(vip):
    sentence = refusal(place, tenant(), replace(WANTED, vip=vip))
    assert f"subnet that contains the vip {vip}" in sentence


def test_the_vips_subnet_is_taken_where_the_network_has_several():
    both = (Subnet("sub-first", "net-red", "10.1.0.0/24"), Subnet("sub-6", "net-red", "2001:db8::/64"), *SUBNETS)
    assert place(tenant(subnets=both), WANTED).subnet == "sub-red"


@pytest.mark.parametrize("decide", [place, vip_port, port_requests, pair_requests])
def test_where_openstack_did_not_answer_its_problem_is_the_refusal(decide):
    assert refusal(decide, Cloud(problem="cloud x is not reached"), WANTED) == "cloud x is not reached"


def test_a_port_with_exactly_the_vip_is_made_and_tagged():
    (made,) = port_requests(tenant(), WANTED)
    assert asked([made]) == [("POST", "/ports")]
    assert made.body == {
        "port": {
            "network_id": "net-red",
            "fixed_ips": [{"subnet_id": "sub-red", "ip_address": VIP}],
            "name": "vip-hacloud",
            "description": WANTED.description,
        }
    }
    assert asked(made.then) == [("PUT", "/ports/{id}/tags/webha-hacloud")]


def test_the_vips_address_in_another_network_is_not_the_vip():
    assert asked(port_requests(tenant(foreign(network="net-twin", owner="compute:nova")), WANTED)) == [
        ("POST", "/ports")
    ]


@pytest.mark.parametrize(
    "port", [foreign(), foreign(name="", description="kept for later", tags=frozenset({"x", "webha-other"})), ours()]
)
def test_a_port_that_holds_the_vip_unbound_is_left_as_it_is(port):
    assert port_requests(tenant(port), WANTED) == []
    assert vip_port(tenant(port), WANTED) == port


@pytest.mark.parametrize("port", [foreign, ours])
@pytest.mark.parametrize(
    ("use", "named"),
    [
        ({"owner": "compute:nova", "device": "machine-9"}, "compute:nova machine-9"),
        ({"owner": "network:dhcp"}, "network:dhcp"),
        ({"device": "machine-9"}, "an instance machine-9"),
    ],
)
def test_a_vip_that_something_else_uses_is_refused(port, use, named):
    sentence = refusal(port_requests, tenant(port(**use, name="web-7")), WANTED)
    assert named in sentence
    assert "web-7" in sentence
    assert "choose another vip" in sentence


def test_a_nodes_own_address_is_no_vip():
    assert "machine-nodoha2" in refusal(port_requests, tenant(), replace(WANTED, vip="10.0.0.134"))


@pytest.mark.parametrize("port", [foreign, ours])
def test_a_port_with_more_than_the_vip_is_refused_with_what_it_holds(port):
    port = port(addresses=(("sub-red", "10.0.0.7"), ("sub-red", VIP)))
    assert f"holds 10.0.0.7 besides the vip {VIP}" in refusal(port_requests, tenant(port), WANTED)


@pytest.mark.parametrize(
    ("changes", "repaired"),
    [
        ({"name": "mine"}, {"name": "vip-hacloud"}),
        ({"description": ""}, {"description": WANTED.description}),
        ({"name": "", "description": "x"}, {"name": "vip-hacloud", "description": WANTED.description}),
    ],
)
def test_what_somebody_changed_on_our_port_is_set_again(changes, repaired):
    (request,) = port_requests(tenant(ours(**changes)), WANTED)
    assert asked([request]) == [("PUT", "/ports/port-vip")]
    assert request.body == {"port": repaired}
    assert request.revision == 2


def test_our_port_is_known_by_its_description_and_tagged_where_the_tag_is_missing():
    tagged = ("PUT", "/ports/port-vip/tags/webha-hacloud")
    assert asked(port_requests(tenant(ours(tags=frozenset({"x"}))), WANTED)) == [tagged]
    renamed = tenant(ours(tags=frozenset(), name="mine"))
    assert asked(port_requests(renamed, WANTED)) == [("PUT", "/ports/port-vip"), tagged]


def pairs(*addresses):
    return tuple({"ip_address": address, "mac_address": "02:00:0a:00:00:01"} for address in addresses)


def test_every_node_without_the_pair_gets_it_and_its_port_our_tag():
    first, second, third = nodes()
    requests = pair_requests(tenant(ports=(third, replace(second, pairs=pairs(VIP)), first)), WANTED)
    assert asked(requests) == [("PUT", "/ports/port-nodoha"), ("PUT", "/ports/port-nodoha3")]
    for one in requests:
        assert one.body == {"port": {"allowed_address_pairs": [PAIR]}}
        assert one.revision == 4
        assert asked(one.then) == [("PUT", f"{one.path}/tags/webha-hacloud-pair-{VIP}")]


@pytest.mark.parametrize("has", [(VIP,), (f"{VIP}/32",), ("10.9.0.0/16", f"{VIP}/32"), (VIP, "10.9.0.0/16")])
def test_an_address_and_its_own_range_both_allow_the_vip(has):
    assert pair_requests(tenant(ports=nodes(pairs=pairs(*has))), WANTED) == []


@pytest.mark.parametrize("has", [("10.0.0.0/24",), ("0.0.0.0/0",), ("10.0.0.25",), ("10.0.0.251/32", "10.9.0.1")])
def test_no_larger_range_and_no_other_address_does_and_what_is_there_stays(has):
    for one in pair_requests(tenant(ports=nodes(pairs=pairs(*has))), WANTED):
        assert one.body["port"]["allowed_address_pairs"] == [*pairs(*has), PAIR]
    assert len(pair_requests(tenant(ports=nodes(pairs=pairs(*has))), WANTED)) == 3


def test_a_port_without_port_security_needs_no_pair():
    first, second, third = nodes()
    cloud = tenant(ports=(first, replace(second, secured=False), third))
    assert asked(pair_requests(cloud, WANTED)) == [("PUT", "/ports/port-nodoha"), ("PUT", "/ports/port-nodoha3")]


def test_once_the_pairs_are_there_nothing_is_asked():
    before = nodes(pairs=pairs("10.9.0.0/16"))
    bodies = {one.path: one.body["port"] for one in pair_requests(tenant(ports=before), WANTED)}
    after = [replace(port, pairs=tuple(bodies[f"/ports/{port.id}"]["allowed_address_pairs"])) for port in before]
    assert pair_requests(tenant(ports=after), WANTED) == []


def test_a_pair_for_another_hardware_address_does_not_let_the_vip_through():
    assert not allows(replace(foreign(), mac="02:01", pairs=({"ip_address": VIP, "mac_address": "02:02"},)), VIP)
