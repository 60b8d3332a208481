"""Who may reach a node over the network: its typed state and its decisions, which know nothing of pyinfra."""

from webha.firewall.decisions import closed_to_all, intruders, not_as_wished, openings, shut_to_visitors, ssh
from webha.firewall.state import DROP_IN, RULES, TABLE, UNIT, Connection, Firewall, Listener, Opening, networks

__all__ = [
    "DROP_IN",
    "RULES",
    "TABLE",
    "UNIT",
    "Connection",
    "Firewall",
    "Listener",
    "Opening",
    "closed_to_all",
    "intruders",
    "networks",
    "not_as_wished",
    "openings",
    "shut_to_visitors",
    "ssh",
]
