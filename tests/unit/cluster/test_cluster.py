import pytest

from webha.cluster import CrmNode, CrmStatus, Peer, cluster_name, flatten, in_force, key, offline, parse_crm_mon, stray

NAMES = ("a", "b", "c")


def configuration(name="hacloud", token=3000, nodes=NAMES):
    listed = "".join(f"  node {{\n    name: {one}\n    nodeid: {i}\n  }}\n" for i, one in enumerate(nodes, 1))
    header = "# Written by pyinfra-webha (tasks/cluster.py)." if name == "hacloud" else "# theirs"
    return f"{header}\ntotem {{\n  cluster_name: {name}\n  token: {token}\n}}\nnodelist {{\n{listed}}}\n"


def peer(**changes):
    values = {
        "installed": True,
        "corosync": "active",
        "pacemaker": "active",
        "key": "k",
        "running_key": "k",
        "configuration": configuration(),
        "running_configuration": configuration(),
    }
    return Peer(**values | changes)


STOPPED = {"corosync": "inactive", "pacemaker": "inactive", "running_key": None, "running_configuration": None}


def crm_mon(dc='<current_dc present="true" name="b" with_quorum="true"/>', nodes="", resources=""):
    return (
        f"<pacemaker-result><summary>{dc}</summary><nodes>{nodes}</nodes><resources>{resources}</resources>"
        '<node_history><node name="ghost"/></node_history></pacemaker-result>'
    )


def test_nodes_and_the_coordinator_are_read():
    status = parse_crm_mon(
        crm_mon(
            nodes='<node name="a" online="true" pending="false"/><node name="b" online="true" pending="true"/>'
            '<node name="c" online="false" pending="false"/>'
        )
    )
    assert (status.dc, status.quorate) == ("b", True)
    assert status.nodes == (CrmNode("a", True), CrmNode("b", False), CrmNode("c", False))


@pytest.mark.parametrize(
    ("dc", "name", "quorate"),
    [
        ('<current_dc present="false"/>', None, False),
        ("", None, False),
        ('<current_dc present="true" name="a" with_quorum="false"/>', "a", False),
    ],
)
def test_no_coordinator_or_no_quorum_is_seen(dc, name, quorate):
    status = parse_crm_mon(crm_mon(dc))
    assert (status.dc, status.quorate) == (name, quorate)


def test_resources_are_read_wherever_they_stand():
    status = parse_crm_mon(
        crm_mon(
            resources='<resource id="VIP" role="Started" active="true" failed="false" blocked="false"><node name="a"/></resource>'
            '<clone id="cl"><resource id="Web" role="Stopped" active="false" failed="true" blocked="true"><node name="b"/></resource></clone>'
        )
    )
    (vip,), (web,) = status.instances("VIP"), status.instances("Web")
    assert (vip.nodes, vip.role, vip.failed, vip.blocked) == (("a",), "Started", False, False)
    assert (web.nodes, web.role, web.failed, web.blocked) == ((), "Stopped", True, True)
    assert status.instances("cl") == ()


def test_a_configuration_is_read_as_dotted_keys_with_its_nodes_numbered():
    values = flatten(configuration())
    assert values["totem.cluster_name"] == "hacloud"
    assert values["nodelist.node.0.name"] == "a"
    assert values["nodelist.node.2.nodeid"] == "3"
    assert len(values) == 8


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("", {}),
        ("# totem {\n#}\n", {}),
        ("totem{\ntoken:5\n}", {"totem.token": "5"}),
        ("totem {\n\ttoken : 5\n}\nquorum {\n}\n", {"totem.token": "5"}),
        ("logging {\n logger_subsys {\n  debug: off\n }\n}", {"logging.logger_subsys.debug": "off"}),
        ("totem {\n bindnetaddr: fe80::1\n}", {"totem.bindnetaddr": "fe80::1"}),
        ("}\ntotem {\n token: 5\n}\n}\n", {"totem.token": "5"}),
        ("totem {\n token: 5\n", {"totem.token": "5"}),
    ],
)
def test_any_layout_is_read(text, values):
    assert flatten(text) == values


