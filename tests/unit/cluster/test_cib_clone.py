"""The CIB's cloned web server, the address that goes where it is ready, and a former alert: put there, compared, taken away."""

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from webha.cluster.cib import (
    Cib,
    Clone,
    Colocation,
    Operation,
    Order,
    Preference,
    Primitive,
    Wanted,
    merged,
    without,
)
from webha.cluster.manifest import FORMER

from ..captured_facts import CONVERGED, fact
from .test_cib import EMPTY, VIP, element, find, tree

WEB = Primitive(
    "WebServer", "ocf:webha:apache", {"configfile": "/etc/apache2/apache2.conf"}, (Operation("stop", "9s"),)
)
CLONE = Clone("WebServer-clone", "WebServer")
CONSTRAINTS = (
    Colocation("HA_VIP-with-WebServer", "HA_VIP", "WebServer-clone"),
    Order("WebServer-before-HA_VIP", "WebServer-clone", "HA_VIP"),
    Preference("HA_VIP-where-ready", "HA_VIP", "webha-ready"),
)
WANTED = Wanted(
    primitives=(VIP, WEB),
    clones=(CLONE,),
    constraints=CONSTRAINTS,
    gone=("WebServer-with-HA_VIP", "HA_VIP-before-WebServer"),
)
NEW = ("WebServer-clone", *(one.id for one in CONSTRAINTS))
# As it was until the web server became a clone: one of it, after the address and beside it.
ONCE = Wanted(
    primitives=(VIP, replace(WEB, agent="ocf:heartbeat:apache")),
    constraints=(
        Colocation("WebServer-with-HA_VIP", "WebServer", "HA_VIP"),
        Order("HA_VIP-before-WebServer", "HA_VIP", "WebServer"),
    ),
)
# As an older version of ours left it, beside somebody's own.
ALERTS = (
    '<alerts><alert id="webha-node-lost" path="/usr/local/lib/webha/node-lost"><select><select_nodes/></select></alert>'
    '<alert id="own" path="/usr/bin/mine"/></alerts>'
)
TARGET = '<meta_attributes id="{0}-m"><nvpair id="{0}-m-t" name="target-role" value="Stopped"/></meta_attributes>'


def live(wanted=WANTED, old="", new=""):
    text = merged(EMPTY, wanted)[0]
    assert old in text
    return Cib("0.7", text.replace(old, new, 1) if old else text)


def again(text):
    """The lines of a second merge: none, where the first one did all there was to do."""
    return merged(Cib("0.9", text), WANTED)[1]


def test_a_primitive_is_made_inside_its_clone():
    text, changes = merged(EMPTY, WANTED)
    assert changes == [f"{name} is not there" for name in ("HA_VIP", "WebServer", *NEW)]
    assert find(text, "resources/primitive[@id='WebServer']") is None
    clone = find(text, "resources/clone[@id='WebServer-clone']")
    assert [one.tag for one in clone] == ["meta_attributes", "primitive"]  # the schema's order
    assert clone.find("meta_attributes/nvpair[@name='interleave']").get("value") == "true"
    assert clone.find("primitive").get("provider") == "webha"
    assert again(text) == []


def test_one_web_server_after_the_address_becomes_one_on_every_node_before_it_once():
    text, changes = merged(live(ONCE), WANTED)
    assert changes == [
        "rsc_colocation WebServer-with-HA_VIP is no more",
        "rsc_order HA_VIP-before-WebServer is no more",
        "WebServer differs",
        *(f"{name} is not there" for name in NEW),
    ]
    assert tree(text) == tree(live().configuration)
    assert again(text) == []


def test_ids_are_unique_after_the_change_of_shape():
    ids = [one.get("id") for one in element(merged(live(ONCE), WANTED)[0]).iter() if one.get("id")]
    assert len(ids) == len(set(ids)) > 15


def test_what_an_administrator_set_on_the_primitive_goes_into_the_clone_with_it():
    before = live(ONCE, '<operations><op id="WebServer', TARGET.format("WebServer") + '<operations><op id="WebServer')
    text, _ = merged(before, WANTED)
    inside = "resources/clone/primitive[@id='WebServer']/meta_attributes/nvpair[@name='target-role']"
    assert find(text, inside).get("value") == "Stopped"
    assert again(text) == []


def test_what_an_administrator_put_on_the_web_server_once_stays():
    own = '<rsc_location id="own" rsc="WebServer" node="nodoha" score="5"/></constraints>'
    text, _ = merged(live(ONCE, "</constraints>", own), WANTED)
    assert find(text, "constraints/rsc_location[@id='own']").get("score") == "5"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("</meta_attributes><primitive", '<nvpair id="own" name="clone-max" value="2"/></meta_attributes><primitive'),
        ('<primitive id="WebServer"', TARGET.format("clone") + '<primitive id="WebServer"'),
        ('<operations><op id="WebServer', TARGET.format("WebServer") + '<operations><op id="WebServer'),
        ("</constraints>", '</constraints><alerts><alert id="own" path="/usr/bin/mine"/></alerts>'),
    ],
    ids=["clone-max", "the clone's target-role", "the primitive's target-role", "alert"],
)
def test_what_an_administrator_added_to_the_new_shape_is_no_difference_and_stays(old, new):
    seen = live(WANTED, old, new)
    text, changes = merged(seen, WANTED)
    assert changes == []
    assert tree(text) == tree(seen.configuration)


