"""Who holds the virtual IP, and how it is made to leave."""

import contextlib
import re
import time
from pathlib import Path

from webha_node import attributes
from webha_node.commands import run

LEAVE = attributes.telling(0)
NOTE = Path("/run/webha/leaving")  # until when readiness says the same, in seconds of the clock that only goes forward
AWAY = 10.0  # seconds
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


def ask_to_leave() -> tuple[str, ...]:
    """Return the command that makes the address leave, after a note by which readiness does not call it back at once."""
    with contextlib.suppress(OSError):
        NOTE.parent.mkdir(parents=True, exist_ok=True)
        NOTE.write_text(f"{time.monotonic() + AWAY}\n")
    return LEAVE


def leaving() -> bool:
    """Whether somebody here wants the address away for now; a note that cannot be read is none."""
    try:
        return 0 < float(NOTE.read_text()) - time.monotonic() <= AWAY
    except (OSError, ValueError):
        return False


def left(vip: str, seconds: float) -> bool:
    """Make the virtual IP leave, if it is here; whether it is elsewhere within ``seconds``."""
    if held(vip):
        run(*ask_to_leave(), seconds=5)
        deadline = time.monotonic() + seconds
        while held(vip) and time.monotonic() < deadline:
            time.sleep(0.1)
    return not held(vip)
