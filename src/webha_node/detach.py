"""Whether the cluster's daemons were taken away under the services, by a person: Pacemaker's detach, as its upgrade needs it.

With maintenance mode on, Pacemaker leaves what it has started alone, its own end included. So the address may stay where it is
although no quorate corosync is heard, as long as all of this is true:

- maintenance mode is on, by Pacemaker's configuration on this disk: with it, nobody else starts the address;
- corosync here was stopped in order, or was started again since; or it runs, and whoever is missing has left in order. One that was
  killed, has failed, hangs or lost its peers to a cut network is no detach: the guard lets go as ever;
- this node reaches a majority of the nodes over the network: who may end maintenance mode meanwhile can be heard;
- nobody else answers for the address. Somebody who ends maintenance mode while this node is away makes another one start it, and
  that one says so on the network.

The last two are asked anew each time. A node that stood still is never excused.
"""

import time
from collections.abc import Collection, Mapping
from pathlib import Path

from webha_node import maintenance
from webha_node.commands import run
from webha_node.reach import out_of_reach

SURE = 1.0  # seconds
# How systemd saw the last corosync end, written by our drop-in of its unit: "success" is in order. Gone once there is a majority again.
NOTE = Path("/run/webha/corosync.ended")


def ended_in_order() -> bool:
    """Whether the corosync before the one that runs was stopped in order, and no majority was heard since."""
    try:
        return NOTE.read_text().strip() == "success"
    except OSError:
        return False


def corosync() -> str:
    """Return what became of corosync: ``stopped`` in order, ``runs``, or ``failed``, which is also what cannot be asked."""
    shown = run("systemctl", "show", "-p", "ActiveState", "-p", "Result", "corosync.service")
    values = dict(line.split("=", 1) for line in shown.stdout.splitlines() if "=" in line)
    if shown.returncode != 0 or values.get("Result") != "success":
        return "failed"
    return {"inactive": "stopped", "deactivating": "stopped", "active": "runs", "activating": "runs"}.get(
        values.get("ActiveState", ""), "failed"
    )


def alone_with(vip: str) -> bool:
    """Whether nobody else on the network answers for the address; where that cannot be asked, somebody may."""
    shown = run("ip", "-4", "-o", "address", "show")
    devices = [line.split()[1] for line in shown.stdout.splitlines() if f" {vip}/" in line]
    # arping(8): with -D, 0 where no reply was received
    return bool(devices) and all(
        run("arping", "-D", "-q", "-c", "1", "-w", "1", "-I", device, vip).returncode == 0 for device in devices
    )


class Detach:
    """What is known of the detach under way; ``nodes``: name to address."""

    def __init__(self, name: str, nodes: Mapping[str, str], vip: str) -> None:
        """None is known."""
        self.name, self.nodes, self.vip = name, nodes, vip
        self.begun = False
        self.refused: float | None = None  # since when there was no excuse

    def keeps(self, missing: Collection[str], departed: Collection[str]) -> bool:
        """Whether the address may stay: with an excuse, and for a second without, as the log may tell late who left in order.

        In maintenance mode nobody else takes the address in that second.
        """
        excused, now = self.excuses(missing, departed), time.monotonic()
        self.refused = None if excused else now if self.refused is None else self.refused
        return self.refused is None or now - self.refused < SURE

    def calm(self, heard: bool) -> None:
        """There is no reason to let go; with ``heard`` because there is a majority."""
        self.refused = None
        if heard:
            self.over()

    def excuses(self, missing: Collection[str], departed: Collection[str]) -> bool:
        """Whether silence, or a lost majority, is a person's doing: ``missing`` nodes are no members, ``departed`` left in order."""
        state = corosync() if maintenance.on() else "failed"
        left = bool(missing) and set(missing) <= set(departed)
        if not (state == "stopped" or (state == "runs" and (left or ended_in_order()))):
            self.over()
            return False
        if not self.begun:
            self.begun = True
            print("the cluster's daemons are detached in maintenance mode: the address stays", flush=True)
        away = out_of_reach({name: where for name, where in self.nodes.items() if name != self.name})
        return 2 * len(away) < len(self.nodes) and alone_with(self.vip)

    def over(self) -> None:
        """The detach has ended, or there was none."""
        if self.begun:
            self.begun = False
            print("no longer detached", flush=True)