@pytest.mark.parametrize(("text", "name"), [(None, None), ("", None), ("totem {\n}", None), (configuration("x"), "x")])
def test_the_clusters_name_may_be_missing(text, name):
    assert cluster_name(text) == name


@pytest.mark.parametrize("decision", [lambda: stray(None, "hacloud"), lambda: in_force(None)])
def test_an_unknown_node_is_refused(decision):
    assert decision().action == "refuse"
    assert "unknown" in decision().reason


BARE = Peer(True, "inactive", "inactive")


def of(*peers):
    return dict(zip(NAMES, peers, strict=True))


def test_a_key_is_made_where_no_node_has_one():
    assert key(of(BARE, BARE, BARE)).action == "make"


def test_a_key_that_is_there_is_carried_from_the_first_holder():
    verdict = key(of(BARE, peer(key="k"), peer(key="k")))
    assert (verdict.action, verdict.source) == ("carry", "b")


@pytest.mark.parametrize("others", [(BARE, BARE), (peer(), peer()), (peer(), BARE)])
def test_with_an_unknown_node_no_key_is_made_or_carried(others):
    verdict = key(of(others[0], others[1], None))
    assert (verdict.action, verdict.source) == ("refuse", None)
    assert "c has a corosync key is unknown" in verdict.reason


def test_two_different_keys_are_not_chosen_between():
    verdict = key(of(peer(key="k"), BARE, peer(key="other")))
    assert verdict.action == "refuse"
    assert verdict.reason.startswith("a, c hold different corosync keys")


@pytest.mark.parametrize(
    ("one", "action"),
    [
        (peer(), "nothing"),
        (peer(configuration="# another comment\n" + configuration()), "nothing"),
        (BARE, "start"),
        (peer(corosync="failed"), "start"),
        (peer(running_configuration=None), "restart"),
        (peer(configuration=configuration(token=5000)), "reload"),
        (peer(configuration=configuration() + "logging {\n debug: on\n}\n"), "reload"),
        (peer(configuration=configuration() + "totem {\n interface {\n knet_ping_timeout: 9\n}\n}\n"), "reload"),
        (peer(configuration=configuration() + "totem {\n interface {\n mcastport: 9\n}\n}\n"), "refuse"),
        (peer(configuration=configuration() + "quorum {\n expected_votes: 5\n}\n"), "restart"),
        (peer(configuration=configuration(nodes=("a", "b"))), "refuse"),
        (peer(configuration=configuration(token=5000, name="shop")), "refuse"),
        (peer(running_key="old"), "restart"),
        (peer(running_key=None), "restart"),
        (peer(configuration=None), "refuse"),
    ],
)
def test_how_a_configuration_gets_in_force(one, action):
    assert in_force(one).action == action


def test_the_reason_names_what_changed():
    verdict = in_force(peer(configuration=configuration(token=5000, name="shop")))
    assert verdict.differing == ("totem.cluster_name", "totem.token")
    assert "totem.cluster_name, totem.token changed" in verdict.reason


def test_another_key_is_told_apart_from_another_configuration():
    assert in_force(peer(running_key="old", configuration=configuration(token=5))).differing == ("authkey",)


def status(online=NAMES, known=NAMES, dc="a", quorate=True):
    return CrmStatus(dc, quorate, tuple(CrmNode(name, name in online) for name in known))


def test_all_nodes_online_with_quorum_is_nothing_wrong():
    assert offline(status(), NAMES) == []


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (None, ["pacemaker does not answer"]),
        (status(online=("a", "b")), ["c is not online"]),
        (status(known=("a", "c")), ["b is not online"]),
        (status(known=(*NAMES, "debian")), ["debian is no node of ours"]),
        (status(quorate=False), ["no quorum"]),
        (status(dc=None), ["no coordinator (DC) yet"]),
        (
            status(online=(), quorate=False, dc=None),
            ["a is not online", "b is not online", "c is not online", "no quorum", "no coordinator (DC) yet"],
        ),
    ],
)
def test_what_keeps_the_nodes_from_being_one_cluster_is_said(seen, words):
    assert offline(seen, NAMES) == words
