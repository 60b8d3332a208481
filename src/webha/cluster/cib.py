"""The cluster information base: what is configured, and the same with our objects as they should be.

The comparison is made on the XML rather than through crmsh, whose ``assist weak-bond`` adds a new pair at every call,
whose prompts need answers and whose exit code is 0 on errors (docs/decisions/0004-cib.md). What an administrator adds,
resources, meta attributes (target-role) or parameters that are not named here, stays as it is; our resources' operations are ours, and
one that was switched off is put back.
"""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from webha.cluster import references
from webha.ground.forms import AsJson


@dataclass(frozen=True)
class Operation:
    """A resource operation; ``interval`` "0s" for start and stop."""

    name: str
    timeout: str
    interval: str = "0s"


@dataclass(frozen=True)
class Primitive:
    """A primitive resource. ``agent`` is ``class:provider:type``."""

    id: str
    agent: str
    parameters: Mapping[str, str]
    operations: tuple[Operation, ...]


@dataclass(frozen=True)
class Clone:
    """The primitive ``of``, active on every node at once; other resources see its instance of their own node."""

    id: str
    of: str


@dataclass(frozen=True)
class Colocation:
    """``resource`` runs only where ``with_resource`` runs (score INFINITY)."""

    id: str
    resource: str
    with_resource: str


@dataclass(frozen=True)
class Order:
    """``first`` is started before ``then`` and stopped after it (Mandatory)."""

    id: str
    first: str
    then: str


@dataclass(frozen=True)
class Preference:
    """``resource`` prefers the node whose attribute ``attribute``, a number, is highest; none of them is forbidden."""

    id: str
    resource: str
    attribute: str


Constraint = Colocation | Order | Preference


