"""Who refers to whom in the cluster information base, and what is around our objects: nothing may point at what is gone.

Pacemaker takes no configuration in which an IDREF of its schema points nowhere, or a group, clone, tag or set is empty.
"""

from collections.abc import Iterable, Iterator
from copy import deepcopy
from xml.etree import ElementTree as ET

_OURS = ("primitive", "clone", "rsc_location", "rsc_colocation", "rsc_order", "alert")  # what we ever made
_WRAPPERS = ("group", "clone", "master", "bundle")  # resources that hold others
_POINTERS = ("obj_ref", "resource_ref", "role")  # elements whose ``id`` is another object's
_PEOPLE = ("acl_target", "node")  # and those whose ``id`` is no name within the configuration
_PARTS = ("instance_attributes", "meta_attributes", "utilization", "operations", "op", "rule", "nvpair", "resource_set")
# Attributes that name another object, of elements that are about it alone.
_ABOUT = ("rsc", "with-rsc", "first", "then", "reference")
# What may not be empty, and of what. A bundle may: it is a container.
_NEVER_EMPTY = {
    "group": ("primitive",),
    "clone": ("primitive", "group"),
    "master": ("primitive", "group"),
    "tag": ("obj_ref",),
    "resource_set": ("resource_ref",),
    **dict.fromkeys(("rsc_location", "rsc_colocation", "rsc_order", "rsc_ticket"), ("resource_set",)),
}


def identity(element: ET.Element) -> str | None:
    """Return the id that ``element`` itself has."""
    return None if element.tag in (*_POINTERS, *_PEOPLE) else element.get("id")


def identities(root: ET.Element) -> set[str]:
    """Return all ids that something in ``root`` has."""
    return {found for one in root.iter() if (found := identity(one)) is not None}


def named(root: ET.Element, wanted: str) -> ET.Element | None:
    """Return the object of that id."""
    return next((one for one in root.iter() if identity(one) == wanted), None)


def around(root: ET.Element, wanted: str) -> list[ET.Element]:
    """Return the groups, clones and bundles around the resource of that id, the outermost first."""
    for child in root:
        if child.tag == "primitive" and child.get("id") == wanted:
            return [root] if root.tag in _WRAPPERS else []
        if inner := around(child, wanted):
            return [root, *inner] if root.tag in _WRAPPERS else inner
    return []


def removed(root: ET.Element, ids: Iterable[str]) -> list[str]:
    """Take the objects ``ids`` out with all that is about them alone; return a line for each.

    Constraints, tickets and permissions on them go, and their names in somebody's tags and sets; a group, clone, tag, set or
    constraint that nothing is left in goes too, with what is about that.
    """
    gone = set(ids) - {one.get("id") for one in root.iter() if identity(one) and one.tag not in _OURS}
    lines: list[str] = []

    def prune(parent: ET.Element) -> bool:
        lost = False
        for child in list(parent):
            emptied = prune(child)
            if identity(child) in gone or _about(child, gone) or (emptied and _empty(child)):
                parent.remove(child)
                gone.update(identities(child))
                lost = True
                if child.tag not in ("obj_ref", "resource_ref"):
                    lines.append(f"{child.tag} {identity(child) or child.get('id-ref')}")
        return lost

    before = -1
    while len(lines) != before:  # what went may have been what something else was about
        before = len(lines)
        prune(root)
    return lines


def holding(root: ET.Element, ids: Iterable[str]) -> list[str]:
    """Say which objects of somebody's keep ``ids`` from being taken out: they would be other ones without them."""
    ids = set(ids)
    found = []
    for wrapper in root.iter():
        within = [one for one in wrapper if one.tag == "primitive"]
        ours = [one.get("id", "") for one in within if one.get("id") in ids]
        name = wrapper.get("id")
        if wrapper.tag == "bundle" and ours:
            found.append(
                f"{ours[0]} is in the bundle {name} of somebody's: take it out there, crm configure edit {name}"
            )
        elif wrapper.tag == "group" and ours and len(ours) < len(within):
            found += [
                f"{one} is in the group {name} of somebody's: crm configure modgroup {name} remove {one}"
                for one in ours
            ]
    rest = deepcopy(root)
    removed(rest, ids)
    for owner, target in dict.fromkeys(one for one in dangling(rest) if one not in set(dangling(root))):
        found.append(f"{owner} takes values from {target}, which goes: give it its own, crm configure edit {owner}")
    return found


def dangling(root: ET.Element) -> Iterator[tuple[str, str]]:
    """Return what points at nothing: the object's id, or that of the one it stands in, and the id that is not there."""
    known = identities(root)

    def look(element: ET.Element, owner: str) -> Iterator[tuple[str, str]]:
        owner = owner if element.tag in _PARTS else element.get("id") or element.tag
        names = [element.get(name) for name in (*_ABOUT, "id-ref", "template")]
        names += [element.get("id")] if element.tag in _POINTERS else []
        yield from ((owner, name) for name in names if name is not None and name not in known)
        for child in element:
            yield from look(child, owner)

    return look(root, root.tag)


def _about(element: ET.Element, gone: set[str]) -> bool:
    """Whether the element says something of what is gone, and of nothing else."""
    names = {element.get(name) for name in _ABOUT}
    if element.tag in _POINTERS:
        names.add(element.get("id"))
    if element.tag == "resource_set":
        names.add(element.get("id-ref"))
    return bool(gone & names)


def _empty(element: ET.Element) -> bool:
    kinds = _NEVER_EMPTY.get(element.tag)
    return kinds is not None and not any(child.tag in kinds for child in element)
