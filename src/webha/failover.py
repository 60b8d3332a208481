"""The datum ``failover``: which column of timers is in force, and what a person set beside it."""

from collections.abc import Mapping
from typing import Any

TOKEN_COEFFICIENT = 650  # milliseconds that corosync adds for each node beyond the second (corosync.conf(5))
CONSENSUS = 1.2  # of the token, corosync's own


def timers(
    name: str, table: Mapping[str, Mapping[str, Any]], overrides: Mapping[str, Any], options: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the timers of ``name``; an override that is not None wins, and ``options`` are merged into mappings.

    Raises ValueError for a name that the table does not have.
    """
    if name not in table:
        raise ValueError(f"failover = {name!r} is none of {', '.join(sorted(table))}")
    found = {**table[name], **{key: value for key, value in overrides.items() if value is not None}}
    return {
        key: {**value, **options.get(key, {})} if isinstance(value, Mapping) else value for key, value in found.items()
    }


def detection(token: int, coefficient: int | None, nodes: int) -> float:
    """Return the seconds after which the others have a membership without a node that went silent: token + consensus."""
    added = TOKEN_COEFFICIENT if coefficient is None else coefficient
    return (token + max(0, nodes - 2) * added) * (1 + CONSENSUS) / 1000
