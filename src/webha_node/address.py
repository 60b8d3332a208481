"""Who holds the virtual IP, and how it is made to leave."""

import re
import time
from pathlib import Path

from webha_node import attributes
from webha_node.commands import run

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


def left(vip: str, seconds: float) -> bool:
    """Make the virtual IP leave, if it is here; whether it is elsewhere within ``seconds``."""
    if held(vip):
        run(*LEAVE, seconds=5)
        deadline = time.monotonic() + seconds
        while held(vip) and time.monotonic() < deadline:
            time.sleep(0.1)
    return not held(vip)
