"""Whether this node's brick has all that the volume has, by ``gluster volume heal VOLUME info summary``."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_PENDING, _SPLIT = "Number of entries in heal pending", "Number of entries in split-brain"


@dataclass(frozen=True)
class Brick:
    """A brick that answered; ``pending``: names in its list of what other bricks lack; ``split``: of what nobody knows which is right. None: it did not answer."""

    pending: int | None
    split: int | None


AWAY = Brick(None, None)


def bricks(text: str) -> dict[str, Brick]:
    """Return them by HOST:PATH."""
    found = {}
    for block in re.split(r"^Brick ", text, flags=re.MULTILINE)[1:]:
        name, *lines = block.splitlines()
        told = dict(line.partition(": ")[::2] for line in lines)
        there = told.get("Status") == "Connected"
        found[name.strip()] = Brick(*(_number(told.get(key, "")) if there else None for key in (_PENDING, _SPLIT)))
    return found


def owed(found: Mapping[str, Brick], own: str) -> str:
    """Return why files may be missing on the brick ``own``, or nothing.

    With a brick away the others' lists grow by what it misses. What all that are there were part of is in the list of each of them; what is in another one's
    and not in ours, we may lack ourselves.
    """
    mine = found.get(own)
    if mine is None or mine.pending is None or mine.split is None:
        return f"the brick {own} is not connected to its volume"
    there = {name: one for name, one in found.items() if one.pending is not None}
    if torn := [name for name, one in there.items() if one.split]:
        return f"files of the volume are in split-brain on {', '.join(torn)}"
    away = len(there) < len(found)
    lists = ", ".join(f"{one.pending} on {name}" for name, one in there.items())
    if (away and max(one.pending or 0 for one in there.values()) > mine.pending) or (
        not away and any(one.pending for one in there.values())
    ):
        return f"files of the volume wait for healing ({lists})"
    return ""


def _number(word: str) -> int | None:
    return int(word) if word.isdigit() else None
