import pytest

from webha.run.inventory import Node, problems

THREE = (
    Node("nodoha", "10.0.0.133", "nodoha.example.org"),
    Node("nodoha2", "10.0.0.134", "nodoha2.example.org"),
    Node("nodoha3", "10.0.0.135", "nodoha3.example.org"),
)
VIP = "10.0.0.250"


def moved(address, index=1):
    return tuple(Node(n.name, address if i == index else n.address, n.fqdn) for i, n in enumerate(THREE))


def test_the_documents_inventory_has_no_problems():
    assert problems(THREE, VIP, 24) == []


def test_five_nodes_are_as_good_as_three():
    more = tuple(Node(f"more{i}", f"10.0.0.{i}", f"more{i}.example.org") for i in (1, 2))
    assert problems((*THREE, *more), VIP, 24) == []


@pytest.mark.parametrize("count", [0, 1, 2])
def test_fewer_than_three_nodes_are_too_few(count):
    (found,) = problems(THREE[:count], VIP, 24)
    assert found.startswith(f"{count} node(s)")
    assert "inventory.py" in found


def test_two_nodes_with_one_address_are_both_named():
    (found,) = problems(moved("10.0.0.133"), VIP, 24)
    assert "nodoha and nodoha2" in found
    assert "10.0.0.133" in found


@pytest.mark.parametrize("address", ["", "nodoha2", "10.0.0.300", "fe80::1", "10.0.0.134/24", "10.0.0"])
def test_an_address_that_is_not_ipv4_is_named_with_its_node(address):
    assert problems(moved(address), VIP, 24) == [f"nodoha2: {address!r} is not an IPv4 address"]


@pytest.mark.parametrize("vip", ["", "None", "::1", "10.0.0.256"])
def test_a_vip_that_is_not_ipv4_is_refused(vip):
    assert problems(THREE, vip, 24) == [f"vip {vip!r} is not an IPv4 address"]


def test_a_node_outside_the_first_ones_subnet_is_named():
    (found,) = problems(moved("10.0.1.134"), VIP, 24)
    assert found.startswith("nodoha2: address 10.0.1.134 is outside 10.0.0.0/24")


def test_a_wider_netmask_takes_the_same_node_in():
    assert problems(moved("10.0.1.134"), VIP, 16) == []


def test_the_vip_must_not_be_a_nodes_address():
    (found,) = problems(THREE, "10.0.0.135", 24)
    assert found.startswith("nodoha3: its address 10.0.0.135 is the vip")


@pytest.mark.parametrize("vip", ["10.0.1.250", "192.168.0.1"])
def test_the_vip_must_be_in_the_nodes_subnet(vip):
    (found,) = problems(THREE, vip, 24)
    assert vip in found
    assert "outside" in found


@pytest.mark.parametrize("vip", ["10.0.0.0", "10.0.0.255"])
def test_the_vip_must_be_a_host_address(vip):
    (found,) = problems(THREE, vip, 24)
    assert "network or broadcast address" in found


def test_every_problem_is_listed_at_once():
    assert len(problems(moved("nowhere")[:2], "nothing", 24)) == 3


@pytest.mark.parametrize("name", ["web;2", "web 2", "-a", "", "a" * 64, "a\nb", "$(id)", "año"])
def test_a_name_that_could_mean_something_else_in_a_shell_or_a_file_is_refused(name):
    nodes = (THREE[0], Node(name, "10.0.0.134", "x.example.org"), THREE[2])
    (found,) = problems(nodes, VIP, 24)
    assert found.startswith(f"{name!r}: a node's name stands in shell and in configuration files")


@pytest.mark.parametrize("name", ["a", "web-2", "n0", "a" * 63, "Web_1", "1st", "nodoha2.example.org", "10.0.0.134"])
def test_any_other_name_is_taken(name):
    assert problems((THREE[0], Node(name, "10.0.0.134", "x.example.org"), THREE[2]), VIP, 24) == []
