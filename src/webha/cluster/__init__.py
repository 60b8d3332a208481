"""Corosync and Pacemaker: membership, quorum, resources (§2.3): its typed state and its decisions, which know nothing of pyinfra."""

from webha.cluster.decisions import (
    ClusterVerdict,
    in_force,
    key,
    misplaced,
    not_ours,
    of_others,
    offline,
    strangers,
    stray,
)
from webha.cluster.state import (
    ALIKE,
    RELOADABLE,
    SHIPPED_NAME,
    CrmNode,
    CrmResource,
    CrmStatus,
    Peer,
    Peers,
    cluster_name,
    flatten,
    parse_crm_mon,
)

__all__ = [
    "ALIKE",
    "RELOADABLE",
    "SHIPPED_NAME",
    "ClusterVerdict",
    "CrmNode",
    "CrmResource",
    "CrmStatus",
    "Peer",
    "Peers",
    "cluster_name",
    "flatten",
    "in_force",
    "key",
    "misplaced",
    "not_ours",
    "of_others",
    "offline",
    "parse_crm_mon",
    "strangers",
    "stray",
]
