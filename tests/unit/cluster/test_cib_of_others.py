"""What an administrator has in Pacemaker beside, around and about our objects: kept as it is, or named."""

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings

from webha.cluster import operations as cluster
from webha.cluster.cib import Cib, merged, without
from webha.cluster.conflicts import holding, unfit
from webha.cluster.facts import Cluster, LiveCib
from webha.cluster.references import dangling, identities, identity
from webha.reset import operations as reset
from webha.vip.manifest import OBJECTS

from ..captured_facts import fact
from ..stubs import execute, perform
from .foreign import OURS, cibs
from .test_cib import EMPTY, element, tree
from .test_cib_clone import CONSTRAINTS, WANTED

modest = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
KINDS = (
    "primitive",
    "group",
    "clone",
    "bundle",
    "template",
    "tag",
    "node",
    "alert",
    "fencing-level",
    "acl_role",
    "acl_target",
)
KINDS += ("rsc_location", "rsc_colocation", "rsc_order", "rsc_ticket", "meta_attributes")
_REFERENCE = re.compile(r'(?:(?:obj_ref|resource_ref|role) id|rsc|first|then|reference|id-ref|template)="([^"]*)"')
NAMES = {*OBJECTS, *(one.id for one in CONSTRAINTS)}


def theirs(text):
    """Every object of somebody's by id, as text, where nothing of ours stands in it."""
    return {
        (one.tag, one.get("id")): ET.canonicalize(ET.tostring(one), strip_text=True)
        for one in element(text).iter()
        if one.tag in KINDS and one.get("id") and not {inner.get("id") for inner in one.iter()} & NAMES
        if not one.get("id").startswith((*OURS, "rsc-options", "cib-bootstrap"))
    }


def sound(text):
    """What Pacemaker's schema asks for and a merge could break."""
    root = element(text)
    ids = [found for one in root.iter() if (found := identity(one)) is not None]
    assert len(ids) == len(set(ids))
    assert list(dangling(root)) == []
    for one in root.iter():
        if one.tag in ("group", "clone"):
            assert one.findall("primitive") + one.findall("group"), one.get("id")
        if one.tag in ("tag", "resource_set"):
            assert len(one) or one.get("id-ref"), one.get("id")
        if one.tag == "clone":
            assert len(one.findall("primitive")) + len(one.findall("group")) == 1


@modest
@given(cibs())
def test_a_merge_changes_nothing_of_others_is_sound_and_is_done_once(cib):
    sound(cib.configuration)
    wrong = unfit(cib, WANTED)
    if wrong:
        assert all(any(f" {name} " in f"{line} " for name in identities(element(cib.configuration))) for line in wrong)
        assert all("crm configure " in line for line in wrong)
        return
    text, changes = merged(cib, WANTED)
    sound(text)
    gone = identities(element(cib.configuration)) - identities(element(text))
    kept, after = apart(theirs(cib.configuration), gone), theirs(text)
    assert {key: after.get(key) for key in kept} == kept
    again = Cib("1.3", text)
    assert unfit(again, WANTED) == []
    assert merged(again, WANTED) == (text, [])
    assert changes or tree(text) == tree(cib.configuration)


@modest
@given(cibs())
def test_a_reset_leaves_nothing_of_ours_and_nothing_that_points_at_it(cib):
    held = holding(cib, OBJECTS)
    if held:
        assert all("crm configure " in line for line in held)
        return
    text, _ = without(cib, OBJECTS)
    sound(text)
    assert not set(OURS) & identities(element(text))
    before = theirs(cib.configuration)
    gone = identities(element(cib.configuration)) - identities(element(text))
    kept, after = apart(before, gone), theirs(text)
    assert {key: after.get(key) for key in kept} == kept
    assert all(not apart({key: one}, gone - {key[1]}) for key, one in before.items() if key[1] in gone), "about ours"
    assert without(Cib("1.3", text), OBJECTS) == (text, [])


def apart(things, gone):
    """Of ``things`` those that refer to nothing that is ``gone``."""
    return {key: one for key, one in things.items() if not set(_REFERENCE.findall(one)) & gone}


DUMMY = '<primitive id="own" class="ocf" provider="heartbeat" type="Dummy"/>'


def deployed(*changes):
    text = merged(EMPTY, WANTED)[0]
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    sound(text)
    return Cib("1.1", text)


def vip():
    text = merged(EMPTY, WANTED)[0]
    return text[text.index('<primitive id="HA_VIP"') : text.index("</primitive>") + len("</primitive>")]


def within(opening, *others, closing=None):
    tag = opening[1:].split()[0]
    return deployed((vip(), f"{opening}{vip()}{''.join(others)}{closing or f'</{tag}>'}"))


TAGS = '</constraints><tags><tag id="mine">{}</tag></tags>'
ABOUT_OURS_ALONE = {
    "a tag": deployed(("</constraints>", TAGS.format('<obj_ref id="HA_VIP"/>'))),
    "a tag of what is inside": deployed(("</constraints>", TAGS.format('<obj_ref id="HA_VIP-instance_attributes"/>'))),
    "a set": deployed(
        ("</constraints>", '<rsc_order id="mine"><resource_set id="s"><resource_ref id="HA_VIP"/></resource_set></rsc_order></constraints>')
    ),
    "a group": within('<group id="mine">'),
    "a clone": within('<clone id="mine">'),
    "a ticket": deployed(("</constraints>", '<rsc_ticket id="mine" rsc="HA_VIP" ticket="t"/></constraints>')),
    "a permission": deployed(
        ("</constraints>", '</constraints><acls><acl_role id="r"><acl_permission id="mine" kind="read" reference="HA_VIP"/></acl_role></acls>')
    ),
}  # fmt: skip


