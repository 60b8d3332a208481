"""Three pretended nodes under three keepers, interleaved at random; a second component is an error wherever it comes from."""

import random
from dataclasses import dataclass, field, replace

from webha_node.galera import keeper
from webha_node.galera.decisions import Position, Seen
from webha_node.grastate import Grastate

from ..stubs import NAMES

OURS = "772159c2-e6ae-11f1-b424-5a194bf1f37b"


@dataclass
class Node:
    """One machine: what its disk holds (``seqno``) and what of it Galera wrote down (``written``)."""

    unit: str = "failed"
    seqno: int = 7
    written: int = -1
    powered: bool = True
    status: str | None = None
    new: bool = False
    standstill: int = 1
    since: float = 0.0
    memory: str = ""
    reading: float | None = None
    delivered: int = 0
    room: bool = True
    fails: int = 0
    hangs: bool = False
    keeper: bool = True
    said: str = ""


@dataclass
class World:
    """The nodes, the clock, and the messages in the one order in which Corosync delivers them, to each in its time."""

    seed: int
    nodes: dict[str, Node]
    time: float = 1000.0
    log: list[tuple[str, str]] = field(default_factory=list)
    bootstraps: list[str] = field(default_factory=list)
    tried: list[float] = field(default_factory=list)

    def __post_init__(self):
        self.dice = random.Random(self.seed)  # noqa: S311 (a test's)
        self.keepers = {name: keeper.Keeper(name, NAMES, Pretended(self, name)) for name in NAMES}

    @property
    def primary(self):
        return [name for name, node in self.nodes.items() if node.powered and node.status == "Primary"]

    def live(self, name):
        node = self.nodes[name]
        return node.powered and (node.unit in ("active", "activating", "deactivating") or node.reading is not None)

    def physics(self):
        """Let what began end: starts, stops, joins."""
        for name, node in self.nodes.items():
            age = self.time - node.since
            if node.unit == "deactivating" and age > 2 and not node.hangs:
                self.rest(node, "inactive", self.dice.choice((-1, node.seqno)))
            elif node.unit == "activating" and node.new and age > 3:
                if node.fails:
                    node.fails -= 1
                    self.rest(node, "failed", -1)
                else:
                    assert self.primary == [], (self.seed, name, self.primary)
                    node.unit, node.status, node.new = "active", "Primary", False
            elif node.unit == "activating" and self.primary and age > 3:
                node.unit, node.status = "active", "Primary"
                node.seqno = self.nodes[self.primary[0]].seqno
            elif node.unit == "activating" and not self.primary and age > 34 and self.dice.random() < 0.3:
                self.rest(node, "failed", -1)

    def rest(self, node, unit, written):
        node.unit, node.status, node.new, node.written = unit, None, False, written
        node.standstill += 1
        node.since = self.time

    def step(self):
        self.time += self.dice.uniform(0.2, 1.6)
        self.physics()
        name = self.dice.choice([name for name, node in self.nodes.items() if node.powered] or NAMES)
        if not self.nodes[name].powered or not self.nodes[name].keeper:
            return
        if self.dice.random() < 0.01:
            self.nodes[name].reading = None
            self.keepers[name] = keeper.Keeper(name, NAMES, Pretended(self, name))
        self.keepers[name].round()

    def run(self, steps):
        for _ in range(steps):
            self.step()

    def cut(self, name):
        node = self.nodes[name]
        node.powered, node.reading, node.memory = False, None, ""
        self.rest(node, "inactive", -1)

    def power(self, name):
        node = self.nodes[name]
        node.powered, node.unit, node.since = True, "activating", self.time
        self.keepers[name] = keeper.Keeper(name, NAMES, Pretended(self, name))


class Pretended:
    """A machine of the world, as the keeper's own Machine."""

    def __init__(self, world, name):
        self.world, self.name, self.begun = world, name, f"{int(world.time * 1000):x}"

    @property
    def node(self):
        return self.world.nodes[self.name]

    def now(self):
        return self.world.time

    def boot(self):
        return self.begun

    def look(self):
        node = self.node
        return Seen(
            unit=node.unit,
            stopped_at=str(node.standstill),
            listens=node.unit == "activating" and self.world.time - node.since > 2,
            new_cluster=node.new,
            status=node.status if node.unit == "active" else None,
            uuid=OURS if node.status == "Primary" else "",
            grastate=Grastate(OURS, node.written, False),
            room=node.room,
            job="recovering" if node.reading is not None and self.world.time < node.reading else "",
        )

    def tell(self, text):
        self.world.log.append((self.name, text))
        return True

    def hear(self):
        node, dice = self.node, self.world.dice
        node.delivered = dice.randint(node.delivered, len(self.world.log))
        if dice.random() < 0.7:
            node.delivered = len(self.world.log)
        members = {name for name, one in self.world.nodes.items() if one.powered}
        values = {name: text for name, text in self.world.log[: node.delivered] if name in members}
        return members, values

    def say(self, reason):
        self.node.said = reason

    def recall(self):
        return self.node.memory

    def remember(self, asked):
        self.node.memory = asked

    def stop(self):
        assert self.world.primary == [], self.world.seed
        self.node.unit, self.node.since = "deactivating", self.world.time

    def kill(self):
        assert self.node.hangs
        assert self.world.time - self.node.since > 60
        self.node.hangs = False
        self.world.rest(self.node, "inactive", -1)

    def start(self, again):
        assert self.world.primary, self.world.seed
        self.node.unit, self.node.status, self.node.since = "activating", None, self.world.time
        self.node.new = False
        assert again is False or self.node.powered

    def recover(self):
        assert self.node.unit in ("inactive", "failed")
        self.node.reading = self.world.time + self.world.dice.uniform(0.5, 8)

    def recovered(self):
        node = self.node
        if node.reading is None or self.world.time < node.reading:
            return None
        node.reading = None
        return Position(str(node.standstill), OURS, node.seqno)

    def bootstrap(self):
        world = self.world
        if any(
            world.nodes[name].unit in ("active", "activating", "deactivating") for name in NAMES if name != self.name
        ):
            return
        assert not any(world.live(name) for name in NAMES), world.seed
        assert all(node.powered for node in world.nodes.values()), world.seed
        assert self.node.seqno == max(node.seqno for node in world.nodes.values()), world.seed
        world.bootstraps.append(self.name)
        world.tried.append(world.time)
        self.node.unit, self.node.new, self.node.since = "activating", True, world.time


def world(seed, **nodes):
    dice = random.Random(seed)  # noqa: S311 (a test's)
    made = {name: replace(nodes.get(name, Node()), seqno=dice.randint(7, 9)) for name in NAMES}
    for node in made.values():
        node.written = node.seqno if node.written >= 0 else -1
    return World(seed, made)
