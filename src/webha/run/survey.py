"""A look at all nodes at once that ends in time, whatever is broken; run while pyinfra loads a deploy file."""

from collections.abc import Callable
from typing import Any, TypeVar

from pyinfra.api.exceptions import PyinfraError
from pyinfra.context import host, inventory, state

from webha.ground.fact import Probe
from webha.run.across import ask
from webha.run.context import members

T = TypeVar("T")
SECONDS = 60  # for a look that the run depends on
_seen: dict[tuple[type, str], dict[str, Any]] = {}


def look(fact: Probe[T], seconds: float, **arguments: Any) -> dict[str, T | None] | None:
    """Read ``fact`` on this host, if it is a node; return all nodes' answers to the host that comes last, None to the others.

    None in the answers: not reached, no answer within ``seconds``, or not in the expected form. pyinfra's own way to a fact
    would wait for a node that hangs, and stop the run where one fails.
    """
    return _gathered(fact, "look", seconds, arguments, set())


def refuse(
    judge: Callable[[dict[str, T | None]], list[str]],
    fact: Probe[T],
    heading: str = "nothing was changed on any node:",
    **arguments: Any,
) -> None:
    """Stop the run before any change where ``judge`` has something to say of all nodes' answers (None: unknown).

    Called for each node while the run is prepared; the last one to come judges them all. The operations look again: what
    is true now may not be when they come.
    """
    control = {one.name for one in inventory.get_active_hosts()} - {one.name for one in members()}
    answers = _gathered(fact, "refuse", SECONDS, arguments, control)
    if answers is not None and (found := judge(answers)):
        raise PyinfraError("\n    ".join([heading, *found]))


def _gathered(
    fact: Probe[T], purpose: str, seconds: float, arguments: dict[str, Any], without: set[str]
) -> dict[str, T | None] | None:
    """Read ``fact`` here; return the answers once all hosts of this run but those ``without`` it have been here."""
    names = [one.name for one in members()]
    seen = _seen.setdefault((type(fact), purpose), {})
    seen[host.name] = ask(host, fact, seconds, **arguments) if host.name in names else None
    expected = {one.name for one in inventory.get_active_hosts() if state.is_host_in_limit(one)}
    return {name: seen.get(name) for name in names} if set(seen) >= expected - without else None
