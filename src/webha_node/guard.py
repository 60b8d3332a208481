"""Lets go of the virtual IP where this node may have lost its right to it unknowingly, and of connections to nodes that were lost.

Pacemaker gives the address up when it learns that the quorum is gone. It learns nothing while corosync hangs, and a machine
that stood still (a paused guest, a node starved of CPU) wakes up with an address that others may hold by now. Neither is
fencing: a kernel that answers by itself while all of its processes stand still keeps the address until they go on.
What a person does in maintenance mode is no such loss (``webha_node.detach``).
"""

import ctypes
import os
import subprocess
import threading
import time
import traceback
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from webha_node import maintenance, reaper
from webha_node.address import ask_to_leave, held
from webha_node.commands import run
from webha_node.corosync_log import Departures
from webha_node.detach import NOTE, Detach

STEP = 0.1
PATIENCE = 30.0  # seconds for ip, on a node that wakes up starved
LONGEST_LOOK = 10.0  # seconds that a look at a detach takes at most, else this node stood still in it
CS_OK = 1
OWN_NODE = 0
QUORATE = 2  # VOTEQUORUM_INFO_QUORATE


@dataclass(frozen=True)
class Values:
    """``patience``: seconds without an answer of a quorate corosync; ``detection``: seconds after which the others have a membership
    without this node; ``confirm``: seconds that a loss must last before the node's connections go. ``nodes``: name to address, in
    corosync's numbering from 1 on.
    """

    name: str
    nodes: dict[str, str]
    vip: str
    patience: float
    detection: float
    confirm: float


class Info(ctypes.Structure):
    """struct votequorum_info: this node's or another's number and state, five more, the flags, and what is not asked for."""

    node: int
    state: int
    flags: int
    _fields_ = (
        ("node", ctypes.c_uint),
        ("state", ctypes.c_uint),
        ("votes", ctypes.c_uint * 5),
        ("flags", ctypes.c_uint),
        ("rest", ctypes.c_char * 260),
    )


class Quorum:
    """What corosync says of the quorum and of the nodes; asked in a thread of its own, for the answer may never come.

    Votequorum, because it answers while memberships are formed. A request to any other service waits until corosync has
    settled, and a corosync with a waiting request spins at real-time priority (seen: a broken link between two
    nodes left nothing of the processors to anybody, for as long as it was broken).

    ``heard``: when it last said that this node is in the majority. ``lost``: it said so, and now says that it is not; a
    corosync that has just started has no majority yet and lost none.
    """

    def __init__(self, values: Values) -> None:
        """Nothing was heard yet."""
        self.values = values
        self.heard, self.lost = time.monotonic(), False
        self.news = threading.Event()
        self.losses = reaper.Losses({}, values.confirm)
        self.departures = Departures(dict(enumerate(values.nodes, 1)))
        self._library = ctypes.CDLL("libvotequorum.so.8")

    def watch(self) -> None:
        """Ask for ever; end the whole program where that fails: a guard that hears nothing takes the address off for nothing."""
        try:
            self._watch()
        except Exception:
            traceback.print_exc()
            os._exit(1)

    def _watch(self) -> None:
        numbers = dict(enumerate(self.values.nodes, 1))
        while True:
            handle = ctypes.c_uint64()
            if self._library.votequorum_initialize(ctypes.byref(handle), None) == CS_OK:
                info, had = Info(), False
                losses = self.losses = reaper.Losses(numbers, self.values.confirm)
                while self._library.votequorum_getinfo(handle, OWN_NODE, ctypes.byref(info)) == CS_OK:
                    now, quorate = time.monotonic(), bool(info.flags & QUORATE)
                    # Corosync numbers the nodes as its own file lists them; where this node is another one there, it is an older file.
                    if numbers.get(info.node) == self.values.name:
                        self.departures.read()
                        states = self._states(handle, numbers, info.node)
                        self._reap(losses.saw(states, quorate, now, self.departures.names))
                    # After the others' states, by which a lost majority is judged.
                    if quorate:
                        if not had:
                            NOTE.unlink(missing_ok=True)
                        self.heard, had = now, True
                    self.lost = had and not quorate
                    if self.lost:
                        self.news.set()
                    time.sleep(STEP / 2)
                self.lost = False
                self._library.votequorum_finalize(handle)
            time.sleep(STEP)

    def away(self) -> tuple[set[str], set[str]]:
        """Return the other nodes that are no members, and those that have left in order."""
        others = set(self.values.nodes) - {self.values.name}
        return others - self.losses.members, self.departures.names

    def _reap(self, names: Iterable[str]) -> None:
        for name in names:
            threading.Thread(target=reaper.reap, args=(name, self.values.nodes[name]), daemon=True).start()

    def _states(self, handle: ctypes.c_uint64, numbers: Mapping[int, str], own: int) -> dict[int, int]:
        """Return the others' states; one that corosync does not know yet is left out."""
        found, info = {}, Info()
        for number in numbers:
            if number != own and self._library.votequorum_getinfo(handle, number, ctypes.byref(info)) == CS_OK:
                found[number] = info.state
        return found


