"""The verbs of script/lab."""

import argparse
import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterator
from types import FrameType

from lab import access, cloud, gateway, lifecycle, loss, network, node
from lab.layout import CLOUD, FLOATING_IP, NODES, SUITES, LabError, Node
from lab.variant import PLAIN, VARIANTS, chosen

_BY_NAME = {one.name: one for one in (*NODES, CLOUD)}


def up(suite: str | None, variant: str | None, with_cloud: bool) -> None:
    lifecycle.require_host()
    with lifecycle.locked():
        current = lifecycle.running()
        wanted = (suite or current or SUITES[0], variant or chosen().name)
        if current is None:
            lifecycle.up(wanted[0], VARIANTS[variant or PLAIN])
        elif wanted == (current, chosen().name):
            lifecycle.restore()
        else:
            before, after = (" ".join(one for one in two if one != PLAIN) for two in ((current, chosen().name), wanted))
            print(f"lab: switching from {before} to {after}: the {before} nodes are gone", file=sys.stderr)
            lifecycle.up(wanted[0], VARIANTS[wanted[1]])
        if with_cloud and not cloud.up():
            lifecycle.add_cloud()
    status()


def down() -> None:
    lifecycle.require_host()
    with lifecycle.locked():
        lifecycle.down()
    print("lab: down")


def reset() -> None:
    with _lab():
        began = time.monotonic()
        lifecycle.reset(str(lifecycle.running()))
    print(f"lab: three bare nodes in {time.monotonic() - began:.1f} s")


def status() -> int:
    lifecycle.require_host()
    suite = lifecycle.running()
    if suite is None:
        print("lab: down (script/lab up)")
        return 1
    variant = chosen()
    print(f"lab: up, Debian {suite}" + (f", {variant.name}: {variant.about}" if variant.name != PLAIN else ""))
    for one in (*NODES, CLOUD) if cloud.up() else NODES:
        print(f"  {one.name:8} {one.address}  {_condition(one)}")
    print(f"page: {gateway.page()}")
    if cloud.up():
        print(f"from outside: ip netns exec {network.CLIENT} curl http://{FLOATING_IP}/")
    return 0


def _condition(one: Node) -> str:
    if not node.is_on(one):
        return "off"
    words = ["paused" if node.machine(one).frozen() else "on", "unplugged" if one.isolated.exists() else "plugged in"]
    return ", ".join([*words, "loses packets"] if loss.concerns(one) else words)


def cut(one: Node) -> None:
    with _lab(one):
        node.switch_off(one)
    print(f"lab: {one.name} has lost power")


def boot(one: Node) -> None:
    with _lab(one):
        lifecycle.boot(one)
    print(f"lab: {one.name} is on")


def isolate(one: Node) -> None:
    with _lab(one):
        one.isolated.touch()
        if network.exists(one.name):
            network.cable_down(one)
    print(f"lab: {one.name} is unplugged from the network")


def rejoin(one: Node) -> None:
    with _lab(one):
        one.isolated.unlink(missing_ok=True)
        if network.exists(one.name):
            network.cable_up(one)
    print(f"lab: {one.name} is plugged into the network")


def pause(one: Node) -> None:
    with _lab(one):
        if not node.is_on(one):
            raise LabError(f"{one.name} is off: script/lab boot {one.name}")
        node.pause(one)
    print(f"lab: {one.name} stands still")


def resume(one: Node) -> None:
    with _lab(one):
        node.resume(one)
    print(f"lab: {one.name} goes on")


def drop(lost: loss.Loss) -> None:
    with _lab():
        loss.drop(lost)
    print(f"lab: packets from {lost.source} to {lost.target} get lost")


def undrop(one: Node) -> None:
    with _lab():
        loss.undrop(one)
    print(f"lab: packets from and to {one.name} arrive")


