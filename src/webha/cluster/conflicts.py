"""What an administrator has in the cluster information base that our objects cannot be put beside, or taken out of."""

from collections.abc import Iterable
from xml.etree import ElementTree as ET

from webha.cluster import references
from webha.cluster.cib import Cib, Wanted, constraint


def unfit(live: Cib, wanted: Wanted) -> list[str]:
    """Say which objects of somebody's ``wanted`` cannot be put beside: of one of our names, or around a resource of ours.

    A group with a resource of ours that runs once is no such: it goes with the others in it, where the node is ready.
    """
    root = ET.fromstring(live.configuration)  # noqa: S314 (of our own cluster)
    kinds = {one.id: "primitive" for one in wanted.primitives} | {one.id: "clone" for one in wanted.clones}
    kinds |= {name: "" for one in wanted.constraints for name in references.identities(constraint(one))}
    constraints = root.find("constraints")
    ours = set() if constraints is None else references.identities(constraints)
    found = []
    for name, kind in kinds.items():
        one = references.named(root, name)
        if one is not None and (one.tag != kind if kind else name not in ours):
            found.append(
                f"{name} is a {one.tag} of somebody's, and the name of ours: give it another, crm configure rename {name} NAME"
            )
    of = {one.of: one.id for one in wanted.clones}
    for clone in wanted.clones:
        there = references.named(root, clone.id)
        others = [] if there is None else [inner.get("id") for inner in there if inner.tag in ("primitive", "group")]
        if others and others != [clone.of]:
            found.append(f"{clone.id} holds {others[0]} of somebody's: crm configure rename {clone.id} NAME")
    for primitive in wanted.primitives:
        around = references.around(root, primitive.id)
        for wrapper in around:
            place = wrapper.get("id")
            if place != of.get(primitive.id) and (wrapper.tag != "group" or primitive.id in of or len(around) > 1):
                found.append(
                    f"{primitive.id} is in the {wrapper.tag} {place} of somebody's: {_leaving(wrapper, primitive.id)}"
                )
    return found


def _leaving(wrapper: ET.Element, resource: str) -> str:
    name, others = wrapper.get("id"), wrapper.findall("primitive")
    if wrapper.tag == "group" and len(others) > 1:
        return f"crm configure modgroup {name} remove {resource}"
    return (
        f"take it out there, crm configure edit {name}" if wrapper.tag == "bundle" else f"crm configure delete {name}"
    )


def holding(live: Cib, ids: Iterable[str]) -> list[str]:
    """Say which objects of somebody's keep ``ids`` from being taken out, each with the command that ends it."""
    return references.holding(ET.fromstring(live.configuration), ids)  # noqa: S314 (of our own cluster)
