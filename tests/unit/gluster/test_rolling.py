"""A volume on its way between clear and TLS, cut off at every command: clients keep two bricks, and the next run ends it."""

from dataclasses import dataclass, field
from unittest.mock import patch

import pytest
from pyinfra.api.exceptions import PyinfraError

from webha.gluster import rolling
from webha.gluster.encryption import options
from webha.gluster.rolling import Rolling
from webha.run import across

NODES = ("a", "b", "c")
TLS = options(NODES, tls=True)


@dataclass
class World:
    """What the three nodes do with the commands; ``cut``: the number of the command that is the last one."""

    kind: str
    cut: int = 10**6
    calls: int = 0
    ssl: str = ""
    quorum: str = "server"
    management: dict[str, str] = field(default_factory=dict)
    bricks: dict[str, str | None] = field(default_factory=dict)
    noted: dict[str, list[str] | None] = field(default_factory=dict)
    volfile: dict[str, dict[str, str]] = field(default_factory=dict)
    client: dict[str, dict[str, str]] = field(default_factory=dict)
    quorum_noted: dict[str, str] = field(default_factory=dict)
    stopped: set[str] = field(default_factory=set)
    least: int = 3

    def __post_init__(self):
        self.ssl = self.kind
        for name in NODES:
            self.management[name] = self.bricks[name] = self.kind
            self.noted[name] = None
            self.volfile[name] = dict.fromkeys(NODES, self.kind)
            self.client[name] = dict.fromkeys(NODES, self.kind)

    def seen(self, name):
        return [one for one in NODES if self.bricks[one] is not None and self.client[name][one] == self.bricks[one]]

    def written(self, name):
        clear = self.noted[name]
        if clear is not None:
            self.volfile[name] = {one: "off" if one in clear else "on" for one in NODES}

    def regenerated(self):
        for name in NODES:
            self.volfile[name] = dict.fromkeys(NODES, self.ssl)
            self.written(name)

    def on(self, name, text, *arguments, stdin=None, **_):
        self.calls += 1
        if self.calls > self.cut:
            raise PyinfraError("cut off")
        said = self.done(name, text, *arguments, stdin=stdin)
        self.least = min(self.least, *(len(self.seen(one)) for one in NODES))
        return said

    def done(self, name, text, *arguments, stdin=None):  # noqa: C901, PLR0912 (one command each)
        if text == rolling._MANAGEMENT:
            self.management[name] = arguments[0]
            if self.quorum == "server":
                self.bricks[name] = None
        elif text == rolling._BRICK:
            self.bricks[name] = None
        elif "volume start" in text:
            self.bricks[name] = self.bricks[name] or self.ssl
        elif text == rolling._KIND:
            return self.bricks[name] or "down"
        elif text == rolling._PLACED:
            assert "@VOLUME@" not in stdin
            self.noted[name], self.quorum_noted[name] = arguments[1].split(), arguments[2]
        elif text == rolling._REREAD:
            self.written(name)
        elif text == rolling._CLIENT:
            self.client[name] = dict(self.volfile[name])
        elif "volume set" in text:
            given = dict(zip(arguments[1::2], arguments[2::2], strict=True))
            self.quorum = given.get("cluster.server-quorum-type", self.quorum)
            self.ssl = given.get("client.ssl", self.ssl)
            self.regenerated()
        elif text == rolling.FILTER_GONE:
            pass
        elif text.startswith(f"rm -f {rolling.IN_CLEAR}"):
            self.noted[name] = None
        elif text.startswith("sed -n 2p"):
            return self.quorum_noted.get(name, "")
        elif "systemctl stop webha" in text:
            self.stopped.add(name)
        elif "systemctl start webha" in text:
            self.stopped.discard(name)
        elif "its mount connected" in text and len(self.seen(name)) < len(NODES):
            raise PyinfraError(f"{name}: its mount is connected to {self.seen(name)}")
        return ""


def run(world, wished, *, tls, resumed=False):
    one = Rolling(NODES, "fs_ha", "/gluster", "/srv", "srv.mount", "10.0.0.250", {})
    with (
        patch.object(Rolling, "on", lambda _self, *arguments, **named: world.on(*arguments, **named)),
        patch.object(across, "together", lambda calls: {name: call() for name, call in calls.items()}),
    ):
        one.encrypt(wished, "server", tls=tls, resumed=resumed)


def is_whole(world, kind):
    return (
        set(world.management.values()) == set(world.bricks.values()) == {kind}
        and all(set(world.client[name].values()) == {kind} for name in NODES)
        and (world.quorum, world.stopped, set(world.noted.values())) == ("server", set(), {None})
    )


@pytest.mark.parametrize("tls", [True, False])
def test_clients_see_two_bricks_all_the_way(tls):
    world = World("off" if tls else "on")
    run(world, TLS, tls=tls) if tls else run(world, {}, tls=tls)
    assert is_whole(world, "on" if tls else "off")
    assert world.least == 2


@pytest.mark.parametrize("tls", [True, False])
def test_cut_off_at_any_command_the_next_run_ends_it(tls):
    before, after = ("off", "on") if tls else ("on", "off")
    whole = World(before)
    run(whole, TLS if tls else {}, tls=tls)
    for cut in range(1, whole.calls):
        world = World(before, cut=cut)
        with pytest.raises(PyinfraError):
            run(world, TLS if tls else {}, tls=tls)
        assert world.least >= 2, cut
        world.cut = 10**6
        moving = any(one is not None for one in world.noted.values())
        if moving or set(world.management.values()) != {after} or world.ssl != after:
            run(world, TLS if tls else {}, tls=tls, resumed=moving)
        else:
            world.stopped.clear()  # the keeper's unit is the task's
        assert is_whole(world, after), cut
        assert world.least >= 2, cut


@pytest.mark.parametrize("rebooted", [NODES[:1], NODES[:2], NODES])
def test_nodes_that_lost_power_on_the_way_are_taken_along(rebooted):
    """Their bricks start as the options say by then, and their clients as the volfiles say."""
    whole = World("off")
    run(whole, TLS, tls=True)
    for cut in range(10, whole.calls - 5):
        world = World("off", cut=cut)
        with pytest.raises(PyinfraError):
            run(world, TLS, tls=True)
        for name in rebooted:
            world.bricks[name], world.client[name] = world.ssl, dict(world.volfile[name])
        world.cut = 10**6
        if any(one is not None for one in world.noted.values()):
            run(world, TLS, tls=True, resumed=True)
            assert is_whole(world, "on"), cut


def test_a_brick_that_does_not_say_how_it_speaks_stops_it_before_anything():
    world = World("off")
    world.bricks["b"] = None
    with pytest.raises(PyinfraError, match="the brick of b speaks cannot be told"):
        run(world, TLS, tls=True)
    assert (world.quorum, set(world.management.values())) == ("server", {"off"})
