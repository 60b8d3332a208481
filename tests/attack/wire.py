"""What passes between the nodes, as a switch's mirror port shows it."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from lab.layout import HUB

# Sees every packet on every cable of the nodes' network; says how many there were, and which of the words passed.
_LISTEN = """
import select, socket, sys, time
words = [word.encode() for word in sys.argv[1:]]
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.ntohs(3))
print("listening", flush=True)
seen, count = set(), 0
while not select.select([sys.stdin], [], [], 0)[0]:
    if select.select([wire], [], [], 0.2)[0]:
        packet = wire.recv(70000); count += 1
        seen |= {word for word in words if word in packet}
print(count, *(word.decode() for word in sorted(seen)))
"""


class Heard:
    """How many packets passed, and which words in them."""

    packets = 0
    words: frozenset[str] = frozenset()


@contextmanager
def listening(*words: str) -> Iterator[Heard]:
    """Listen while the block runs; its result is there when it has ended."""
    listener = subprocess.Popen(
        ["ip", "netns", "exec", HUB, sys.executable, "-c", _LISTEN, *words],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    heard = Heard()
    assert listener.stdout is not None
    assert listener.stdout.readline() == "listening\n"
    try:
        yield heard
        time.sleep(2)
    finally:
        count, *found = listener.communicate("\n", timeout=30)[0].split()
        heard.packets, heard.words = int(count), frozenset(found)
