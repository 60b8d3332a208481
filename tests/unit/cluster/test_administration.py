"""What an administrator left in Pacemaker is seen and said, with the command that ends it."""

from dataclasses import replace

import pytest

from webha.cluster import (
    CrmNode,
    Placement,
    administration,
    forbidden,
    operations,
    parse_constraints,
    parse_crm_mon,
)
from webha.cluster.facts import Cluster
from webha.vip.manifest import OBJECTS

from ..captured_facts import CONVERGED, fact, text
from ..status.whole_stack import found, peer, with_
from ..stubs import NAMES, perform

PEER = fact("trixie", "cluster")
XML = text("trixie", "cluster").partition("@@webha-begin status\n")[2].partition("\n@@webha-end")[0]
# That cluster's address was stopped and started again by hand once.
XML = "\n".join(line.removeprefix("|") for line in XML.splitlines()).replace(' target_role="Started"', "")


def said(*changes, constraints=""):
    changed = XML
    for old, new in changes:
        assert old in changed, old
        changed = changed.replace(old, new, 1)
    preferences, tickets = parse_constraints(f"<constraints>\n{constraints}\n</constraints>")
    status = parse_crm_mon(changed)
    return administration(replace(PEER, status=status, preferences=preferences, tickets=tickets), OBJECTS)


@pytest.mark.parametrize("suite", CONVERGED)
def test_of_a_cluster_that_nobody_touched_nothing_is_said(suite):
    assert administration(fact(suite, "cluster"), OBJECTS) == []


VIP = '<resource id="HA_VIP" resource_agent="ocf:heartbeat:IPaddr2" role="Started" active="true"'
CASES = {
    "maintenance": (
        [('maintenance-mode="false"', 'maintenance-mode="true"'), ('managed="true"', 'managed="false"')],
        "maintenance-mode is on, nothing that fails is started again or moved: crm configure property maintenance-mode=false",
    ),
    "all stopped": (
        [('stop-all-resources="false"', 'stop-all-resources="true"')],
        "stop-all-resources is on: crm configure property stop-all-resources=false",
    ),
    "standby": (
        [('online="true" standby="false"', 'online="true" standby="true"')],
        "nodoha is in standby: crm node online nodoha",
    ),
    "a node's maintenance": (
        [
            ('standby_onfail="false" maintenance="false"', 'standby_onfail="false" maintenance="true"'),
            ('managed="true"', 'managed="false"'),
        ],
        "nodoha is in maintenance: crm node ready nodoha",
    ),
    "unmanaged": (
        [('managed="true"', 'managed="false"')],
        "HA_VIP is not managed, nobody moves or mends it: crm resource manage HA_VIP",
    ),
    "stopped": (
        [(VIP, VIP.replace("role=", 'target_role="Stopped" role='))],
        "HA_VIP was stopped by a person: crm resource start HA_VIP",
    ),
    "banned": (
        [("<resources>", '<bans><ban id="cli-ban-WebServer-clone-on-nodoha2" resource="WebServer-clone" node="nodoha2" '
          'weight="-1000000" promoted-only="false"/></bans><resources>')],
        "WebServer-clone must not run on nodoha2 (cli-ban-WebServer-clone-on-nodoha2), ready or not: crm resource clear WebServer-clone",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "sentence"), CASES.values(), ids=CASES)
def test_each_is_said_once_with_its_way_out(changes, sentence):
    assert said(*changes) == [sentence]


def test_a_move_is_a_preference_that_readiness_does_not_beat():
    moved = '<rsc_location id="cli-prefer-HA_VIP" rsc="HA_VIP" role="Started" node="nodoha2" score="INFINITY"/>'
    assert said(constraints=moved) == [
        "HA_VIP must run on nodoha2 (cli-prefer-HA_VIP), ready or not: crm resource clear HA_VIP"
    ]


MORE = "more than it weighs whether a node is ready: crm configure delete mine, or a score below 250"
UNAME = '<expression id="e" attribute="#uname" operation="eq" value="nodoha2"/>'