@dataclass(frozen=True)
class Wanted:
    """What we own in the CIB; everything else is somebody else's. ``gone``: ids that were ours once."""

    properties: Mapping[str, str] = field(default_factory=dict)
    resource_defaults: Mapping[str, str] = field(default_factory=dict)
    primitives: tuple[Primitive, ...] = ()
    clones: tuple[Clone, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    gone: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cib(AsJson):
    """The live CIB: its version (``admin_epoch.epoch``) and its configuration section as XML text."""

    version: str
    configuration: str


def parse(text: str) -> Cib:
    """Read ``cibadmin --query``. Raises ValueError for anything that is no CIB."""
    root = ET.fromstring(text)  # noqa: S314 (from our own node's root-only command)
    configuration = root.find("configuration")
    if root.tag != "cib" or configuration is None:
        raise ValueError("not a CIB")
    return Cib(f"{root.get('admin_epoch')}.{root.get('epoch')}", ET.tostring(configuration, encoding="unicode"))


def merged(cib: Cib, wanted: Wanted) -> tuple[str, list[str]]:
    """Return the configuration with ``wanted`` in it, and a line for each object that differs (none: nothing to do)."""
    root = ET.fromstring(cib.configuration)  # noqa: S314
    before = references.identities(root)
    taken = set(before)
    changes: list[str] = []
    if wanted.properties:
        found = _set(_section(root, "crm_config"), "cluster_property_set", "cib-bootstrap-options", taken)
        _set_pairs(found, wanted.properties, changes, taken)
    if wanted.resource_defaults:
        found = _set(_section(root, "rsc_defaults"), "meta_attributes", "rsc-options", taken)
        _set_pairs(found, wanted.resource_defaults, changes, taken)
    changes += [f"{line} is no more" for line in references.removed(root, wanted.gone)]
    for primitive in wanted.primitives:
        _put_primitive(root, primitive, changes, taken)
    for clone in wanted.clones:
        _put_clone(root, clone, changes, taken)
    for one in wanted.constraints:
        _put(_section(root, "constraints"), constraint(one), changes)
    references.removed(
        root, before - references.identities(root)
    )  # somebody's tag of an operation that is another one now
    return ET.tostring(root, encoding="unicode"), changes


def without(cib: Cib, ids: Iterable[str]) -> tuple[str, list[str]]:
    """Return the configuration without the objects ``ids`` and all that is about them alone, and a line for each thing that goes."""
    root = ET.fromstring(cib.configuration)  # noqa: S314
    removed = references.removed(root, ids)
    return ET.tostring(root, encoding="unicode"), removed


def _section(root: ET.Element, name: str) -> ET.Element:
    found = root.find(name)
    return found if found is not None else ET.SubElement(root, name)


def _new(identity: str, taken: set[str]) -> str:
    """Return an id that nothing has, as near to ``identity`` as can be."""
    while identity in taken:
        identity += "-webha"
    taken.add(identity)
    return identity


def _set(parent: ET.Element, tag: str, identity: str, taken: set[str]) -> ET.Element:
    """Find the first set of name-value pairs that always holds and is no reference to another's, or put one first."""
    for found in parent.findall(tag):
        if found.get("id-ref") is None and found.find("rule") is None:
            return found
    made = ET.Element(tag, id=_new(identity, taken))
    parent.insert(0, made)
    return made


def _set_pairs(pairs: ET.Element, values: Mapping[str, str], changes: list[str], taken: set[str]) -> None:
    for name, value in values.items():
        pair = next((one for one in pairs.findall("nvpair") if one.get("name") == name), None)
        if pair is None:
            ET.SubElement(pairs, "nvpair", id=_new(f"{pairs.get('id')}-{name}", taken), name=name, value=value)
            changes.append(f"{name}={value} (was not set)")
        elif pair.get("value") != value:
            changes.append(f"{name}={value} (was {pair.get('value')})")
            pair.set("value", value)


def _put_primitive(root: ET.Element, wanted: Primitive, changes: list[str], taken: set[str]) -> None:
    resources = _section(root, "resources")
    standard, provider, kind = wanted.agent.split(":")
    found = next((one for one in resources.iter("primitive") if one.get("id") == wanted.id), None)
    known = found is not None
    if found is None:
        found = ET.SubElement(resources, "primitive", id=wanted.id)
        changes.append(f"{wanted.id} is not there")
    before = deepcopy(found)
    found.attrib.update({"class": standard, "provider": provider, "type": kind})
    found.attrib.pop("template", None)
    attributes = _set(found, "instance_attributes", f"{wanted.id}-instance_attributes", taken)
    _set_pairs(attributes, wanted.parameters, [], taken)
    _put_operations(found, wanted, taken)
    if known and not _same(before, found):
        changes.append(f"{wanted.id} differs")


def _put_operations(primitive: ET.Element, wanted: Primitive, taken: set[str]) -> None:
    operations = primitive.find("operations")
    if operations is None:
        operations = ET.SubElement(primitive, "operations")
    listed = {(one.get("name"), one.get("interval"), one.get("timeout")) for one in operations if not _off(one)}
    if listed == {(op.name, op.interval, op.timeout) for op in wanted.operations}:
        return
    operations.attrib.pop("id-ref", None)
    for one in list(operations):
        operations.remove(one)
        taken -= references.identities(one)
    for op in wanted.operations:
        identity = _new(f"{wanted.id}-{op.name}-{op.interval}", taken)
        ET.SubElement(operations, "op", id=identity, name=op.name, interval=op.interval, timeout=op.timeout)


def _off(operation: ET.Element) -> bool:
    """Whether somebody switched the operation off: disabled, without a consequence, or meant for a resource that does not run."""
    said = {**operation.attrib, **{one.get("name", ""): one.get("value", "") for one in operation.iter("nvpair")}}
    return (
        said.get("enabled", "true").lower() in ("false", "no", "off", "n", "0")
        or said.get("on-fail") in ("ignore", "block")
        or said.get("role", "Started") != "Started"
    )


def _put_clone(root: ET.Element, wanted: Clone, changes: list[str], taken: set[str]) -> None:
    """Wrap the primitive where it stands; what an administrator set on a clone that is there stays."""
    resources = _section(root, "resources")
    clone = next((one for one in resources.iter("clone") if one.get("id") == wanted.id), None)
    new = clone is None
    if clone is None:
        clone = ET.SubElement(resources, "clone", id=wanted.id)
        changes.append(f"{wanted.id} is not there")
    attributes = _set(clone, "meta_attributes", f"{wanted.id}-meta_attributes", taken)
    differing: list[str] = []
    _set_pairs(attributes, {"interleave": "true"}, differing, taken)
    for parent in list(resources.iter()):
        for child in list(parent):
            if parent is not clone and child.tag == "primitive" and child.get("id") == wanted.of:
                parent.remove(child)
                clone.append(child)
                differing.append(wanted.of)
    if differing and not new:
        changes.append(f"{wanted.id} differs")


def constraint(wanted: Constraint) -> ET.Element:
    """Return the constraint as XML."""
    if isinstance(wanted, Colocation):
        return ET.Element(
            "rsc_colocation",
            {"id": wanted.id, "score": "INFINITY", "rsc": wanted.resource, "with-rsc": wanted.with_resource},
        )
    if isinstance(wanted, Order):
        return ET.Element(
            "rsc_order", {"id": wanted.id, "kind": "Mandatory", "first": wanted.first, "then": wanted.then}
        )
    location = ET.Element("rsc_location", {"id": wanted.id, "rsc": wanted.resource})
    rule = ET.SubElement(location, "rule", {"id": f"{wanted.id}-rule", "score-attribute": wanted.attribute})
    defined = {"id": f"{wanted.id}-defined", "attribute": wanted.attribute, "operation": "defined"}
    ET.SubElement(rule, "expression", defined)
    return location


def _put(parent: ET.Element, wanted: ET.Element, changes: list[str]) -> None:
    """Put an object that is ours as a whole."""
    found = next((one for one in parent if one.get("id") == wanted.get("id")), None)
    if found is not None and _same(found, wanted):
        return
    if found is not None:
        parent.remove(found)
    parent.append(wanted)
    changes.append(f"{wanted.get('id')} {'is not there' if found is None else 'differs'}")


def _same(one: ET.Element, other: ET.Element) -> bool:
    return ET.canonicalize(ET.tostring(one), strip_text=True) == ET.canonicalize(ET.tostring(other), strip_text=True)
