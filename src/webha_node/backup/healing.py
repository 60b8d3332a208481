"""Whether this node's brick has all that the volume has."""

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
_WORDS = "Number of entries in heal pending", "Number of entries in split-brain"


@dataclass(frozen=True)
class Brick:
    """A brick that answered; ``pending``: names in its list of what other bricks lack; ``split``: of what nobody knows which is right. None: it did not answer."""

    pending: int | None
    split: int | None


AWAY = Brick(None, None)


def bricks(text: str) -> dict[str, Brick]:
    """Return them by HOST:PATH, of what ``gluster volume heal VOLUME info summary`` says."""
    found = {}
    for block in re.split(r"^Brick ", text, flags=re.MULTILINE)[1:]:
        name, *lines = block.splitlines()
        told = dict(line.partition(": ")[::2] for line in lines)
        there = told.get("Status") == "Connected"
        found[name.strip()] = Brick(*(_number(told.get(key, "")) if there else None for key in _WORDS))
    return found


def owed(found: Mapping[str, Brick]) -> str:
    """Return why files may be missing on a brick while all of them are there, or nothing."""
    if torn := [name for name, one in found.items() if one.split]:
        return f"files of the volume are in split-brain on {', '.join(torn)}"
    return (
        _said({name: one.pending for name, one in found.items()}) if any(one.pending for one in found.values()) else ""
    )


def counts(text: str) -> dict[str, int | None]:
    """Return how many names are in each brick's list, by ``gluster volume heal VOLUME statistics heal-count``; None: it did not answer."""
    found = re.findall(r"^Brick (\S+)\n(?:Number of entries: (\d+))?", text, re.MULTILINE)
    return {name: _number(number) for name, number in found}


def owed_with_one_away(found: Mapping[str, int | None], later: Mapping[str, int | None], own: str) -> str:
    """Return why files may be missing on the brick ``own`` while another one is away, or nothing; ``later``: what was counted right after ``found``.

    The lists of those that are there grow by what the one that is away misses. What all of them were part of is in each list, in ours at the latest when it is
    counted again; what is in another one's and not in ours, we may lack ourselves. Numbers say that, not names: so few that pages wrote as many between the two
    are not seen.
    """
    mine = later.get(own)
    if mine is None:
        return _away(own)
    return _said(found) if any((one or 0) > mine for one in found.values()) else ""


def wait(volume: str, own: str, lacking: Callable[[], str]) -> None:
    """Wait until the brick ``own`` has all that the ``volume`` has; ``lacking``: what else may keep it from that. Raises BackupError where that does not come."""
    begun = time.monotonic()
    while True:
        why = _owed(volume, own) or lacking()
        if not why:
            return
        passed = time.monotonic() - begun
        if passed > RESTARTED and why == _away(own):
            raise OwnError(why)
        if passed > HEALED:
            raise BackupError(f"{why}: no point is made of a brick that may be old; tasks/status.py says more")
        time.sleep(_STEP)


def _owed(volume: str, own: str) -> str:
    """Ask for numbers first, which is done at once; where some wait, and all bricks are there, whether somebody is just at work on them, which takes a look at each."""
    found = counts(asked(volume, "statistics", "heal-count").stdout)
    if None in found.values():
        return owed_with_one_away(found, counts(asked(volume, "statistics", "heal-count").stdout), own)
    if found and not any(found.values()):
        return ""
    said = asked(volume, "info", "summary")
    there = bricks(said.stdout) if said.returncode == 0 else {}
    if not there or AWAY in there.values():
        return f"Gluster does not say whether files wait for healing ({(said.stderr or said.stdout).strip()[-200:]})"
    return owed(there)


def asked(volume: str, *words: str) -> CompletedProcess[str]:
    """Return what Gluster says of the volume's healing."""
    return run("gluster", "--mode=script", "volume", "heal", volume, *words, seconds=600)


def _away(own: str) -> str:
    return f"the brick {own} is not connected to its volume"


def _said(found: Mapping[str, int | None]) -> str:
    return f"files of the volume wait for healing ({', '.join(f'{number} on {name}' for name, number in found.items() if number is not None)})"


def _number(word: str) -> int | None:
    return int(word) if word.isdigit() else None
