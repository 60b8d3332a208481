"""Primary components: of a cluster there is one. Two are made by hand (galera_new_cluster beside nodes that run), and both take writes."""

from webha.galera.datadir import PLACE
from webha.galera.state import Member, Members


def apart(members: Members) -> str:
    """Say which nodes are in which primary component, where these are more than one, and how they come together; empty: one, or none."""
    sides = sorted(_components(members), key=lambda side: (-_size(side), sorted(side)))
    if len(sides) < 2:  # noqa: PLR2004 (a cluster of two is none)
        return ""
    listed = " and ".join(f"{', '.join(side)} ({(size := _size(side))} node{'s' * (size != 1)})" for side in sides)
    largest = _size(sides[0]) > _size(sides[1])
    others = sorted(name for side in sides[1:] for name in side)
    where = f"On {', '.join(others)}, the smaller," if largest else "Decide whose data stay; on the others,"
    return (
        f"{len(sides)} primary components: {listed}: each takes writes, and none gets the others'. {where} one by one "
        f"'systemctl stop mariadb; rm {PLACE}/grastate.dat; systemctl start mariadb': it takes a full copy, and what was written "
        "only there since they parted is lost (dump it first if you need it)"
    )


def _components(members: Members) -> list[dict[str, Member]]:
    """Gather the primary nodes that may be in one component."""
    sides: list[dict[str, Member]] = []
    for name, member in sorted(members.items()):
        if member is None or not member.primary:
            continue
        near = [side for side in sides if any(_together(member, other) for other in side.values())]
        joined = {key: one for side in near for key, one in side.items()} | {name: member}
        sides = [*(side for side in sides if side not in near), joined]
    return sides


def _together(one: Member, other: Member) -> bool:
    """Whether these may be in one component: not with two UUIDs, nor where no node is in both views.

    A node that joins or leaves between the two answers changes sizes, not this.
    """
    if one.uuid != other.uuid:
        return False
    return not (one.component and other.component) or bool(one.component & other.component)


def _size(side: dict[str, Member]) -> int:
    return max(member.size for member in side.values())
