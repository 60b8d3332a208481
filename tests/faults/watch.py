"""Who holds the virtual IP, and who stands still, read from outside the nodes every 20 ms: no node can hide it or be late.

All namespaces share one kernel and one clock. A thread per node enters the node's network namespace; a node that is
switched off loses its namespace, one that boots has a new one.
"""

import ctypes
import os
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lab import node as power
from lab.layout import VIP
from tests.faults.measure import Span
from tests.faults.reach import BY_NAME

EVERY = 0.02
_CLONE_NEWNET = 0x40000000
_LOCAL = re.compile(rf"-- {re.escape(VIP)}\n\s+/32 host LOCAL")
_libc = ctypes.CDLL(None, use_errno=True)


class Recorder(threading.Thread):
    """Follows one node until it is told to stop; ``held`` and ``still`` are what it saw."""

    def __init__(self, name: str, stop: threading.Event) -> None:
        """Say whom to follow; ``start()`` begins."""
        super().__init__(name=f"watch {name}", daemon=True)
        self.node, self.done = name, stop
        self.held: list[Span] = []
        self.still: list[Span] = []
        self._namespace = Path("/run/netns") / name
        self._inside: int | None = None
        self._home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)

    def run(self) -> None:
        """Look, every 20 ms."""
        machine = power.machine(BY_NAME[self.node])
        before: dict[str, float | None] = {"held": None, "still": None}
        while not self.done.wait(EVERY):
            now = time.monotonic()
            for what, seen in (("held", self._holds()), ("still", machine.frozen())):
                begun = before[what]
                if seen and begun is None:
                    before[what] = now
                elif not seen and begun is not None:
                    getattr(self, what).append((begun, now))
                    before[what] = None
        for what, begun in before.items():
            if begun is not None:
                getattr(self, what).append((begun, time.monotonic()))
        os.close(self._home)

    def _holds(self) -> bool:
        try:
            there = self._namespace.stat().st_ino
            if there != self._inside:
                self._enter(self._namespace)
                self._inside = there
            return bool(_LOCAL.search(Path("/proc/thread-self/net/fib_trie").read_text()))
        except OSError:  # off, or on its way there or back: a namespace that is still occupied would not go away
            if self._inside is not None:
                _libc.setns(self._home, _CLONE_NEWNET)
                self._inside = None
            return False

    @staticmethod
    def _enter(namespace: Path) -> None:
        file = os.open(namespace, os.O_RDONLY)
        try:
            if _libc.setns(file, _CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), f"{namespace} cannot be entered")
        finally:
            os.close(file)


@contextmanager
def watching() -> Iterator[dict[str, Recorder]]:
    """Follow all nodes; their spans are complete when it has ended."""
    stop = threading.Event()
    recorders = {name: Recorder(name, stop) for name in BY_NAME}
    for one in recorders.values():
        one.start()
    try:
        yield recorders
    finally:
        stop.set()
        for one in recorders.values():
            one.join(5)
