"""Gluster's TLS: between the glusterds (secure-access) and to the bricks (client.ssl, server.ssl); which, when, and what is not as wished.

glusterd, brick and client each speak one kind alone, so a volume that serves gets there brick after brick
(:mod:`webha.gluster.rolling`). Source: Gluster's administrator guide, "SSL"; volfiles carry the kind brick by brick.
"""

from collections.abc import Mapping, Sequence

from webha.certificates import Certificate
from webha.gluster.state import Store, Volume

_KINDS = ("client.ssl", "server.ssl")


def options(allowed: Sequence[str], *, tls: bool) -> dict[str, str]:
    """Return the volume's options; ``allowed``: to whom the certificates are issued that may mount it. None where TLS was never asked for."""
    return dict.fromkeys(_KINDS, "on") | {"auth.ssl-allow": ",".join(allowed)} if tls else {}


def without_own(wished: Mapping[str, str]) -> Mapping[str, str]:
    """Return the options as they are; raise ValueError where they say what ``gluster_tls`` says."""
    if said := sorted(wished.keys() & {*_KINDS, "auth.ssl-allow"}):
        raise ValueError(
            f"gluster_options has {', '.join(said)}: whether Gluster speaks TLS is said by gluster_tls alone, take it out"
        )
    return wished


def encrypts(volume: Volume) -> bool:
    """Whether clients and bricks of ``volume`` speak TLS, as far as its options say."""
    return all(volume.options.get(one) == "on" for one in _KINDS)


def management(stores: Mapping[str, Store | None], *, tls: bool) -> bool:
    """Return how glusterd is to speak on a node that has no volume: as those speak that have one, else as is wished."""
    there = [one.management for one in stores.values() if one is not None and one.known]
    return any(there) if there else tls


def not_yet(stores: Mapping[str, Store | None], volume: str, *, tls: bool) -> list[str]:
    """Say what of the volume does not speak as is wished; what a node does not say is not judged."""
    known = {name: one for name, one in sorted(stores.items()) if one is not None and one.glusterd == "active"}
    word = {True: "in TLS alone", False: "in clear"}
    found = [
        f"{name}: glusterd speaks to the others {word[one.management]}"
        for name, one in known.items()
        if one.management != tls
    ]
    first = next((one.volume(volume) for one in known.values() if one.volume(volume) is not None), None)
    if first is not None and encrypts(first) != tls:
        found.append(f"the volume {volume} speaks {word[encrypts(first)]}")
    found += [
        f"{name}: its bricks and clients are on their way from one to the other"
        for name, one in known.items()
        if one.moving
    ]
    return found


def authorities(stores: Mapping[str, Store | None]) -> dict[str, tuple[Certificate, ...] | None]:
    """Return whose certificates each node takes."""
    return {name: one.authorities if one is not None else None for name, one in stores.items()}