@pytest.mark.parametrize("live", ABOUT_OURS_ALONE.values(), ids=ABOUT_OURS_ALONE)
def test_what_was_about_ours_alone_goes_with_it(live):
    assert holding(live, OBJECTS) == []
    text, removed = without(live, OBJECTS)
    assert "mine" in {line.split()[1] for line in removed}
    assert "mine" not in identities(element(text))
    sound(text)


def test_a_tag_and_a_set_of_others_lose_the_name_of_ours_and_stay():
    live = deployed(
        ('<constraints>', '<constraints><rsc_order id="o"><resource_set id="s"><resource_ref id="own"/><resource_ref id="HA_VIP"/></resource_set></rsc_order>'),
        ("</resources>", f"{DUMMY}</resources>"),
        ("</constraints>", TAGS.format('<obj_ref id="HA_VIP"/><obj_ref id="own"/>')),
    )  # fmt: skip
    text, removed = without(live, OBJECTS)
    assert not {"tag mine", "rsc_order o"} & set(removed)
    assert [one.get("id") for one in element(text).iter() if one.tag in ("obj_ref", "resource_ref")] == ["own", "own"]


def test_a_constraint_on_a_tag_of_ours_alone_goes_with_the_tag():
    live = deployed(
        ("</constraints>", '<rsc_location id="l" rsc="mine" node="nodoha" score="1"/></constraints>'),
        ("</constraints>", TAGS.format('<obj_ref id="HA_VIP"/>')),
    )
    text, removed = without(live, OBJECTS)
    assert "rsc_location l" in removed
    sound(text)


HELD = {
    "a group": (
        within('<group id="mine">', DUMMY),
        "HA_VIP is in the group mine of somebody's: crm configure modgroup mine remove HA_VIP",
    ),
    "a bundle": (
        within('<bundle id="mine"><podman image="x"/>', closing="</bundle>"),
        "HA_VIP is in the bundle mine of somebody's: take it out there, crm configure edit mine",
    ),
    "values of ours": (
        deployed(("</resources>", DUMMY.replace("/>", '><instance_attributes id-ref="HA_VIP-instance_attributes"/></primitive></resources>'))),
        "own takes values from HA_VIP-instance_attributes, which goes: give it its own, crm configure edit own",
    ),
    "a rule of a constraint that goes": (
        deployed(
            ("</resources>", f"{DUMMY}</resources>"),
            ("</constraints>", '<rsc_location id="l" rsc="own"><rule id-ref="HA_VIP-where-ready-rule"/></rsc_location></constraints>'),
        ),
        "l takes values from HA_VIP-where-ready-rule, which goes: give it its own, crm configure edit l",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("live", "sentence"), HELD.values(), ids=HELD)
def test_what_would_be_another_thing_without_ours_is_named_and_nothing_changes(live, sentence):
    assert holding(live, OBJECTS) == [sentence]
    done = perform(reset.unconfigured, OBJECTS, facts={Cluster: fact("trixie", "cluster"), LiveCib: live})
    assert done.refused
    assert execute(done.commands[0]).stderr == f"refused: {sentence}\n"


UNFIT = {
    "a clone around the address": (
        within('<clone id="mine">'),
        "HA_VIP is in the clone mine of somebody's: crm configure delete mine",
    ),
    "a bundle around it": (
        within('<bundle id="mine"><podman image="x"/>', closing="</bundle>"),
        "HA_VIP is in the bundle mine of somebody's: take it out there, crm configure edit mine",
    ),
    "a cloned group": (
        within('<clone id="c"><group id="mine">', DUMMY, closing="</group></clone>"),
        "HA_VIP is in the clone c of somebody's: crm configure delete c",
    ),
    "a tag of that name": (
        Cib("1.1", EMPTY.configuration.replace("</configuration>", '<tags><tag id="HA_VIP"><obj_ref id="own"/></tag></tags></configuration>')),
        "HA_VIP is a tag of somebody's, and the name of ours: give it another, crm configure rename HA_VIP NAME",
    ),
    "a clone of that name": (
        Cib("1.1", EMPTY.configuration.replace("<resources/>", f'<resources><clone id="WebServer-clone">{DUMMY}</clone></resources>')),
        "WebServer-clone holds own of somebody's: crm configure rename WebServer-clone NAME",
    ),
    "a group around the web server": (
        Cib("1.1", EMPTY.configuration.replace("<resources/>", f'<resources><group id="mine">{DUMMY.replace("own", "WebServer")}{DUMMY}</group></resources>')),
        "WebServer is in the group mine of somebody's: crm configure modgroup mine remove WebServer",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("live", "sentence"), UNFIT.values(), ids=UNFIT)
def test_what_a_deploy_cannot_put_ours_beside_is_named_and_nothing_changes(live, sentence):
    assert sentence in unfit(live, WANTED)
    done = perform(cluster.configured, WANTED, facts={LiveCib: live})
    assert done.refused
    assert sentence in execute(done.commands[0]).stderr


def test_a_group_with_the_address_in_it_stays_as_it_is():
    """Its others go where the address goes: to where the node is ready (tried with Pacemaker's own scheduler)."""
    live = within('<group id="mine">', DUMMY)
    assert unfit(live, WANTED) == []
    assert merged(live, WANTED)[1] == []
