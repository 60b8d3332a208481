from dataclasses import replace

import pytest

from webha.cloud.groups import attach_requests, group_requests, group_rules, our_group
from webha.cloud.removal import everything, leftovers
from webha.cloud.state import Cloud, Group, Rule
from webha.run import ports

from .test_cloud import VIP, WANTED, asked, foreign, instance, nodes, ours, refusal, tenant
from .test_cloud_floating import elsewhere, floating, former, on_vip

ASKS = replace(WANTED, security_group="web", corosync_port=5410)
RULES = frozenset(
    {
        Rule("tcp", 80, 80, None),
        *(Rule("tcp", port, port, "sg") for port in (4444, 4567, 4568, 24007)),
        Rule("tcp", 49152, 60999, "sg"),
        Rule("udp", 4567, 4567, "sg"),
        Rule("udp", 5410, 5410, "sg"),
    }
)
OF_AN_ADMIN = frozenset({Rule("tcp", 22, 22, None), Rule("icmp", None, None, None), Rule(None, None, None, "sg")})
TAGGED = ("PUT", "/security-groups/sg/tags/webha-hacloud")
PAIR_TAG = f"webha-hacloud-pair-{VIP}"
FORMER = "10.0.0.249"
FORMER_TAG = f"webha-hacloud-pair-{FORMER}"


def group(**changes):
    return replace(Group("sg", "web", "webha-hacloud", frozenset({"webha-hacloud"}), RULES), **changes)


def with_groups(*groups, **changes):
    return tenant(groups=groups, **changes)


def opened(requests):
    bodies = [one.body["security_group_rule"] for one in requests if one.path == "/security-group-rules"]
    assert all(body["direction"] == "ingress" and body["ethertype"] == "IPv4" for body in bodies)
    return {
        Rule(body["protocol"], body["port_range_min"], body["port_range_max"], body.get("remote_group_id"))
        for body in bodies
    }


def test_the_rules_are_the_web_from_anywhere_and_the_rest_among_the_members():
    assert group_rules(ASKS, "sg") == RULES
    assert group_rules(replace(ASKS, https="self-signed"), "sg") == RULES | {Rule("tcp", 443, 443, None)}


def test_nobodys_port_is_never_opened():
    closed = [port for port in ports.table(5410) if port.source == "database_sources"]
    assert closed
    assert not [rule for rule in group_rules(ASKS, "sg") for port in closed if rule.first <= port.first <= rule.last]


def test_a_group_is_made_tagged_and_then_given_its_rules():
    (made,) = group_requests(with_groups(group(id="x", name="other")), ASKS)
    assert asked([made]) == [("POST", "/security-groups")]
    assert made.body == {"security_group": {"name": "web", "description": "webha-hacloud"}}
    assert asked(made.then[:1]) == [("PUT", "/security-groups/{id}/tags/webha-hacloud")]
    assert {one.body["security_group_rule"]["security_group_id"] for one in made.then[1:]} == {"{id}"}
    assert opened(made.then) == {replace(rule, group=rule.group and "{id}") for rule in RULES}


@pytest.mark.parametrize("extra", [frozenset(), OF_AN_ADMIN])
def test_a_group_with_its_rules_is_left_as_it_is_and_so_are_an_admins(extra):
    assert group_requests(with_groups(group(rules=RULES | extra)), ASKS) == []


@pytest.mark.parametrize("missing", sorted(RULES, key=repr))
def test_only_the_missing_rule_is_added(missing):
    requests = group_requests(with_groups(group(rules=RULES - {missing} | OF_AN_ADMIN)), ASKS)
    assert opened(requests) == {missing}
    assert len(requests) == 1
    assert requests[0].body["security_group_rule"]["security_group_id"] == "sg"


@pytest.mark.parametrize("near", [Rule("tcp", 80, 80, "sg"), Rule("udp", 80, 80, None), Rule("tcp", 80, 81, None)])
def test_a_rule_that_is_nearly_it_is_not_it(near):
    cloud = with_groups(group(rules=RULES - {Rule("tcp", 80, 80, None)} | {near}))
    assert opened(group_requests(cloud, ASKS)) == {Rule("tcp", 80, 80, None)}


@pytest.mark.parametrize("change", [{"tags": frozenset()}, {"description": "mine"}])
def test_our_group_is_known_by_its_tag_or_its_description(change):
    assert our_group(with_groups(group(**change)), ASKS) == group(**change)


def test_the_tag_that_is_missing_is_put_on():
    assert asked(group_requests(with_groups(group(tags=frozenset({"x"}))), ASKS)) == [TAGGED]