@pytest.mark.parametrize(
    ("body", "by"),
    [
        ('rsc="HA_VIP" node="nodoha2" score="INFINITY"/>', "INFINITY"),
        ('rsc="HA_VIP" node="nodoha2" score="+inFINITY"/>', "INFINITY"),
        ('rsc="HA_VIP" node="nodoha2" score="9999999"/>', "INFINITY"),
        ('rsc="HA_VIP" node="nodoha2" score="250"/>', "250"),
        (f'rsc="HA_VIP"><rule id="r" score="1000">{UNAME}</rule></rsc_location>', "1000"),
        (
            'node="nodoha2" score="500"><resource_set id="s"><resource_ref id="HA_VIP"/></resource_set></rsc_location>',
            "500",
        ),
    ],
)
def test_a_preference_of_a_persons_that_readiness_does_not_beat_is_said(body, by):
    """Pacemaker's scheduler adds the scores: a ready node has 250 more than one that lacks the least."""
    assert said(constraints=f'<rsc_location id="mine" {body}') == [f"HA_VIP prefers nodoha2 by {by} (mine), {MORE}"]


@pytest.mark.parametrize(
    "body",
    [
        'rsc="HA_VIP" node="nodoha2" score="249"/>',
        'rsc="HA_VIP" node="nodoha2" score="-INFINITY"/>',
        'rsc="HA_VIP" node="nodoha2" score="lots"/>',
        'rsc="theirs" node="nodoha2" score="INFINITY"/>',
        'rsc="WebServer-clone" node="nodoha2" score="INFINITY"/>',
        'rsc="HA_VIP"><rule id="r" score-attribute="webha-ready"><expression id="e" attribute="a" operation="defined"/></rule></rsc_location>',
        f'rsc="HA_VIP"><rule id="r" score="1000">{UNAME}<date_expression id="d" operation="lt" end="2026-01-01"/></rule></rsc_location>',
        'rsc="HA_VIP"><rule id-ref="r"/></rsc_location>',
    ],
)
def test_what_readiness_beats_and_what_is_no_preference_is_his(body):
    assert said(constraints=f'<rsc_location id="mine" {body}') == []


def test_a_ticket_that_is_not_granted_is_said():
    ticket = '<rsc_ticket id="mine" rsc="HA_VIP" ticket="site-a" loss-policy="stop"/>'
    granted = ("<resources>", '<tickets><ticket id="site-a" status="{}" standby="false"/></tickets><resources>')
    sentence = (
        "HA_VIP runs only while the ticket site-a is granted, which it is not (mine): "
        "crm_ticket --ticket site-a --grant, or crm configure delete mine"
    )
    assert said(constraints=ticket) == [sentence]
    assert said((granted[0], granted[1].format("revoked")), constraints=ticket) == [sentence]
    assert said((granted[0], granted[1].format("granted")), constraints=ticket) == []
    assert said(constraints=ticket.replace("HA_VIP", "theirs")) == []


def test_a_cluster_in_which_nothing_runs_unsaid_is_said():
    assert said(('symmetric-cluster="true"', 'symmetric-cluster="false"')) == [
        "symmetric-cluster is off, nothing runs where no constraint says so: crm configure property symmetric-cluster=true"
    ]


BANNED = '<bans><ban id="mine" resource="{}" node="nodoha2" weight="{}" promoted-only="false"/></bans><resources>'


def test_a_ban_of_the_web_server_that_a_person_wrote_is_said():
    """It is to run everywhere: a deploy would wait for it."""
    banned = ("<resources>", BANNED.format("WebServer-clone", -1000000))
    assert said(banned) == ["WebServer-clone must not run on nodoha2 (mine), ready or not: crm configure delete mine"]
    assert said(("<resources>", BANNED.format("WebServer-clone", -50))) == []


