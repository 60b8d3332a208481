"""Who may reach a node over the network: its typed state and its decisions, which know nothing of pyinfra."""

from webha.firewall.decisions import closed_to_all, not_as_wished, openings, ssh
from webha.firewall.state import RULES, TABLE, UNIT, Firewall, Listener, Opening, networks

__all__ = [
    "RULES",
    "TABLE",
    "UNIT",
    "Firewall",
    "Listener",
    "Opening",
    "closed_to_all",
    "networks",
    "not_as_wished",
    "openings",
    "ssh",
]
