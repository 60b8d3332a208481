"""Who holds the virtual IP, and how it is made to leave."""

import socket

from webha_node import attributes

LEAVE = attributes.telling(0)  # readiness has the last word at its next look


def held(vip: str) -> bool:
    """Whether the virtual IP is this node's: only then can a socket be bound to it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((vip, 0))
        except OSError:
            return False
    return True
