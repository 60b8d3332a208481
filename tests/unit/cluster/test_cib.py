from xml.etree import ElementTree as ET

import pytest

from webha.cluster.cib import Cib, Colocation, Operation, Order, Primitive, Wanted, merged, parse, without

VIP = Primitive(
    "HA_VIP",
    "ocf:heartbeat:IPaddr2",
    {"ip": "10.0.0.250", "cidr_netmask": "24"},
    (Operation("start", "20s"), Operation("monitor", "20s", "20s")),
)
WEB = Primitive(
    "WebServer", "ocf:heartbeat:apache", {"configfile": "/etc/apache2/apache2.conf"}, (Operation("stop", "90s"),)
)
WANTED = Wanted(
    properties={"stonith-enabled": "false"},
    resource_defaults={"resource-stickiness": "100"},
    primitives=(VIP, WEB),
    constraints=(Colocation("web-with-vip", "WebServer", "HA_VIP"), Order("vip-before-web", "HA_VIP", "WebServer")),
)
OBJECTS = ["stonith-enabled", "resource-stickiness", "HA_VIP", "WebServer", "web-with-vip", "vip-before-web"]
EMPTY = Cib("0.1", "<configuration><crm_config/><nodes/><resources/><constraints/></configuration>")


def full():
    return Cib("0.7", merged(EMPTY, WANTED)[0])


def tree(text):
    return ET.canonicalize(text, strip_text=True)


def edited(old, new):
    text = full().configuration
    assert old in text
    return Cib("0.8", text.replace(old, new))


def element(text):
    return ET.fromstring(text)  # noqa: S314 (our own)


def find(text, path):
    return element(text).find(path)


def test_a_cib_has_its_version_and_its_configuration():
    cib = parse('<cib admin_epoch="2" epoch="7" num_updates="9"><configuration><nodes/></configuration><status/></cib>')
    assert cib.version == "2.7"
    assert tree(cib.configuration) == "<configuration><nodes></nodes></configuration>"


@pytest.mark.parametrize(
    "text", ["<cib/>", "<other><configuration/></other>", "", "cibadmin: not connected", "<cib><configuration>"]
)
def test_anything_else_is_no_cib(text):
    with pytest.raises((ValueError, SyntaxError)):
        parse(text)


@pytest.mark.parametrize("configuration", [EMPTY.configuration, "<configuration/>"], ids=["bare", "no sections"])
def test_everything_is_put_into_a_bare_cib(configuration):
    text, changes = merged(Cib("0.1", configuration), WANTED)
    assert [next(name for name in OBJECTS if line.startswith(name)) for line in changes] == OBJECTS
    assert find(text, "crm_config/cluster_property_set/nvpair[@name='stonith-enabled']").get("value") == "false"
    assert find(text, "rsc_defaults/meta_attributes/nvpair[@name='resource-stickiness']").get("value") == "100"
    vip = find(text, "resources/primitive[@id='HA_VIP']")
    assert (vip.get("class"), vip.get("provider"), vip.get("type")) == ("ocf", "heartbeat", "IPaddr2")
    assert vip.find("instance_attributes/nvpair[@name='ip']").get("value") == "10.0.0.250"
    assert vip.find("operations/op[@name='monitor']").attrib == {
        "id": "HA_VIP-monitor-20s",
        "name": "monitor",
        "interval": "20s",
        "timeout": "20s",
    }
    assert find(text, "constraints/rsc_colocation").attrib == {
        "id": "web-with-vip",
        "score": "INFINITY",
        "rsc": "WebServer",
        "with-rsc": "HA_VIP",
    }
    assert find(text, "constraints/rsc_order").attrib == {
        "id": "vip-before-web",
        "kind": "Mandatory",
        "first": "HA_VIP",
        "then": "WebServer",
    }


def test_ids_are_unique_in_the_whole_configuration():
    ids = [one.get("id") for one in element(full().configuration).iter() if one.get("id")]
    assert len(ids) == len(set(ids)) > 10


def test_where_all_is_there_nothing_is_to_do():
    text, changes = merged(full(), WANTED)
    assert changes == []
    assert tree(text) == tree(full().configuration)


@pytest.mark.parametrize("identity", ["HA_VIP", "WebServer", "web-with-vip", "vip-before-web"])
def test_a_missing_object_is_the_only_change_and_is_put_back(identity):
    root = element(full().configuration)
    for parent in list(root.iter()):
        for child in list(parent):
            if child.get("id") == identity:
                parent.remove(child)
    text, changes = merged(Cib("0.8", ET.tostring(root, encoding="unicode")), WANTED)
    assert changes == [f"{identity} is not there"]
    assert merged(Cib("0.9", text), WANTED)[1] == []


@pytest.mark.parametrize(
    ("old", "new", "change"),
    [
        (
            'name="stonith-enabled" value="false"',
            'name="stonith-enabled" value="true"',
            "stonith-enabled=false (was true)",
        ),
        (
            'name="resource-stickiness" value="100"',
            'name="resource-stickiness" value="0"',
            "resource-stickiness=100 (was 0)",
        ),
        ('value="10.0.0.250"', 'value="10.0.0.251"', "HA_VIP differs"),
        ('interval="20s"', 'interval="10s"', "HA_VIP differs"),
        ('timeout="90s"', 'timeout="91s"', "WebServer differs"),
        ('type="apache"', 'type="nginx"', "WebServer differs"),
        ('score="INFINITY"', 'score="100"', "web-with-vip differs"),
        ('first="HA_VIP" then="WebServer"', 'first="WebServer" then="HA_VIP"', "vip-before-web differs"),
        ("rsc_colocation", "rsc_location", "web-with-vip differs"),
    ],
)
def test_a_changed_object_is_the_only_change_and_is_set_right(old, new, change):
    text, changes = merged(edited(old, new), WANTED)
    assert changes == [change]
    assert merged(Cib("0.9", text), WANTED)[1] == []
    assert new not in text


