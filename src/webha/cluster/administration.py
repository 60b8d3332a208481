"""What an administrator left in Pacemaker that keeps it from looking after our resources, each with the command that ends it."""

from collections.abc import Collection
from dataclasses import dataclass

from webha.cluster.state import INFINITY, CrmStatus, Peer, Placement
from webha_node.ready import PART


@dataclass(frozen=True)
class _Left:
    """A sentence on what an administrator left; ``placement``: where it is about a place alone."""

    sentence: str
    placement: Placement | None = None


def administration(peer: Peer, ours: Collection[str]) -> list[str]:
    """Say what an administrator left in Pacemaker that keeps it from looking after the resources ``ours``, each with the command that ends it."""
    return [one.sentence for one in _left(peer, ours)]


def forbidden(peer: Peer, everywhere: str, once: str) -> list[str]:
    """Say which of that keeps the cloned resource ``everywhere`` from running on every node, or ``once`` from running at all.

    A move does not: where its node is away another one takes over; nor does a ban of ``once`` from one node.
    """
    return [
        one.sentence
        for one in _left(peer, (everywhere, f"{everywhere}-clone", once))
        if one.placement is None or (one.placement.ban and one.placement.resource != once)
    ]


def _left(peer: Peer, ours: Collection[str]) -> list[_Left]:
    status = peer.status
    if status is None:
        return []
    found = []
    if status.maintenance:
        found.append(
            "maintenance-mode is on, nothing that fails is started again or moved: crm configure property maintenance-mode=false"
        )
    if status.stopped:
        found.append("stop-all-resources is on: crm configure property stop-all-resources=false")
    if status.asymmetric:
        found.append(
            "symmetric-cluster is off, nothing runs where no constraint says so: crm configure property symmetric-cluster=true"
        )
    found += [f"{one.name} is in standby: crm node online {one.name}" for one in status.nodes if one.standby]
    resting = {one.name for one in status.nodes if one.maintenance}
    found += [f"{name} is in maintenance: crm node ready {name}" for name in sorted(resting)]
    for identity in sorted({one.id.partition(":")[0] for one in status.resources} & set(ours)):
        ones = status.instances(identity)
        if any(one.stopped for one in ones):
            found.append(f"{identity} was stopped by a person: crm resource start {identity}")
        if not status.maintenance and any(not one.managed and not set(one.nodes) & resting for one in ones):
            found.append(f"{identity} is not managed, nobody moves or mends it: crm resource manage {identity}")
    found += [
        f"{one.resource} runs only while the ticket {one.ticket} is granted, which it is not ({one.id}): "
        f"crm_ticket --ticket {one.ticket} --grant, or crm configure delete {one.id}"
        for one in peer.tickets
        if one.resource in ours and one.ticket not in status.granted
    ]
    return [*map(_Left, found), *_placed(peer, status, ours)]


def _placed(peer: Peer, status: CrmStatus, ours: Collection[str]) -> list[_Left]:
    """Say what places a resource whatever is ready.

    Of what a person wrote himself: a preference of a resource that runs once, by more than readiness weighs; a ban of one that is to
    run everywhere. Any other is a wish of his that readiness beats, or goes by.
    """
    left = [
        _Left(
            f"{one.resource} must {'not ' if one.ban else ''}run on {one.node} ({one.id}), ready or not: crm resource clear {one.resource}",
            one,
        )
        for one in (*peer.preferences, *status.bans)
        if one.id.startswith("cli-") and one.resource in ours and one.node
    ]
    everywhere = {one for one in ours if len(status.instances(one.removesuffix("-clone"))) > 1}
    left += [
        _Left(
            f"{one.resource} prefers {one.node} by {'INFINITY' if one.score == INFINITY else one.score} ({one.id}), more than it weighs "
            f"whether a node is ready: crm configure delete {one.id}, or a score below {PART}",
            one,
        )
        for one in peer.preferences
        if not one.id.startswith("cli-") and one.resource in {*ours} - everywhere and one.score >= PART
    ]
    left += [
        _Left(f"{one.resource} must not run on {one.node} ({one.id}), ready or not: crm configure delete {one.id}", one)
        for one in status.bans
        if not one.id.startswith("cli-") and one.resource in everywhere and one.score <= -INFINITY
    ]
    return left
