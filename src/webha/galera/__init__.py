"""MariaDB Galera: one database of all nodes (the document's §2.1): its typed state and its decisions, which know nothing of pyinfra."""

from webha.galera.components import apart
from webha.galera.decisions import bootstrap, may_join, may_restart, not_ours, of_others, shut_out, whole
from webha.galera.durability import endangered
from webha.galera.encryption import next_mode, unencrypted
from webha.galera.returning import returning
from webha.galera.state import Member, Members, parse_grants, parse_grastate, parse_status
from webha_node.grastate import NO_HISTORY, Grastate
from webha_node.grastate import position as parse_position

__all__ = [
    "NO_HISTORY",
    "Grastate",
    "Member",
    "Members",
    "apart",
    "bootstrap",
    "endangered",
    "may_join",
    "may_restart",
    "next_mode",
    "not_ours",
    "of_others",
    "parse_grants",
    "parse_grastate",
    "parse_position",
    "parse_status",
    "returning",
    "shut_out",
    "unencrypted",
    "whole",
]