@pytest.mark.parametrize(
    ("old", "new", "change"),
    [
        ('name="interleave" value="true"', 'name="interleave" value="false"', "WebServer-clone differs"),
        ('score-attribute="webha-ready"', 'score-attribute="other"', "HA_VIP-where-ready differs"),
        ('score-attribute="webha-ready"', 'score="INFINITY"', "HA_VIP-where-ready differs"),
        ('operation="defined"', 'operation="not_defined"', "HA_VIP-where-ready differs"),
        ('<rule id="HA_VIP', '<rule id="own" score="5"/><rule id="HA_VIP', "HA_VIP-where-ready differs"),
        ('with-rsc="WebServer-clone"', 'with-rsc="WebServer"', "HA_VIP-with-WebServer differs"),
    ],
)
def test_a_changed_object_is_the_only_change_and_is_set_right(old, new, change):
    text, changes = merged(live(WANTED, old, new), WANTED)
    assert changes == [change]
    assert again(text) == []


@pytest.mark.parametrize("identity", NEW)
def test_a_missing_object_is_put_back_and_nothing_else_is_touched(identity):
    text, _ = without(live(), [identity])
    back, changes = merged(Cib("0.8", text), WANTED)
    assert f"{identity} is not there" in changes
    assert sorted(one.get("id") for one in element(back).iter() if one.get("id")) == sorted(
        one.get("id") for one in element(live().configuration).iter() if one.get("id")
    )
    assert again(back) == []


def test_a_clone_without_attributes_gets_them_before_its_primitive():
    attributes = find(live().configuration, "resources/clone/meta_attributes")
    root = element(live().configuration)
    clone = root.find("resources/clone")
    clone.remove(clone.find("meta_attributes"))
    text, changes = merged(Cib("0.8", ET.tostring(root, encoding="unicode")), WANTED)
    assert changes == ["WebServer-clone differs"]
    assert [one.tag for one in find(text, "resources/clone")] == ["meta_attributes", "primitive"]
    assert find(text, "resources/clone/meta_attributes").get("id") == attributes.get("id")


def test_what_was_ours_once_and_is_not_there_is_no_change():
    assert merged(live(), Wanted(gone=("nothing", "HA_VIP-before-WebServer")))[1] == []


def test_a_clone_goes_with_its_primitive_and_every_constraint_on_it():
    text, removed = without(live(), ["WebServer-clone"])
    assert sorted(removed) == [
        "clone WebServer-clone",
        "rsc_colocation HA_VIP-with-WebServer",
        "rsc_order WebServer-before-HA_VIP",
    ]
    assert "primitive" in [one.tag for one in find(text, "resources")]
    assert 'id="WebServer"' not in text


def test_an_alert_and_a_location_are_taken_away_by_their_ids():
    text, removed = without(live(new=f"</constraints>{ALERTS}", old="</constraints>"), [*FORMER, "HA_VIP-where-ready"])
    assert sorted(removed) == ["alert webha-node-lost", "rsc_location HA_VIP-where-ready"]
    assert [one.get("id") for one in find(text, "alerts")] == ["own"]
    assert find(text, "constraints/rsc_location") is None


def test_the_alert_of_an_older_version_goes_and_somebodys_stays():
    text, changes = merged(live(new=f"</constraints>{ALERTS}", old="</constraints>"), Wanted(gone=FORMER))
    assert changes == ["alert webha-node-lost is no more"]
    assert [one.get("id") for one in find(text, "alerts")] == ["own"]


def test_an_address_goes_with_its_preference():
    assert "rsc_location HA_VIP-where-ready" in without(live(), ["HA_VIP"])[1]


@pytest.mark.parametrize("suite", CONVERGED)
def test_in_pacemakers_own_writing_nothing_differs(suite):
    wanted = Wanted(clones=(CLONE,), constraints=CONSTRAINTS, gone=WANTED.gone)
    assert merged(fact(suite, "cib"), wanted)[1] == []


@pytest.mark.parametrize("suite", CONVERGED)
def test_without_its_resources_no_constraint_and_no_empty_clone_of_a_real_cluster_is_left(suite):
    text, _ = without(fact(suite, "cib"), ["HA_VIP", "WebServer", "WebServer-clone"])
    assert list(find(text, "resources")) == []
    assert list(find(text, "constraints")) == []


def test_a_constraint_on_what_stands_inside_goes_with_the_clone():
    inner = '<rsc_location id="mine" rsc="WebServer" node="nodoha" score="10"/></constraints>'
    text, removed = without(Cib("0.9", live().configuration.replace("</constraints>", inner)), ["WebServer-clone"])
    assert "rsc_location mine" in removed
    assert "WebServer" not in text