@pytest.mark.parametrize("decide", [group_requests, attach_requests])
def test_somebody_elses_group_of_that_name_is_refused(decide):
    theirs = group(description="the shop's", tags=frozenset({"webha-other"}))
    sentence = refusal(decide, with_groups(theirs), ASKS)
    assert "'web' is there and not ours" in sentence
    assert "Choose another openstack_security_group" in sentence


@pytest.mark.parametrize("decide", [group_requests, attach_requests])
def test_two_groups_of_that_name_are_refused(decide):
    assert "2 security groups are named 'web'" in refusal(decide, with_groups(group(), group(id="sg2")), ASKS)


@pytest.mark.parametrize("decide", [group_requests, attach_requests])
def test_where_no_group_is_asked_for_none_is_touched(decide):
    assert decide(with_groups(group(rules=frozenset())), WANTED) == []


def test_the_group_is_attached_beside_those_that_are_there():
    first, second, third = nodes(groups=("default", "ssh"))
    cloud = with_groups(group(), ports=(third, replace(second, groups=("sg", "default")), first))
    requests = attach_requests(cloud, ASKS)
    assert asked(requests) == [("PUT", "/ports/port-nodoha"), ("PUT", "/ports/port-nodoha3")]
    for one in requests:
        assert one.body == {"port": {"security_groups": ["default", "ssh", "sg"]}}
        assert one.revision == 4


@pytest.mark.parametrize("change", [{"groups": ("sg",)}, {"groups": ("default", "sg")}, {"secured": False}])
def test_a_port_that_has_the_group_or_no_port_security_is_left_as_it_is(change):
    assert attach_requests(with_groups(group(), ports=nodes(**change)), ASKS) == []


def test_a_group_that_is_not_there_yet_cannot_be_attached():
    assert "'web' is not there yet" in refusal(attach_requests, with_groups(), ASKS)


@pytest.mark.parametrize(
    "decide",
    [
        group_requests,
        attach_requests,
        everything,
        leftovers,
    ],
)
def test_where_openstack_did_not_answer_its_problem_is_the_refusal(decide):
    assert refusal(decide, Cloud(problem="cloud x is not reached"), ASKS) == "cloud x is not reached"


def pairs(*addresses):
    return tuple({"ip_address": address} for address in addresses)


# Everything somebody else may have: none of it bears a tag or a description of ours.
THEIRS = {
    "ports": (
        *nodes(groups=("default", "web"), pairs=pairs(VIP, "10.9.0.0/16"), tags=frozenset({"prod", "webha-other"})),
        foreign(tags=frozenset({f"webha-other-pair-{VIP}"})),
        instance("db", "10.0.0.7", tags=frozenset({"webha-hacloud2", f"webha-hacloud2-pair-{VIP}"})),
    ),
    "floating": (on_vip(), elsewhere("172.22.206.2", tags={"webha-other", "webha-hacloud2-associated"})),
    "groups": (group(tags=frozenset({"webha-hacloud2"}), description="webha-hacloud2"),),
}


@pytest.mark.parametrize("decide", [everything, leftovers])
@pytest.mark.parametrize("cloud", [Cloud(), tenant(), tenant(**THEIRS)])
def test_where_nothing_is_ours_nothing_is_taken_away(decide, cloud):
    assert decide(cloud, ASKS) == []


def test_an_address_that_we_allocated_is_given_back():
    cloud = tenant(foreign(), floating=(on_vip(tags={WANTED.tag}), floating("172.22.206.2", tags={WANTED.tag})))
    assert asked(everything(cloud, WANTED)) == [
        ("DELETE", "/floatingips/id-172.22.206.1"),
        ("DELETE", "/floatingips/id-172.22.206.2"),
    ]


def test_an_address_that_we_associated_is_released_and_stays_the_projects():
    release, untag = everything(tenant(foreign(), floating=(on_vip(tags={"prod", WANTED.associated_tag}),)), WANTED)
    assert asked([release]) == [("PUT", "/floatingips/id-172.22.206.1")]
    assert release.body == {"floatingip": {"port_id": None}}
    assert asked([untag]) == [("DELETE", "/floatingips/id-172.22.206.1/tags/webha-hacloud-associated")]


@pytest.mark.parametrize("where", [elsewhere, floating])
def test_an_address_that_somebody_moved_since_stays_there_and_loses_our_tag(where):
    cloud = tenant(floating=(where(tags={WANTED.associated_tag}),))
    assert asked(everything(cloud, WANTED)) == [
        ("DELETE", "/floatingips/id-172.22.206.1/tags/webha-hacloud-associated")
    ]


