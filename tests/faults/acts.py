"""What is done to nodes: power, cables, daemons. An act knows the node that is struck and the other two."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from lab import node as power
from tests.faults.reach import BY_NAME, ask, each, verb


class NotDoneError(Exception):
    """What keeps a fault from being done or undone, for the record."""


@dataclass
class Scene:
    """Who plays which part in one run of a fault; ``notes`` are what the acts have to say of it."""

    node: str
    others: tuple[str, ...]
    deploy: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)

    @property
    def all(self) -> tuple[str, ...]:
        """Every node, the struck one first."""
        return (self.node, *self.others)


Act = Callable[[Scene], None]


def nothing(_scene: Scene) -> None:
    """Leave it to the cluster."""


def run(*commands: str) -> Act:
    """Run the commands on the struck node, one after the other."""

    def act(scene: Scene) -> None:
        for command in commands:
            ask(scene.node, command)

    return act


def run_on_two(command: str) -> Act:
    """Run the command on the struck node and on one of the others, at once."""

    def act(scene: Scene) -> None:
        each(scene.all[:2], lambda name: ask(name, command))

    return act


def lab(word: str, *who: str) -> Act:
    """Do a verb of script/lab: ``node`` is the struck one, ``other`` the first of the others."""

    def act(scene: Scene) -> None:
        names = {"node": scene.node, "other": scene.others[0]}
        do(word, *(names.get(one, one) for one in who or ("node",)))

    return act


def then(*acts: Act) -> Act:
    """Do all of them, in that order."""

    def act(scene: Scene) -> None:
        for one in acts:
            one(scene)

    return act


def do(*words: str) -> None:
    """Do a verb of script/lab or say that it was not done."""
    found = verb(*words)
    if found:
        raise NotDoneError(found)


def power_off(scene: Scene) -> None:
    """Shut the struck node down as a person does who has a shell, and wait until it is off."""
    shut_down(scene.node)


def shut_down(name: str, patience: float = 120) -> None:
    """Power off; then wait until the machine is."""
    ask(name, "systemctl poweroff")
    wait(lambda: not power.is_on(BY_NAME[name]), patience, f"{name} is off")


def boot(scene: Scene) -> None:
    """Turn the struck node on."""
    turn_on(scene, scene.node)


def boot_all(scene: Scene) -> None:
    """Turn on whatever is off, the struck node last."""
    turn_on(scene, *reversed(scene.all))


def turn_on(scene: Scene, *names: str) -> None:
    """Give power to the nodes in this order, two seconds apart: one may wait for another before it lets anybody log in."""

    def give(place: int, name: str) -> str:
        time.sleep(2.0 * place)
        return verb("boot", name)

    with ThreadPoolExecutor(len(names)) as pool:
        scene.notes += filter(None, pool.map(give, range(len(names)), names))


def wait(condition: Callable[[], bool], seconds: float, what: str, pause: float = 0.2) -> float:
    """Wait until it is so; return how long that took."""
    begin = time.monotonic()
    while not condition():
        if time.monotonic() - begin > seconds:
            raise NotDoneError(f"after {seconds:.0f} s still not: {what}")
        time.sleep(pause)
    return time.monotonic() - begin
