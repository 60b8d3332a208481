"""Run when webha-handover.service stops, so at shutdown before MariaDB, Gluster and the network do.

Waits until Pacemaker, which is being stopped beside, has handed the virtual IP over, a minute at most; then ends the bricks: one
that ends while the network is still up says so, and one that is cut off with it would make every client wait.
"""

import time
from dataclasses import dataclass

from webha_node import maintenance
from webha_node.commands import run

LONGEST = 60.0  # seconds for the address
PATIENCE = 20.0  # seconds for a command, while a whole machine stops
NONE = 1  # pgrep(1): no process matched
BRICK = "glusterfsd"
LOOKS, PAUSE = 10, 0.3  # at a brick that was told to end, before it is killed


@dataclass(frozen=True)
class Values:
    """The virtual IP."""

    vip: str


def here(vip: str) -> bool:
    """Whether the address is on one of this node's devices; where ip does not say, it may be."""
    shown = run("ip", "-4", "-o", "address", "show", seconds=PATIENCE)
    return shown.returncode != 0 or f" {vip}/" in shown.stdout


def main(values: Values) -> None:
    """Wait for the address to leave; end the bricks where the whole machine goes down."""
    end = time.monotonic() + (0 if maintenance.on() else LONGEST)  # in which nothing is moved
    while here(values.vip) and time.monotonic() < end:
        time.sleep(0.1)
    if run("systemctl", "is-system-running", seconds=PATIENCE).stdout.strip() != "stopping":
        return  # only this unit was stopped
    if run("pkill", "-TERM", "-x", BRICK, seconds=PATIENCE).returncode == NONE:
        return
    for _ in range(LOOKS):
        if run("pgrep", "-x", BRICK, seconds=PATIENCE).returncode == NONE:
            return
        time.sleep(PAUSE)
    run("pkill", "-KILL", "-x", BRICK, seconds=PATIENCE)
