from dataclasses import replace

import pytest

from webha.cloud.floating import requests
from webha.cloud.state import Cloud, FloatingIp, Network

from .test_cloud import NETWORKS, VIP, WANTED, asked, foreign, instance, ours, refusal, tenant

ADDRESS = "172.22.206.1"
OTHER = "172.22.206.2"
NAMED = replace(WANTED, floating_ip=ADDRESS)
FORMER = "10.0.0.249"
OURS = frozenset({WANTED.tag})
DB = instance("db", "10.0.0.7")
RELEASED = {"floatingip": {"port_id": None}}
ASSOCIATED = {"floatingip": {"port_id": "port-vip", "fixed_ip_address": VIP}}


def floating(address=ADDRESS, port="", fixed="", tags=()):
    return FloatingIp(f"id-{address}", address, port, fixed, frozenset(tags))


def on_vip(address=ADDRESS, **changes):
    return floating(address, "port-vip", VIP, **changes)


def elsewhere(address=ADDRESS, **changes):
    return floating(address, "port-db", "10.0.0.7", **changes)


def project(*ips, port=None, others=(), networks=NETWORKS):
    return tenant(port or ours(), *others, floating=ips, networks=networks)


def test_the_named_address_is_associated_with_the_vip_and_tagged():
    (request,) = requests(project(floating(OTHER), floating()), NAMED)
    assert asked([request]) == [("PUT", f"/floatingips/id-{ADDRESS}")]
    assert request.body == ASSOCIATED
    assert asked(request.then) == [("PUT", f"/floatingips/id-{ADDRESS}/tags/webha-hacloud-associated")]


@pytest.mark.parametrize("port", [ours(), foreign()])
@pytest.mark.parametrize("asks", [NAMED, WANTED, replace(NAMED, takeover=True)])
def test_an_associated_address_is_left_as_it_is(port, asks):
    assert requests(project(floating(OTHER, tags=OURS), on_vip(), port=port), asks) == []


@pytest.mark.parametrize(
    ("others", "named"),
    [((DB,), "db"), ((replace(DB, name=""),), "port-db"), ((), "port-db")],
)
def test_an_address_in_use_is_not_taken_and_its_holder_is_named(others, named):
    sentence = refusal(requests, project(elsewhere(), others=others), NAMED)
    assert ADDRESS in sentence
    assert f"10.0.0.7 (port {named})" in sentence
    assert "floating_ip_takeover = True" in sentence


@pytest.mark.parametrize("others", [(DB,), ()])
def test_an_address_in_use_is_taken_where_the_data_says_so(others):
    (request,) = requests(project(elsewhere(), others=others), replace(NAMED, takeover=True))
    assert request.path == f"/floatingips/id-{ADDRESS}"
    assert request.body == ASSOCIATED


def former(**changes):
    return ours(FORMER, id="port-former", **changes)


@pytest.mark.parametrize("tags", [(), OURS, {WANTED.associated_tag}])
@pytest.mark.parametrize("port", [former(), former(tags=frozenset())])
def test_an_address_moves_from_our_former_vip_without_a_takeover(tags, port):
    cloud = project(floating(port="port-former", fixed=FORMER, tags=tags), others=(port,))
    (request,) = requests(cloud, NAMED)
    assert asked([request]) == [("PUT", f"/floatingips/id-{ADDRESS}")]
    assert request.body == ASSOCIATED


def test_another_clusters_vip_is_no_former_one_of_ours():
    another = former(name="vip-other", description="Virtual IP of the cluster other", tags=frozenset({"webha-other"}))
    cloud = project(floating(port="port-former", fixed=FORMER), others=(another,))
    assert "vip-other" in refusal(requests, cloud, NAMED)


def test_an_allocated_address_moves_from_our_former_vip_too():
    cloud = project(floating(port="port-former", fixed=FORMER, tags=OURS), others=(former(),))
    assert asked(requests(cloud, WANTED)) == [("PUT", f"/floatingips/id-{ADDRESS}")]


ALLOCATED = {
    "floating_network_id": "net-out",
    "port_id": "port-vip",
    "fixed_ip_address": VIP,
    "description": WANTED.description,
}


