"""Configurations that administrators may have: anything of Pacemaker's schema, beside, around and about our objects."""

from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as ET

from hypothesis import strategies as st

from webha.cluster.cib import Cib, merged

from .test_cib import EMPTY
from .test_cib_clone import ONCE, WANTED

OURS = ("HA_VIP", "WebServer", "WebServer-clone")
RULE = '<rule id="{0}-rule" score="5"><expression id="{0}-e" attribute="#uname" operation="eq" value="nodoha"/></rule>'
NODES = """<nodes><node id="1" uname="nodoha"><instance_attributes id="nodes-1"><nvpair id="nodes-1-standby" name="standby"
value="off"/></instance_attributes><utilization id="nodes-1-u"><nvpair id="nodes-1-u-cpu" name="cpu" value="4"/></utilization>
</node><node id="2" uname="nodoha2"/></nodes>"""
ASIDE = """<fencing-topology><fencing-level id="fl" target="nodoha" index="1" devices="own0,own1"/></fencing-topology>
<op_defaults><meta_attributes id="op-options"><rule id="op-rule" score="INFINITY"><op_expression id="op-e" name="monitor"/></rule>
<nvpair id="op-options-timeout" name="timeout" value="60s"/></meta_attributes></op_defaults>
<alerts><alert id="mail" path="/usr/bin/mine"><recipient id="mail-to" value="root"/></alert></alerts>"""
DEFAULTS = """<rsc_defaults><meta_attributes id="nights" score="5"><rule id="nights-r" score="INFINITY"><date_expression id="nights-d"
operation="date_spec"><date_spec id="nights-s" hours="0-6"/></date_expression></rule><nvpair id="nights-n" name="is-managed"
value="true"/></meta_attributes></rsc_defaults>"""


def _add(parent: ET.Element, text: str) -> None:
    parent.extend(ET.fromstring(f"<x>{text}</x>"))  # noqa: S314 (our own)


def _sets(draw: Callable[..., Any], name: str, resources: list[str]) -> str:
    count = draw(st.integers(1, min(2, len(resources))))
    chosen = draw(st.lists(st.sampled_from(resources), min_size=count, max_size=4, unique=True))
    halves = [chosen] if count == 1 else [chosen[:1], chosen[1:] or chosen[:1]]
    return "".join(
        f'<resource_set id="{name}-{at}">' + "".join(f'<resource_ref id="{one}"/>' for one in half) + "</resource_set>"
        for at, half in enumerate(halves)
    )


def _constraint(draw: Callable[..., Any], name: str, resources: list[str]) -> str:
    one, other = draw(st.sampled_from(resources)), draw(st.sampled_from(resources))
    sets = _sets(draw, name, resources)
    return draw(  # type: ignore[no-any-return]
        st.sampled_from(
            [
                f'<rsc_location id="{name}" rsc="{one}" node="nodoha" score="INFINITY"/>',
                f'<rsc_location id="{name}" rsc="{one}">{RULE.format(name)}</rsc_location>',
                f'<rsc_location id="{name}" node="nodoha" score="7">{sets}</rsc_location>',
                f'<rsc_location id="{name}" rsc-pattern="HA_.*" node="nodoha" score="7"/>',
                f'<rsc_colocation id="{name}" score="7" rsc="{one}" with-rsc="{other}"/>',
                f'<rsc_colocation id="{name}" score="7">{sets}</rsc_colocation>',
                f'<rsc_order id="{name}" kind="Optional" first="{one}" then="{other}"/>',
                f'<rsc_order id="{name}" kind="Optional">{sets}</rsc_order>',
                f'<rsc_ticket id="{name}" rsc="{one}" ticket="t" loss-policy="stop"/>',
                f'<rsc_ticket id="{name}" ticket="t">{sets}</rsc_ticket>',
            ]
        )
    )


def _wrap(draw: Callable[..., Any], resources: ET.Element, of_ours: list[str]) -> None:
    """Put some resources of the top into groups, clones and bundles; of ours those that are meant to be tried so."""
    free = [
        one for one in resources if one.tag == "primitive" and one.get("id") not in (*OURS, *(set(OURS) - set(of_ours)))
    ]
    free += [one for one in resources if one.tag == "primitive" and one.get("id") in of_ours]
    for at in range(draw(st.integers(0, 2))):
        if not free:
            return
        kind = draw(st.sampled_from(["group", "group", "clone", "bundle"]))
        members = (
            draw(st.lists(st.sampled_from(free), min_size=1, max_size=3, unique=True))
            if kind == "group"
            else [free[-1]]
        )
        wrapper = ET.SubElement(resources, kind, id=f"{kind}{at}")
        if kind == "bundle":
            _add(wrapper, '<podman image="x"/><network ip-range-start="10.0.0.9"/>')
        for one in members:
            resources.remove(one)
            wrapper.append(one)
            free.remove(one)


@st.composite
def cibs(draw: Callable[..., Any]) -> Cib:
    """Draw one: with ours as deployed, as an older version left it, in part, or not at all."""
    base = draw(st.sampled_from([EMPTY, Cib("1.1", merged(EMPTY, WANTED)[0]), Cib("1.1", merged(EMPTY, ONCE)[0])]))
    root = ET.fromstring(base.configuration)  # noqa: S314
    resources, constraints = root.find("resources"), root.find("constraints")
    assert resources is not None
    assert constraints is not None
    root.remove(root.find("nodes"))  # type: ignore[arg-type]
    _add(root, NODES + ASIDE)
    if root.find("rsc_defaults") is None and draw(st.booleans()):
        _add(root, DEFAULTS)
    _add(resources, '<template id="tpl" class="ocf" provider="heartbeat" type="Dummy"/>')
    inner = [one.get("id", "") for one in resources.iter("instance_attributes")]
    for at in range(draw(st.integers(1, 4))):
        agent = draw(st.sampled_from(['template="tpl"', 'class="ocf" provider="heartbeat" type="Dummy"']))
        sets = f'<instance_attributes id="own{at}-ia"><nvpair id="own{at}-ia-n" name="n" value="WebServer"/></instance_attributes>'
        if inner and draw(st.integers(0, 5)) == 0:
            sets = f'<instance_attributes id-ref="{draw(st.sampled_from(inner))}"/>'
        _add(
            resources,
            f'<primitive id="own{at}" {agent}>{sets}<operations><op id="own{at}-m" name="monitor" interval="9s"/></operations></primitive>',
        )
    _wrap(draw, resources, draw(st.sampled_from([[], ["HA_VIP"], ["WebServer"]])))
    names = [one.get("id", "") for one in resources.iter() if one.tag in ("primitive", "group", "clone", "bundle")]
    if draw(st.booleans()):
        tags = ET.SubElement(root, "tags")
        for at in range(draw(st.integers(1, 2))):
            things = [*names, *(one.get("id", "") for one in constraints), *inner]
            chosen = draw(st.lists(st.sampled_from(things), min_size=1, max_size=3, unique=True))
            _add(tags, f'<tag id="tag{at}">' + "".join(f'<obj_ref id="{one}"/>' for one in chosen) + "</tag>")
            names.append(f"tag{at}")
    for at in range(draw(st.integers(0, 4))):
        _add(constraints, _constraint(draw, f"c{at}", names))
    _add(
        root,
        f'<acls><acl_target id="WebServer"><role id="r"/></acl_target><acl_role id="r"><acl_permission id="p" kind="read" '
        f'reference="{draw(st.sampled_from(names))}"/><acl_permission id="q" kind="read" xpath="/cib"/></acl_role></acls>',
    )
    return Cib("1.2", ET.tostring(root, encoding="unicode"))
