"""Galera's connections in TLS: how a cluster that runs gets there, and back, without ever losing a member to it.

With ``socket.dynamic`` a node takes connections of both kinds, and speaks TLS to whoever does. So every member first takes both,
one restart after the other, and then the wished kind alone, in a second round. To find out which kind another one speaks it waits
for half a second without doing anything else, so nobody is suspected for that long meanwhile, whatever failover wishes.
"""

from collections.abc import Mapping
from typing import Literal

from webha.certificates import Certificate
from webha.galera.state import Members

Mode = Literal["off", "either", "on"]


PATIENT = {"evs.inactive_timeout": "PT15S", "evs.suspect_timeout": "PT5S"}  # Galera's defaults; to be set while it runs


def options(mode: Mode, keys: str, authorities: str, wished: Mapping[str, str]) -> dict[str, str]:
    """Return Galera's options of the ``mode`` with those ``wished`` for the cluster; ``keys``, ``authorities``: paths on the node."""
    if mode == "off":
        return dict(wished)
    patient = (
        PATIENT | {"evs.inactive_check_period": "PT0.5S", "gmcast.peer_timeout": "PT3S"} if mode == "either" else {}
    )
    return {
        "socket.ssl": "yes",
        "socket.ssl_key": keys,
        "socket.ssl_cert": keys,
        "socket.ssl_ca": authorities,
        "socket.dynamic": "yes" if mode == "either" else "no",
        **wished,
        **patient,
    }


def without_own(wished: Mapping[str, str]) -> Mapping[str, str]:
    """Return the options as they are; raise ValueError where they say what ``galera_tls`` says."""
    if said := sorted(wished.keys() & options("on", "", "", {}).keys()):
        raise ValueError(
            f"wsrep_provider_options has {', '.join(said)}: whether Galera speaks TLS is said by galera_tls alone, take it out"
        )
    return wished


def authorities(members: Members) -> dict[str, tuple[Certificate, ...] | None]:
    """Return whose certificates each node takes."""
    return {name: one.authorities if one is not None else None for name, one in members.items()}


def next_mode(members: Members, *, encrypted: bool) -> Mode:
    """Return what the configuration of all nodes says next: the wished kind, or both while a running member knows the other kind alone."""
    against = "off" if encrypted else "on"
    wished: Mode = "on" if encrypted else "off"
    return "either" if any(one is not None and one.encryption == against for one in members.values()) else wished


def unencrypted(members: Members, *, encrypted: bool) -> list[str]:
    """Say which running members' connections are not as wished."""
    wished = "on" if encrypted else "off"
    words = {"off": "in clear", "either": "in clear to whoever does so", "on": "in TLS alone"}
    return [
        f"{name}: MariaDB speaks to the other members {words[one.encryption]}, and galera_tls is {encrypted}: run tasks/galera.py"
        for name, one in sorted(members.items())
        if one is not None and one.encryption not in (None, wished)
    ]
