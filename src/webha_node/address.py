"""Who holds the virtual IP, and how it is made to leave."""

import re
from pathlib import Path

from webha_node import attributes

LEAVE = attributes.telling(0)  # readiness has the last word at its next look
TRIE = Path("/proc/net/fib_trie")


def held(vip: str) -> bool:
    """Whether the virtual IP is this node's, by the kernel's own table; what cannot be read counts as held.

    Not by binding a socket to it, which any address allows where net.ipv4.ip_nonlocal_bind is set (every HAProxy guide does).
    """
    try:
        table = TRIE.read_text()
    except OSError:
        return True
    return re.search(rf"\|-- {re.escape(vip)}\n\s+/32 host LOCAL", table) is not None
