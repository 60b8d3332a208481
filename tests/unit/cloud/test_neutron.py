import io
import json
from dataclasses import replace

import pytest
from keystoneauth1 import exceptions as auth
from keystoneauth1.loading import Opt
from openstack import exceptions as sdk
from requests import Response
from requests import exceptions as http

from webha.cloud import Request, neutron
from webha.cloud.removal import everything
from webha.cloud.state import Cloud, FloatingIp, Group, Network, Port, Rule, Subnet, parse

from .test_cloud import NODES, VIP, WANTED

QUOTA = {"type": "OverQuota", "message": "Quota exceeded for resources: ['port'].", "detail": ""}


def answer(status, body=None, text="", kind="application/json"):
    done = Response()
    done.status_code, done.reason, done.headers["content-type"] = status, "Reason", kind
    done._content = (text if body is None else json.dumps(body)).encode()
    return done


def refused(status, kind="X", message="No.", **more):
    return answer(status, {"NeutronError": {"type": kind, "message": message, "detail": ""} | more})


def raised(response):
    with pytest.raises(sdk.HttpException) as caught:
        sdk.raise_from_response(response)
    return caught.value


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (sdk.ConfigException("Cloud lab was not found."), ["is not in clouds.yaml", "add it, or set openstack_cloud"]),
        (auth.Unauthorized("The request you have made requires\nauthentication."), ["correct them in clouds.yaml"]),
        (auth.MissingRequiredOptions([Opt("auth-url")]), ["incomplete entry in clouds.yaml", "auth_url"]),
        (sdk.ConfigException("Problem with auth"), ["incomplete entry in clouds.yaml", "Problem with auth"]),
        (auth.ConnectTimeout("Request to x timed out"), ["within 20 s", "Request to x timed out", "run this again"]),
        (auth.RequestTimeout("Slow"), ["within 20 s", "Slow", "run this again"]),
        (auth.ConnectFailure("No way to x:\n refused"), ["not reached (No way to x: refused)", "run this again"]),
        (auth.EndpointNotFound("no network endpoint"), ["no network service in this region", "no network endpoint"]),
        pytest.param(
            sdk.ServiceDisabledException("network is disabled"),
            ["no network service in this region", "network is disabled"],
        ),
        (auth.ServiceUnavailable("Keystone is down"), ["in trouble itself", "Keystone is down", "when it is well"]),
        (auth.SSLError("certificate verify failed"), ["fails: certificate verify failed"]),
        (OSError(2, "No such file", "/etc/ca.pem"), ["fails", "No such file", "/etc/ca.pem"]),
        (sdk.SDKException(""), ["fails: SDKException"]),
        (http.JSONDecodeError("Expecting value", "x", 0), ["fails: Expecting value"]),
        (raised(answer(409, {"NeutronError": QUOTA})), [f"said: {QUOTA['message']} What to do: free one, or ask"]),
        (raised(refused(412, "RevisionNumberConstraintFailed", "Port\nchanged.")), ["Port changed.", "run this again"]),
        (raised(refused(403, "PolicyNotAuthorized")), ["No.", "ask its administrator to"]),
        (raised(refused(404, "ExternalGatewayForFloatingIPNotFound")), ["No.", "give the router", "a gateway"]),
        (raised(refused(409, "IpAddressAlreadyAllocated")), ["No.", "choose another vip"]),
        (raised(refused(409, "Unheard", "Of that.")), ["said: Of that. What to do: mend that, then run this again"]),
        (raised(refused(500, "OverQuota", "It\nfailed.")), ["in trouble itself (It failed.)", "when it is well"]),
        (raised(answer(503, text="<h1>Busy</h1>\n<p>x</p>", kind="text/html")), ["in trouble", "when it is well"]),
        (raised(answer(404, {"NeutronError": "gone"})), ["What to do: mend that"]),
        (raised(answer(400, text="Bad\nrequest")), ["What to do: mend that"]),
        (raised(answer(400, {"NeutronError": {"type": "X"}})), ["What to do: mend that"]),
        (sdk.HttpException("Never\nanswered"), ["said: Never answered What to do"]),
    ],
)
def test_every_error_is_one_sentence_with_what_was_said_and_what_to_do(error, words):
    sentence = neutron.explain(error, "lab")
    assert sentence.startswith("cloud 'lab' ")
    for word in words:
        assert word in sentence
    assert "\n" not in sentence
    assert "Traceback" not in sentence


@pytest.mark.parametrize("kind", neutron._REMEDIES)
def test_every_error_with_a_remedy_says_it(kind):
    assert neutron.explain(raised(refused(409, kind)), "lab").endswith(f"No. What to do: {neutron._REMEDIES[kind]}")


class Recorder:
    """A connection that answers in turn and remembers what it was asked."""

    def __init__(self, *answers):
        self.network, self.answers, self.asked = self, list(answers), []

    def request(self, path, verb, json=None, headers=None):
        self.asked.append((verb, path, json, headers))
        return self.answers.pop(0) if self.answers else answer(200, {})

    def get(self, path, params):
        self.asked.append((path, params))
        return self.answers.pop(0)