def test_what_is_left_on_somebodys_own_resource_is_theirs():
    unmanaged = replace(PEER.status.resources[0], id="theirs", managed=False, stopped=True)
    ban = Placement("cli-ban-theirs-on-nodoha", "theirs", "nodoha", ban=True)
    status = replace(PEER.status, resources=(*PEER.status.resources, unmanaged), bans=(ban,))
    assert administration(replace(PEER, status=status), OBJECTS) == []


@pytest.mark.parametrize("places", [("nodoha",), ()])
def test_a_deploy_says_it_at_its_end_and_does_not_wait_for_what_cannot_be(monkeypatch, places):
    told = []
    monkeypatch.setattr(operations.ending, "say_at_end", told.append)
    vip = replace(PEER.status.resources[0], id="HA_VIP", nodes=places, stopped=not places)
    others = tuple(one for one in PEER.status.resources if one.id != "HA_VIP")
    status = replace(PEER.status, maintenance=bool(places), resources=(vip, *others))
    done = perform(operations.running, "WebServer", "HA_VIP", NAMES, facts={Cluster: replace(PEER, status=status)})
    sentence = CASES["maintenance" if places else "stopped"][1]
    assert told == [sentence]
    assert done.idle if places else sentence in done.refused


MOVE = Placement("cli-prefer-HA_VIP", "HA_VIP", "nodoha2", ban=False)
BAN = Placement("cli-ban-HA_VIP-on-nodoha2", "HA_VIP", "nodoha2", ban=True)


def failed(**changes):
    """A web server that has failed on one node, beside what a person left."""
    web = [replace(one, failed=True, nodes=()) if one.id == "WebServer" else one for one in PEER.status.resources]
    status = replace(PEER.status, resources=tuple(web), **{k: v for k, v in changes.items() if k != "preferences"})
    return replace(PEER, status=status, preferences=changes.get("preferences", ()))


@pytest.mark.parametrize("changes", [{"preferences": (MOVE,)}, {"bans": (BAN,)}], ids=["move", "ban of the address"])
def test_what_does_not_keep_a_failed_resource_down_keeps_no_deploy_from_mending_it(monkeypatch, changes):
    told = []
    monkeypatch.setattr(operations.ending, "say_at_end", told.append)
    done = perform(operations.running, "WebServer", "HA_VIP", NAMES, facts={Cluster: failed(**changes)})
    assert done.texts[:2] == [f"crm_resource --cleanup --resource {one}" for one in ("WebServer", "HA_VIP")]
    assert len(told) == 1


WEB_BAN = Placement("cli-ban-WebServer-clone-on-nodoha2", "WebServer-clone", "nodoha2", ban=True)


@pytest.mark.parametrize(
    "changes",
    [
        {"maintenance": True},
        {"stopped": True},
        {"bans": (WEB_BAN,)},
        {"bans": (replace(WEB_BAN, id="mine", score=-1_000_000),)},
        {"nodes": (CrmNode("nodoha", True, standby=True),)},
    ],
    ids=["maintenance", "all stopped", "ban of the web server", "ban by hand", "standby"],
)
def test_what_keeps_it_down_is_refused(changes):
    assert len(forbidden(failed(**changes), "WebServer", "HA_VIP")) == 1


def test_a_move_for_a_time_is_passed_over():
    """crm resource move X NODE PT1H: the node stands in a rule, which stays in the configuration when the time is over."""
    rule = f'<rule id="r" score="INFINITY" boolean-op="and">{UNAME}<date_expression id="d" operation="lt" end="2026-01-01"/></rule>'
    moved = f'<rsc_location id="cli-prefer-HA_VIP" rsc="HA_VIP" role="Started">{rule}</rsc_location>'
    assert said(constraints=moved) == []


def test_a_ban_of_the_address_that_a_person_wrote_is_his():
    assert said(("<resources>", BANNED.format("HA_VIP", -1000000))) == []


def test_the_status_says_it_once_and_is_not_healthy():
    status = replace(PEER.status, maintenance=True)
    assert found(with_(cluster=replace(PEER, status=status))) == {"cluster": [CASES["maintenance"][1]]}
    assert found(with_(cluster=peer())) == {}