@pytest.mark.parametrize(
    ("asks", "wants"),
    [(WANTED, ALLOCATED), (NAMED, ALLOCATED | {"floating_ip_address": ADDRESS})],
    ids=["any", "named"],
)
@pytest.mark.parametrize("there", [(), (elsewhere(OTHER, tags=OURS),), (floating(OTHER),)])
def test_an_address_is_allocated_on_the_vip_where_the_project_has_none_for_it(asks, wants, there):
    (request,) = requests(project(*there), asks)
    assert asked([request]) == [("POST", "/floatingips")]
    assert request.body == {"floatingip": wants}
    assert asked(request.then) == [("PUT", "/floatingips/{id}/tags/webha-hacloud")]


@pytest.mark.parametrize("asks", [WANTED, NAMED])
def test_without_an_external_network_nothing_is_allocated(asks):
    sentence = refusal(requests, project(networks=NETWORKS[:1]), asks)
    assert "there is no external network (the project sees: none)" in sentence


SEVERAL = (*NETWORKS, Network("net-far", "far", True))


def test_several_external_networks_are_listed_and_none_is_chosen():
    sentence = refusal(requests, project(networks=SEVERAL), WANTED)
    assert "externa, far" in sentence
    assert "red" not in sentence
    assert "Set openstack_external_network" in sentence


@pytest.mark.parametrize("name", ["far", "net-far"])
def test_of_several_external_networks_the_named_one_is_taken(name):
    (request,) = requests(project(networks=SEVERAL), replace(WANTED, external_network=name))
    assert request.body["floatingip"]["floating_network_id"] == "net-far"


@pytest.mark.parametrize("name", ["blue", "red", "net-red"])
def test_a_network_that_is_not_external_is_none_to_allocate_from(name):
    sentence = refusal(requests, project(networks=SEVERAL), replace(WANTED, external_network=name))
    assert f"'{name}' is not there (the project sees: externa, far)" in sentence


def test_a_left_over_address_of_ours_is_used_before_another_is_allocated():
    cloud = project(floating("172.22.206.9"), floating(OTHER, tags=OURS), networks=NETWORKS[:1])
    (request,) = requests(cloud, WANTED)
    assert asked([request]) == [("PUT", f"/floatingips/id-{OTHER}")]
    assert request.body == ASSOCIATED


@pytest.mark.parametrize("there", [(floating(),), (floating(), floating(OTHER, tags=OURS)), ()])
def test_our_vips_former_address_is_released_before_it_gets_another(there):
    release, last = requests(project(on_vip("172.22.206.9"), *there), NAMED)
    assert asked([release]) == [("PUT", "/floatingips/id-172.22.206.9")]
    assert release.body == RELEASED
    assert last.verb == ("PUT" if there else "POST")


def test_nothing_is_released_where_the_wanted_address_is_refused():
    assert "floating_ip_takeover" in refusal(requests, project(on_vip(OTHER), elsewhere()), NAMED)
    assert "no external network" in refusal(requests, project(on_vip(OTHER), networks=NETWORKS[:1]), NAMED)


@pytest.mark.parametrize("there", [(floating(),), ()])
def test_the_address_of_an_adopted_port_is_not_released(there):
    sentence = refusal(requests, project(on_vip(OTHER), *there, port=foreign()), NAMED)
    assert "port reserved" in sentence
    assert f"has the floating IP {OTHER}" in sentence
    assert "floating_ip_takeover = True" in sentence


def test_the_address_of_an_adopted_port_is_replaced_where_the_data_says_so():
    cloud = project(on_vip(OTHER), floating(), port=foreign())
    release, associate = requests(cloud, replace(NAMED, takeover=True))
    assert (release.path, release.body) == (f"/floatingips/id-{OTHER}", RELEASED)
    assert (associate.path, associate.body) == (f"/floatingips/id-{ADDRESS}", ASSOCIATED)


@pytest.mark.parametrize("tags", [OURS, {WANTED.associated_tag}])
def test_an_address_that_we_put_on_an_adopted_port_is_ours_to_replace(tags):
    cloud = project(on_vip(OTHER, tags=tags), floating(), port=foreign())
    assert [one.path for one in requests(cloud, NAMED)] == [f"/floatingips/id-{OTHER}", f"/floatingips/id-{ADDRESS}"]


@pytest.mark.parametrize("asks", [WANTED, NAMED])
def test_without_the_vips_port_there_is_nothing_to_associate_with(asks):
    assert f"no port holds the vip {VIP} yet" in refusal(requests, tenant(floating=(floating(),)), asks)


def test_where_openstack_did_not_answer_its_problem_is_the_refusal():
    assert refusal(requests, Cloud(problem="cloud x is not reached"), NAMED) == "cloud x is not reached"