def test_an_address_that_we_allocated_and_somebody_uses_by_now_is_theirs_and_loses_our_tag():
    cloud = tenant(instance("db", "10.0.0.7"), floating=(elsewhere(tags={WANTED.tag}),))
    assert asked(everything(cloud, WANTED)) == [("DELETE", "/floatingips/id-172.22.206.1/tags/webha-hacloud")]


@pytest.mark.parametrize("changes", [{}, {"tags": frozenset()}, {"description": "mine", "name": "mine"}])
def test_our_port_is_removed_by_its_tag_or_its_description(changes):
    assert asked(everything(tenant(ours(**changes), former()), WANTED)) == [
        ("DELETE", "/ports/port-vip"),
        ("DELETE", "/ports/port-former"),
    ]


@pytest.mark.parametrize("decide", [everything, leftovers])
def test_a_port_of_ours_that_a_machine_uses_now_is_not_removed(decide):
    used = former(owner="compute:nova", device="machine-9")
    assert ("DELETE", "/ports/port-former") not in asked(decide(tenant(ours(), used), WANTED))


def paired(*has, words=(PAIR_TAG,)):
    first, *others = nodes()
    return tenant(ports=(replace(first, pairs=pairs(*has), tags=frozenset({"prod", *words})), *others))


@pytest.mark.parametrize("form", [VIP, f"{VIP}/32"])
def test_our_pair_is_taken_off_and_others_stay(form):
    (request,) = everything(paired("10.9.0.0/16", form, "10.0.0.25", words=(PAIR_TAG, "webha-other")), WANTED)
    assert asked([request]) == [("PUT", "/ports/port-nodoha")]
    assert request.body == {"port": {"allowed_address_pairs": [*pairs("10.9.0.0/16", "10.0.0.25")]}}
    assert request.revision == 4
    assert asked(request.then) == [("DELETE", f"/ports/port-nodoha/tags/{PAIR_TAG}")]


def test_the_pairs_of_all_our_vips_are_taken_off_at_once():
    (request,) = everything(paired(FORMER, VIP, "10.9.0.1", words=(PAIR_TAG, FORMER_TAG)), WANTED)
    assert request.body == {"port": {"allowed_address_pairs": [*pairs("10.9.0.1")]}}
    assert {path for _, path in asked(request.then)} == {
        f"/ports/port-nodoha/tags/{tag}" for tag in (PAIR_TAG, FORMER_TAG)
    }


def test_where_somebody_took_the_pair_off_our_tag_follows():
    assert asked(everything(paired("10.9.0.1"), WANTED)) == [("DELETE", f"/ports/port-nodoha/tags/{PAIR_TAG}")]


@pytest.mark.parametrize("mark", [{"tags": frozenset()}, {"description": ""}])
def test_our_group_is_detached_from_every_port_and_removed(mark):
    first, second, third = nodes(groups=("default", "sg", "ssh"))
    cloud = with_groups(
        group(**mark), group(id="x", name="shop", tags=frozenset(), description=""), ports=(first, second, third)
    )
    *detached, removed = everything(replace(cloud, ports=(*cloud.ports, foreign(groups=("x",)))), WANTED)
    assert asked(detached) == [("PUT", f"/ports/{port.id}") for port in (first, second, third)]
    assert all(one.body == {"port": {"security_groups": ["default", "ssh"]}} for one in detached)
    assert asked([removed]) == [("DELETE", "/security-groups/sg")]


def test_a_former_vips_port_and_pairs_are_left_over_and_the_present_ones_are_not():
    first, *others = paired(VIP, FORMER, "10.9.0.1", words=(PAIR_TAG, FORMER_TAG)).ports
    cloud = tenant(ours(), former(), ports=(first, *others), floating=(on_vip(tags={WANTED.tag}),), groups=(group(),))
    pair, port = leftovers(cloud, WANTED)
    assert pair.body == {"port": {"allowed_address_pairs": [*pairs(VIP, "10.9.0.1")]}}
    assert asked(pair.then) == [("DELETE", f"/ports/port-nodoha/tags/{FORMER_TAG}")]
    assert asked([port]) == [("DELETE", "/ports/port-former")]


def test_a_former_vips_adopted_port_is_left_as_it_is():
    assert leftovers(tenant(ours(), foreign(FORMER, id="port-former")), WANTED) == []
