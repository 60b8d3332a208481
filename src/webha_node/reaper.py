"""Destroys this node's TCP connections to a node that was lost.

Gluster and Galera go on at once, instead of waiting for their own time-outs. Only the cluster's own nodes, and none that is a member
again by now. Without the majority it is this node that is lost, and the others may hear each other well: nothing is done.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from webha_node.commands import run

MEMBER, DEAD = 1, 2  # votequorum's NODESTATE_MEMBER and NODESTATE_DEAD
CONFIRM = 0.15  # seconds: a node that lost them all hears of it before it hears that its majority is gone


@dataclass
class Losses:
    """Which of the nodes, number to name, were lost. A node that was never seen as a member is not lost."""

    nodes: Mapping[int, str]
    _members: set[str] = field(default_factory=set)
    _gone: dict[str, float] = field(default_factory=dict)

    def saw(self, states: Mapping[int, int], quorate: bool, now: float) -> list[str]:
        """Return the nodes whose connections are to be destroyed, each once, from what votequorum says of them all."""
        for number, name in self.nodes.items():
            if states.get(number) == MEMBER:
                self._members.add(name)
                self._gone.pop(name, None)
            elif states.get(number) == DEAD and name in self._members:
                self._members.remove(name)
                self._gone[name] = now
        due = [name for name, since in self._gone.items() if now - since >= CONFIRM]
        for name in due:
            del self._gone[name]
        return due if quorate else []


def reap(name: str, address: str) -> None:
    """Destroy the connections to ``address``."""
    destroyed = len(run("ss", "-H", "-t", "-K", "dst", address, seconds=10).stdout.splitlines())
    print(f"{name} ({address}) is lost: {destroyed} connections to it destroyed", flush=True)
