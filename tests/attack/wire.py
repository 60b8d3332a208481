"""What passes between the nodes, as a switch's mirror port shows it."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from lab.layout import HUB
from lab.visitor import STRANGER
from tests.attack.stranger import does

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


# Prints, as hexadecimal lines, the frames that carry a datagram from one address to another's port.
_RECORD = """
import socket, sys, time
source, target = (socket.inet_aton(one) for one in sys.argv[1:3])
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.ntohs(3)); wire.settimeout(1)
found, end = set(), time.monotonic() + 5
while time.monotonic() < end and len(found) < 40:
    try:
        frame = wire.recv(70000)
    except TimeoutError:
        continue
    if frame[12:14] == b"\\x08\\x00" and frame[23] == 17 and frame[26:34] == source + target and frame[36:38] == int(sys.argv[3]).to_bytes(2, "big"):
        found.add(frame)
print(*(frame.hex() for frame in found))
"""
# Sends each frame again from this machine's card, as it was and with a bit of its load changed, and its load from this machine's address.
_REPLAY = """
import socket, sys
own = bytes.fromhex(open("/sys/class/net/eth0/address").read().replace(":", ""))
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW); wire.bind(("eth0", 0))
datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sent = 0
for frame in map(bytes.fromhex, sys.argv[3:]):
    same = frame[:6] + own + frame[12:40] + bytes(2) + frame[42:]
    changed = same[:-9] + bytes([same[-9] ^ 1]) + same[-8:]
    for one in (same, changed, same, changed):
        wire.send(one); sent += 1
    for load in (frame[42:], b"x" * 64):
        datagrams.sendto(load, (sys.argv[1], int(sys.argv[2]))); sent += 1
print(sent)
"""


# Counts the datagrams from the stranger's card to a port that reach a node's own.
_COUNT = """
import select, socket, sys
card, port = bytes.fromhex(sys.argv[1].replace(":", "")), int(sys.argv[2]).to_bytes(2, "big")
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.ntohs(3))
print("listening", flush=True)
count = 0
while not select.select([sys.stdin], [], [], 0)[0]:
    if select.select([wire], [], [], 0.2)[0]:
        packet = wire.recv(70000); count += packet[6:12] == card and packet[36:38] == port
print(count)
"""


class Heard:
    """How many packets passed, and which words in them."""

    packets = 0
    words: frozenset[str] = frozenset()


@contextmanager
def _beside(namespace: str, program: str, *words: str) -> Iterator[Heard]:
    """Run a listener in a network while the block runs; its result is there when it has ended."""
    listener = subprocess.Popen(
        ["ip", "netns", "exec", namespace, sys.executable, "-c", program, *words],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    heard = Heard()
    assert listener.stdout is not None
    assert listener.stdout.readline() == "listening\n"
    try:
        yield heard
    finally:
        count, *found = listener.communicate("\n", timeout=30)[0].split()
        heard.packets, heard.words = int(count), frozenset(found)


@contextmanager
def listening(*words: str) -> Iterator[Heard]:
    """Listen to all that passes, for some words."""
    with _beside(HUB, _LISTEN, *words) as heard:
        yield heard
        time.sleep(2)


@contextmanager
def arriving(node: str, port: int) -> Iterator[Heard]:
    """Count what of the stranger's arrives at a node's port."""
    with _beside(node, _COUNT, STRANGER.mac, str(port)) as heard:
        yield heard


def recorded(source: str, target: str, port: int) -> list[str]:
    """Return some frames that passed, in hexadecimal, with datagrams from one address to another's port."""
    words = ["ip", "netns", "exec", HUB, sys.executable, "-c", _RECORD, source, target, str(port)]
    return subprocess.run(words, capture_output=True, text=True, check=True, timeout=30).stdout.split()


def replayed(frames: list[str], target: str, port: int) -> int:
    """Send them again from the stranger's card; return how many packets that were."""
    return int(does(sys.executable, "-c", _REPLAY, target, str(port), *frames).split()[-1])