def let_go(vip: str, reason: str) -> None:
    """Take the address off every device that has it, with whatever prefix somebody gave it there."""
    removed = False
    shown = run("ip", "-4", "-o", "address", "show", seconds=PATIENCE)
    if shown.returncode != 0:
        print(f"cannot let go of {vip} yet: ip says {shown.stderr.strip() or shown.returncode}", flush=True)
    for line in shown.stdout.splitlines():
        words = line.split()
        # Number, device, "inet", the address with its prefix.
        for found in (one for one in words[3:4] if one.startswith(f"{vip}/")):
            done = run("ip", "address", "del", found, "dev", words[1], seconds=PATIENCE)
            if done.returncode == 0:
                removed = True
                print(f"let go of {vip}: {reason}", flush=True)
            else:
                print(f"cannot let go of {vip} yet: ip says {done.stderr.strip() or done.returncode}", flush=True)
    if not removed:
        return
    # So that it stays where the others have put it; not waited for, as Pacemaker may hang with corosync.
    subprocess.Popen(["timeout", "-k", "1", "8", *ask_to_leave()], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def verdict(gap: float, silence: float, lost: bool, values: Values) -> str | None:
    """Why the address must go: ``gap`` seconds since this program last ran, ``silence`` since corosync was heard with quorum."""
    if gap > values.detection:
        return f"this node stood still for {gap:.1f} s, the others may hold it by now"
    if lost:
        return "corosync says that this node is no longer in the majority"
    if silence > values.patience:
        return f"no quorate corosync was heard for {silence:.1f} s"
    return None


def main(values: Values) -> None:
    """Watch for ever."""
    quorum = Quorum(values)
    threading.Thread(target=quorum.watch, daemon=True).start()
    before, wanted, slept = time.monotonic(), None, False
    detach = Detach(values.name, values.nodes, values.vip)
    while True:
        quorum.news.wait(STEP)
        quorum.news.clear()
        now = time.monotonic()
        gap, before = now - before, now
        if gap > 10 * STEP:
            quorum.heard = min(now, quorum.heard + gap)  # this program stood still and could hear nobody
        # A reason stays one until the address has gone: a standstill shows in one round only, and ip may take its time.
        reason = verdict(gap, now - quorum.heard, quorum.lost, values)
        if reason is None:
            detach.calm(heard=now - quorum.heard < 10 * STEP)
        slept = gap > values.detection or (slept and wanted is not None)
        wanted = reason or wanted
        if wanted is not None and held(values.vip):
            if not slept and maintenance.on():
                kept = detach.keeps(*quorum.away())
                before = time.monotonic()
                slept = before - now > LONGEST_LOOK
                if kept and not slept:
                    wanted = None
            if wanted is not None:
                let_go(values.vip, wanted)
        if wanted is not None and not held(values.vip):
            wanted = None
