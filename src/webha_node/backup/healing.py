"""Whether this node's brick has all that the volume has, by ``gluster volume heal VOLUME info summary``."""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from subprocess import CompletedProcess

from webha_node.backup.repository import BackupError, OwnError
from webha_node.commands import run

HEALED = 900.0  # seconds to wait for files that wait for healing
RESTARTED = 60.0  # seconds for this node's brick to be there again
_STEP = 2.0
_WORDS = "Number of entries in heal pending", "Number of entries in split-brain", "Total Number of entries"


@dataclass(frozen=True)
class Brick:
    """A brick that answered; ``pending``: names in its list of what other bricks lack; ``split``: of what nobody knows which is right; ``total``: both, and those at which somebody works just now. None: it did not answer."""

    pending: int | None
    split: int | None
    total: int | None


AWAY = Brick(None, None, None)


def bricks(text: str) -> dict[str, Brick]:
    """Return them by HOST:PATH."""
    found = {}
    for block in re.split(r"^Brick ", text, flags=re.MULTILINE)[1:]:
        name, *lines = block.splitlines()
        told = dict(line.partition(": ")[::2] for line in lines)
        there = told.get("Status") == "Connected"
        found[name.strip()] = Brick(*(_number(told.get(key, "")) if there else None for key in _WORDS))
    return found


def owed(found: Mapping[str, Brick], later: Mapping[str, Brick], own: str) -> str:
    """Return why files may be missing on the brick ``own``, or nothing; ``later``: what was said after ``found``.

    With a brick away the others' lists grow by what it misses, and what all that are there were part of is in the list of each of them, in ours at the latest
    when we look again. What is in another one's and not in ours, we may lack ourselves. Numbers say that, not names: so few that pages wrote as many between
    the two looks are not seen.
    """
    mine = later.get(own, AWAY)
    if mine.total is None or mine.split is None:
        return f"the brick {own} is not connected to its volume"
    there = {name: one for name, one in found.items() if one.pending is not None}
    if torn := [name for name, one in there.items() if one.split]:
        return f"files of the volume are in split-brain on {', '.join(torn)}"
    allowed = mine.total if len(there) < len(found) else 0
    if any((one.pending or 0) > allowed for one in there.values()):
        return f"files of the volume wait for healing ({', '.join(f'{one.pending} on {name}' for name, one in there.items())})"
    return ""


def wait(volume: str, own: str, lacking: Callable[[], str]) -> None:
    """Wait until the brick ``own`` has all that the ``volume`` has; ``lacking``: what else may keep it from that. Raises BackupError where that does not come."""
    begun = time.monotonic()
    while True:
        said = summary(volume)
        found = bricks(said.stdout) if said.returncode == 0 else {}
        later = found
        if AWAY in found.values():
            again = summary(volume)
            later = bricks(again.stdout) if again.returncode == 0 else {}
        if found and later:
            why = owed(found, later, own) or lacking()
        else:
            why = f"Gluster does not say whether files wait for healing ({(said.stderr or said.stdout).strip()[-200:]})"
        if not why:
            return
        passed = time.monotonic() - begun
        if passed > RESTARTED and found and later.get(own, AWAY) == AWAY:
            raise OwnError(why)
        if passed > HEALED:
            raise BackupError(f"{why}: no point is made of a brick that may be old; tasks/status.py says more")
        time.sleep(_STEP)


def summary(volume: str) -> CompletedProcess[str]:
    """Return what Gluster says of it."""
    return run("gluster", "--mode=script", "volume", "heal", volume, "info", "summary", seconds=60)


def _number(word: str) -> int | None:
    return int(word) if word.isdigit() else None