@contextlib.contextmanager
def _lab(one: Node | None = None) -> Iterator[None]:
    """Work on a lab that is up, alone on all of it or on one node."""
    lifecycle.require_host()
    with lifecycle.locked(one):
        if lifecycle.running() is None:
            raise LabError("the lab is down: script/lab up")
        if one is CLOUD and not cloud.up():
            raise LabError("the lab has no cloud: script/lab up --cloud")
        yield


def run(command: list[str], environment: dict[str, str] | None = None) -> None:
    """Become COMMAND, which is given as a whole command line; does not return."""
    lifecycle.require_host()
    network.require()
    os.execvpe(command[0], command, environment or dict(os.environ))  # noqa: S606 -- the user's own command


_OF_A_NODE = {one.__name__: one for one in (cut, boot, isolate, rejoin, pause, resume, undrop)}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/lab", description="Three real Debian nodes on this machine.")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    verb = verbs.add_parser("up", help="build the lab, or bring back what is off or unplugged")
    verb.add_argument("--suite", choices=SUITES, help=f"default: what is up, or {SUITES[0]}")
    verb.add_argument("--variant", choices=VARIANTS, help=f"machines of another kind; default: what is up, or {PLAIN}")
    verb.add_argument("--cloud", action="store_true", help="and an OpenStack: Debian's own Keystone and Neutron")
    verbs.add_parser("down", help="leave nothing running; images, packages and keys are kept for the next time")
    verbs.add_parser("status", help="what is up; exit code 1 if the lab is down")
    verbs.add_parser("reset", help="three bare nodes again, of the same suite and variant")
    verb = verbs.add_parser("run", help="run a command in the lab's network with the project's virtual environment")
    verb.add_argument("command", nargs=argparse.REMAINDER)
    helps = {
        "ssh": "log in to a node as root, or run a command there",
        "cut": "cut a node's power",
        "boot": "turn a node on",
        "isolate": "unplug a node from the network",
        "rejoin": "plug it in again",
        "pause": "freeze every process of a node at once, as a hypervisor does",
        "resume": "let it go on",
        "undrop": "lose no more packets from or to a node (so does boot)",
    }
    for name, text in helps.items():
        verb = verbs.add_parser(name, help=text)
        verb.add_argument("node", choices=_BY_NAME, metavar="NODE")
        if name == "ssh":
            verb.add_argument("command", nargs=argparse.REMAINDER)
    verb = verbs.add_parser("drop", help="lose the packets from a node to another, not those the other way")
    for name in ("node", "other"):
        verb.add_argument(name, choices=(*_BY_NAME, loss.ALL), metavar=name.upper(), help=f"a node or {loss.ALL}")
    verb.add_argument("--port", type=int, help="only UDP packets to this port")
    verb.add_argument("--percent", type=int, choices=range(1, 101), default=100, metavar="N", help="only so many")
    arguments = parser.parse_args()
    if arguments.verb == "drop" and arguments.node == arguments.other:
        parser.error("drop what? NODE and OTHER are the same")
    if arguments.verb == "run" and not arguments.command:
        parser.error("run what? script/lab run CMD...")
    return arguments


def _dispatch(given: argparse.Namespace) -> int:
    match given.verb:
        case "up":
            up(given.suite, given.variant, given.cloud)
        case "down":
            down()
        case "status":
            return status()
        case "reset":
            reset()
        case "run":
            run(network.inside(*given.command), access.environment())
        case "ssh":
            run(access.ssh(_BY_NAME[given.node], *given.command))
        case "drop":
            drop(loss.Loss(given.node, given.other, given.port, given.percent))
        case verb:
            _OF_A_NODE[verb](_BY_NAME[given.node])
    return 0


def _interrupted(number: int, _frame: FrameType | None) -> None:
    """A polite end runs the clean-up too."""
    sys.exit(128 + number)


def main() -> int:
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupted)
    try:
        return _dispatch(_arguments())
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # whoever read what is printed has had enough of it (`| head`)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


if __name__ == "__main__":
    sys.exit(main())
