"""The datum ``failover``: which column of timers is in force, and what a person set beside it."""

from collections.abc import Mapping
from typing import Any

TOKEN_COEFFICIENT = 650  # milliseconds that corosync adds for each node beyond the second (corosync.conf(5))
CONSENSUS = 1.2  # of the token, corosync's own


def timers(
    name: str,
    table: Mapping[str, Mapping[str, Any]],
    overrides: Mapping[str, Any],
    options: Mapping[str, Mapping[str, Any] | None],
) -> dict[str, Any]:
    """Return the timers of ``name``; an override that is not None wins, and ``options`` are merged into mappings.

    Raises ValueError for a name that the table does not have.
    """
    if name not in table:
        raise ValueError(f"failover = {name!r} is none of {', '.join(sorted(table))}")
    found = {**table[name], **{key: value for key, value in overrides.items() if value is not None}}
    return {
        key: {**value, **(options.get(key) or {})} if isinstance(value, Mapping) else value
        for key, value in found.items()
    }


def matched(found: Mapping[str, Any], nodes: int) -> dict[str, Any]:
    """Return the timers with what hangs on the token fitted to it, for somebody's own token beside the table's column.

    The guard lets go before the others take the address, readiness outlasts what all nodes wait for at once, and knet
    gives up a link after the token is lost, not before: its pings come four to a token. ``detection`` comes beside them:
    the seconds after which the others have a membership without a silent node.
    """
    known = detection(found["corosync_token"], found["corosync_token_coefficient"], nodes)
    return {
        **found,
        "detection": known,
        "knet_ping_timeout": max(
            found["knet_ping_timeout"],
            2 * runtime_token(found["corosync_token"], found["corosync_token_coefficient"], nodes),
        ),
        "guard_patience": min(found["guard_patience"], round(0.75 * known, 2)),
        "ready_patience": max(found["ready_patience"], round(2 * known, 2)),
    }


def runtime_token(token: int, coefficient: int | None, nodes: int) -> int:
    """Return the milliseconds that corosync waits for a token: the configured ones and the coefficient's."""
    return token + max(0, nodes - 2) * (TOKEN_COEFFICIENT if coefficient is None else coefficient)


def detection(token: int, coefficient: int | None, nodes: int) -> float:
    """Return the seconds after which the others have a membership without a node that went silent: token + consensus."""
    return runtime_token(token, coefficient, nodes) * (1 + CONSENSUS) / 1000