def apply(connection, *requests):
    neutron.apply(connection, json.loads(json.dumps([one.to_json() for one in requests])))


def put(name, **changes):
    return replace(Request(f"set {name}", "PUT", f"/{name}", {"x": name}), **changes)


def test_requests_are_sent_in_order_and_said_when_done(capsys):
    connection = Recorder()
    apply(connection, put("a", then=(put("b"), put("c", body=None))), put("d"))
    assert [path for _, path, *_ in connection.asked] == ["/a", "/b", "/c", "/d"]
    assert [body for *_, body, _ in connection.asked] == [{"x": "a"}, {"x": "b"}, None, {"x": "d"}]
    assert capsys.readouterr().out.splitlines() == ["set a", "set b", "set c", "set d"]


def test_what_was_made_is_named_in_path_and_body_of_what_follows():
    of_it = put("ports/{id}/tags/x", body={"rule": {"of": "{id}", "also": ["{id}"]}}, then=(put("again/{id}"),))
    connection = Recorder(answer(201, {"port": {"id": "p-7", "name": "{id}"}}), answer(200), answer(200), answer(200))
    apply(connection, Request("make", "POST", "/ports", {"port": {}}, then=(of_it, put("next/{id}"))))
    assert [path for _, path, *_ in connection.asked] == ["/ports", "/ports/p-7/tags/x", "/again/p-7", "/next/p-7"]
    assert connection.asked[1][2] == {"rule": {"of": "p-7", "also": ["p-7"]}}


@pytest.mark.parametrize(("revision", "headers"), [(None, {}), (0, "0"), (7, "7")])
def test_a_revision_is_asked_to_be_still_there(revision, headers):
    connection = Recorder()
    apply(connection, put("a", revision=revision))
    assert connection.asked[0][3] == (headers and {"If-Match": f"revision_number={headers}"})


def test_what_is_gone_already_need_not_be_removed(capsys):
    connection = Recorder(refused(404))
    apply(connection, Request("remove a", "DELETE", "/a", then=(put("b"),)), put("c"))
    assert [path for _, path, *_ in connection.asked] == ["/a", "/b", "/c"]
    assert capsys.readouterr().out.splitlines() == ["remove a", "set b", "set c"]


@pytest.mark.parametrize(("verb", "status"), [("PUT", 404), ("POST", 404), ("DELETE", 409), ("PUT", 412), ("PUT", 500)])
def test_the_first_error_ends_it(capsys, verb, status):
    connection = Recorder(answer(200), refused(status))
    with pytest.raises(sdk.HttpException):
        apply(connection, put("a"), put("b", verb=verb, then=(put("c"),)), put("d"))
    assert [path for _, path, *_ in connection.asked] == ["/a", "/b"]
    assert capsys.readouterr().out == "set a\n"


def test_a_listing_follows_its_pages():
    links = [{"rel": "previous", "href": "http://c/0"}, {"rel": "next", "href": "http://c/2"}]
    first = {"security_groups": [{"id": 1}, {"id": 2}], "security_groups_links": links}
    last = {"security_groups": [{"id": 3}], "security_groups_links": links[:1]}
    connection = Recorder(answer(200, first), answer(200, last))
    assert neutron._listing(connection, "security-groups", tags="t") == [{"id": 1}, {"id": 2}, {"id": 3}]
    assert connection.asked == [("/security-groups", {"tags": "t"}), (links[1]["href"], {})]


def test_a_listing_that_is_refused_is_an_error_and_not_empty():
    with pytest.raises(sdk.ForbiddenException):
        neutron._listing(Recorder(refused(403)), "ports")


@pytest.mark.parametrize("verb", ["observe", "apply"])
def test_a_failure_is_printed_where_its_caller_reads_it(monkeypatch, capsys, verb):
    def fail(**_given):
        raise auth.ConnectFailure("no way")

    monkeypatch.setattr(neutron, "connect", fail)
    for name, value in {"argv": ["webha.cloud.neutron", verb, "--cloud", "lab"], "stdin": io.StringIO("[]")}.items():
        monkeypatch.setattr(f"sys.{name}", value)
    for name in ("logging.disable", "warnings.simplefilter"):  # they would last for all tests to come
        monkeypatch.setattr(name, lambda *_given: None)
    assert neutron.main() == (1 if verb == "apply" else 0)
    said = capsys.readouterr()
    sentence = said.err.strip() if verb == "apply" else parse(said.out).problem
    assert sentence == neutron.explain(auth.ConnectFailure("no way"), "lab")


class Project:
    """A connection to a project that lists what it was made of."""

    def __init__(self, **lists):
        self.network, self.lists, self.asked = self, lists, []

    def get_endpoint(self):
        return "http://c"

    def get(self, path, params):
        self.asked.append((path, params))
        key = path.removeprefix("/").replace("-", "_")
        return answer(200, {key: self.lists.get("holders" if "id" in params else key, [])})


