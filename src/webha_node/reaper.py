"""Destroys this node's TCP connections to a node that was lost.

Gluster and Galera go on at once, instead of waiting for their own time-outs. Only the cluster's own nodes, and none that is a member
again by now. Without the majority it is this node that is lost, and the others may hear each other well: nothing is done.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from webha_node.commands import run

MEMBER, DEAD, LEAVING = 1, 2, 3  # votequorum's NODESTATE_...
LATEST = 10.0  # seconds after which a loss is no news, where the majority was away meanwhile


@dataclass
class Losses:
    """Which of the nodes, number to name, were lost: a node that was never seen as a member is not, nor one that leaves.

    ``members`` are those of the last look. ``confirm``: seconds that it must last. Votequorum calls a node dead when the membership changes, and the majority gone when the
    nodes of the new one have told each other of their votes: alone that is at once, in a minority of two or more it may take a lost
    token's retransmission.
    """

    nodes: Mapping[int, str]
    confirm: float
    members: set[str] = field(default_factory=set)
    _gone: dict[str, float] = field(default_factory=dict)

    def saw(
        self, states: Mapping[int, int], quorate: bool, now: float, departed: Collection[str] = frozenset()
    ) -> list[str]:
        """Return the nodes whose connections are to be destroyed, each once, from what votequorum says of them all.

        Those that have ``departed`` in order are none: their machine goes on, and so do Galera and Gluster there.
        """
        for number, name in self.nodes.items():
            state = states.get(number)
            if state == MEMBER:
                self.members.add(name)
                self._gone.pop(name, None)
            elif state == LEAVING:
                self.members.discard(name)
            elif state == DEAD and name in self.members:
                self.members.remove(name)
                self._gone[name] = now
        due = [
            name
            for name, since in self._gone.items()
            if quorate and name not in departed and self.confirm <= now - since <= LATEST
        ]
        self._gone = {name: since for name, since in self._gone.items() if name not in due and now - since <= LATEST}
        return due


def reap(name: str, address: str) -> None:
    """Destroy the connections to ``address``."""
    done = run("ss", "-H", "-t", "-K", "dst", address, seconds=10)
    if done.returncode == 0:
        told = f"{len(done.stdout.splitlines())} connections to it destroyed"
    else:
        told = f"the connections to it stay: ss says {done.stderr.strip() or done.returncode}"
    print(f"{name} ({address}) is lost: {told}", flush=True)
