"""OpenStack: the port of the virtual IP, the address pairs, the floating IP (§2.3.3): its typed state and its decisions, which know nothing of pyinfra."""

from webha.cloud.decisions import (
    Place,
    Request,
    Wanted,
    allows,
    is_ours,
    pair_requests,
    place,
    port_requests,
    tag,
    untag,
    vip_port,
    wanted,
)

__all__ = [
    "Place",
    "Request",
    "Wanted",
    "allows",
    "is_ours",
    "pair_requests",
    "place",
    "port_requests",
    "tag",
    "untag",
    "vip_port",
    "wanted",
]
