"""Whether a person has put the cluster into maintenance mode, by which nothing of Pacemaker's is started, stopped or moved.

Asked of Pacemaker's own configuration on this node's disk: it is there while Pacemaker runs, and is what it said last while it does
not. Node maintenance is not it: when such a node leaves, the others start its resources.
"""

from pathlib import Path
from xml.etree import ElementTree

CIB = Path("/var/lib/pacemaker/cib/cib.xml")
_TRUE = {"true", "on", "yes", "y", "1"}  # Pacemaker's


def on() -> bool:
    """Whether maintenance-mode is on; what cannot be read, or depends on a rule, does not say so."""
    try:
        root = ElementTree.parse(CIB).getroot()  # noqa: S314 (Pacemaker's own file)
    except (OSError, ElementTree.ParseError):
        return False
    sets = root.findall("configuration/crm_config/cluster_property_set")
    said = [
        value.get("value", "").lower() in _TRUE and one.find("rule") is None
        for one in sets
        for value in one.findall("nvpair")
        if value.get("name") == "maintenance-mode"
    ]
    return bool(said) and all(said)