def raw_port(identity, address, **more):
    at = [{"subnet_id": "s", "ip_address": address}]
    port = {"id": identity, "name": "", "network_id": "n", "fixed_ips": at, "device_owner": "", "device_id": ""}
    return port | more


def raw_floating(port=None, address="192.0.2.1", **more):
    fixed = VIP if port else None
    return {"id": "f", "floating_ip_address": address, "port_id": port, "fixed_ip_address": fixed} | more


def raw_rule(**more):
    rule = {"protocol": "tcp", "port_range_min": 80, "port_range_max": 80, "remote_group_id": None}
    return rule | {"direction": "ingress", "ethertype": "IPv4", "remote_ip_prefix": None} | more


def seen(project, floating_ip=None, groups=True):
    return parse(json.dumps(neutron.observe(project, WANTED.addresses, WANTED.tag, floating_ip, groups)))


def test_what_is_observed_is_read():
    whole = {"name": "vip", "device_owner": "o", "device_id": "d", "description": "x", "tags": ["t"]}
    whole |= {"allowed_address_pairs": [{"ip_address": "10.9.0.1"}], "security_groups": ["g"]}
    whole |= {"port_security_enabled": False, "revision_number": 3}
    group = {"id": "g", "name": "web", "description": None, "security_group_rules": [raw_rule(remote_group_id="g")]}
    project = Project(
        networks=[{"id": "n", "name": "red"}, {"id": "m", "name": "externa", "router:external": True}],
        subnets=[{"id": "s", "network_id": "n", "cidr": "10.0.0.0/24"}],
        ports=[raw_port("p", VIP, **whole), raw_port("q", "10.0.0.1", description=None, allowed_address_pairs=None)],
        floatingips=[raw_floating("p", tags=["t"]), raw_floating()],
        security_groups=[group],
    )
    at, other = (("s", VIP),), (("s", "10.0.0.1"),)
    assert seen(project) == Cloud(
        networks=(Network("n", "red", False), Network("m", "externa", True)),
        subnets=(Subnet("s", "n", "10.0.0.0/24"),),
        ports=(
            Port("p", "vip", "n", at, "o", "d", "x", frozenset("t"), ({"ip_address": "10.9.0.1"},), ("g",), False, 3),
            Port("q", "", "n", other, revision=None),
        ),
        floating=(FloatingIp("f", "192.0.2.1", "p", VIP, frozenset("t")), FloatingIp("f", "192.0.2.1")),
        groups=(Group("g", "web", "", frozenset(), frozenset({Rule("tcp", 80, 80, "g")})),),
    )


@pytest.mark.parametrize("groups", [True, False])
def test_only_ports_at_the_addresses_and_with_our_tag_are_asked_for(groups):
    project = Project(security_groups=[{"id": "g", "name": "web", "security_group_rules": []}])
    assert len(seen(project, groups=groups).groups) == groups
    ports = [params for path, params in project.asked if path == "/ports"]
    at = {"fixed_ips": [f"ip_address={address}" for address in (VIP, *(address for _, address in NODES))]}
    assert sorted(ports, key=repr) == [at, {"tags": "webha-hacloud"}]


def test_the_wanted_floating_ips_holder_is_looked_up_wherever_it_is():
    ips = [raw_floating("p"), raw_floating("x", "192.0.2.9"), raw_floating(None, "192.0.2.8")]
    project = Project(floatingips=ips, holders=[raw_port("p", "10.0.0.7")])
    assert [port.id for port in seen(project, "192.0.2.1").ports] == ["p"]
    assert [params["id"] for _, params in project.asked if "id" in params] == ["p"]


def test_a_rule_for_others_opens_nothing_to_anyone():
    rules = [raw_rule(direction="egress"), raw_rule(ethertype="IPv6"), raw_rule(remote_ip_prefix="10.0.0.0/8")]
    project = Project(security_groups=[{"id": "g", "name": "web", "security_group_rules": rules}])
    assert seen(project).groups[0].rules == frozenset()


@pytest.mark.parametrize(
    ("rule", "rules"),
    [
        ({"remote_ip_prefix": "0.0.0.0/0"}, {Rule("tcp", 80, 80, None)}),
        ({"remote_address_group_id": "a"}, set()),
    ],
)
def test_from_anywhere_is_what_neutron_takes_for_it(rule, rules):
    project = Project(security_groups=[{"id": "g", "name": "web", "security_group_rules": [raw_rule(**rule)]}])
    assert seen(project).groups[0].rules == rules


def test_an_allocated_address_is_known_by_its_description_where_the_tag_is_missing():
    project = Project(floatingips=[raw_floating(None, description=WANTED.description)])
    assert [one.verb for one in everything(seen(project), WANTED)] == ["DELETE"]