@pytest.mark.parametrize(
    "how",
    [
        'enabled="false"/>',
        'enabled="0"/>',
        'on-fail="ignore"/>',
        'on-fail="block"/>',
        'role="Stopped"/>',
        '><meta_attributes id="m"><nvpair id="m-e" name="enabled" value="no"/></meta_attributes></op>',
    ],
)
def test_an_operation_that_somebody_switched_off_is_put_back(how):
    live = edited('interval="20s" timeout="20s" />', f'interval="20s" timeout="20s" {how}')
    text, changes = merged(live, WANTED)
    assert changes == ["HA_VIP differs"]
    assert tree(text) == tree(full().configuration)
    assert merged(edited('interval="20s"', 'interval="0"'), WANTED)[1] == ["HA_VIP differs"]


@pytest.mark.parametrize(
    "how", ['enabled="true"', 'on-fail="restart"', 'on-fail="standby"', 'role="Started"', 'record-pending="true"']
)
def test_what_an_administrator_asks_of_an_operation_that_is_on_stays(how):
    live = edited('interval="20s" timeout="20s" />', f'interval="20s" timeout="20s" {how} />')
    assert merged(live, WANTED)[1] == []


def test_a_resource_without_any_parameter_or_operation_is_filled_in():
    bare = Cib(
        "0.2",
        '<configuration><resources><primitive id="HA_VIP" class="ocf" provider="heartbeat" type="IPaddr2"/></resources></configuration>',
    )
    text, changes = merged(bare, Wanted(primitives=(VIP,)))
    assert changes == ["HA_VIP differs"]
    assert find(text, "resources/primitive/instance_attributes/nvpair[@name='ip']").get("value") == "10.0.0.250"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('<primitive id="HA_VIP"', '<primitive id="Own" class="ocf" provider="x" type="y"/><primitive id="HA_VIP"'),
        (
            "</instance_attributes>",
            '</instance_attributes><meta_attributes id="m"><nvpair id="m-t" name="target-role" value="Stopped"/></meta_attributes>',
        ),
        ("</instance_attributes>", '<nvpair id="own" name="nic" value="eth1"/></instance_attributes>'),
        ("</cluster_property_set>", '<nvpair id="own" name="maintenance-mode" value="true"/></cluster_property_set>'),
        ("</meta_attributes>", '<nvpair id="own" name="is-managed" value="false"/></meta_attributes>'),
        ("</constraints>", '<rsc_location id="own" rsc="HA_VIP" node="nodoha" score="50"/></constraints>'),
        (
            "<nodes />",
            '<nodes><node id="1" uname="nodoha"><instance_attributes id="n"><nvpair id="s" name="standby" value="on"/></instance_attributes></node></nodes>',
        ),
    ],
    ids=["resource", "target-role", "parameter", "property", "default", "constraint", "standby"],
)
def test_what_an_administrator_added_is_no_difference_and_stays(old, new):
    live = edited(old, new)
    text, changes = merged(live, WANTED)
    assert changes == []
    assert tree(text) == tree(live.configuration)


def test_an_administrators_additions_survive_a_change_of_ours():
    live = edited("</instance_attributes>", '<nvpair id="own" name="nic" value="eth1"/></instance_attributes>')
    other = Primitive(VIP.id, VIP.agent, VIP.parameters | {"ip": "10.0.0.251"}, VIP.operations)
    text, changes = merged(live, Wanted(primitives=(other,)))
    assert changes == ["HA_VIP differs"]
    assert find(text, "resources/primitive/instance_attributes/nvpair[@name='nic']").get("value") == "eth1"
    assert find(text, "resources/primitive/instance_attributes/nvpair[@name='ip']").get("value") == "10.0.0.251"


@pytest.mark.parametrize("tag", ["clone", "group"])
def test_a_resource_inside_a_group_or_clone_is_found_there(tag):
    root = element(full().configuration)
    resources = root.find("resources")
    moved = resources.find("primitive[@id='WebServer']")
    resources.remove(moved)
    ET.SubElement(resources, tag, id="around").append(moved)
    live = Cib("0.8", ET.tostring(root, encoding="unicode"))
    text, changes = merged(live, WANTED)
    assert changes == []
    assert tree(text) == tree(live.configuration)


def test_a_resource_goes_with_every_constraint_that_refers_to_it():
    text, removed = without(full(), ["HA_VIP"])
    assert sorted(removed) == ["primitive HA_VIP", "rsc_colocation web-with-vip", "rsc_order vip-before-web"]
    assert find(text, "resources/primitive[@id='WebServer']") is not None
    assert find(text, "constraints/*") is None


def test_an_administrators_constraint_on_a_removed_resource_goes_and_others_stay():
    live = edited(
        "</constraints>",
        '<rsc_location id="on-vip" rsc="HA_VIP" node="a" score="5"/><rsc_location id="on-web" rsc="WebServer" node="a" score="5"/></constraints>',
    )
    text, removed = without(live, ["HA_VIP"])
    assert "rsc_location on-vip" in removed
    assert find(text, "constraints/rsc_location[@id='on-web']") is not None


@pytest.mark.parametrize("ids", [(), ("nothing",), ("HA",)])
def test_what_is_not_there_is_not_removed(ids):
    text, removed = without(full(), ids)
    assert removed == []
    assert tree(text) == tree(full().configuration)
