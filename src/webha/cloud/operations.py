"""The virtual IP's place in OpenStack (the document's §2.3.3).

Every host has these operations, and only the control machine does them: pyinfra orders operations by what hosts share,
so those of one host alone would run before there is a cluster.
"""

import json
import sys
from collections.abc import Callable

from pyinfra.api.operation import operation
from pyinfra.api.state import StateStage
from pyinfra.context import host, state

from webha import cloud
from webha.cloud import Request, Wanted
from webha.cloud import floating as cloud_floating
from webha.cloud import groups as cloud_groups
from webha.cloud import removal as cloud_removal
from webha.cloud.facts import Project
from webha.cloud.state import Cloud
from webha.ground import shell
from webha.machine.operations import Commands
from webha.run.context import on_control
from webha.run.ending import say_at_end

Decision = Callable[[Cloud, Wanted], list[Request]]

# A look at OpenStack costs over a second: it is good for all operations of a stage, until one of them changes something.
_seen: dict[tuple[StateStage, str, Wanted, bool], Cloud | None] = {}


def _look(name: str, wanted: Wanted, groups: bool) -> Cloud | None:
    key = (state.current_stage, name, wanted, groups)
    if key not in _seen:
        _seen[key] = host.get_fact(
            Project,
            cloud=name,
            addresses=wanted.addresses,
            tag=wanted.tag,
            floating_ip=wanted.floating_ip,
            groups=groups,
        )
    return _seen[key]


def _say_when_dry(sentence: str) -> None:
    """pyinfra's --dry names only the operations that would change something."""
    if "--dry" in sys.argv:
        say_at_end(sentence)


def _converge(decide: Decision, name: str, wanted: Wanted, nothing: str, groups: bool | None = None) -> Commands:
    if not on_control():
        host.noop("the control machine does it")
        return
    project = _look(name, wanted, wanted.security_group is not None if groups is None else groups)
    if project is None:
        yield shell.refusal("what OpenStack says is not understood: run it with -vv")
        return
    try:
        requests = decide(project, wanted)
    except ValueError as error:
        _say_when_dry(f"cloud {name}: {error}")
        yield shell.refusal(str(error))
        return
    if not requests:
        host.noop(nothing)
        return
    for request in requests:
        _say_when_dry(f"cloud {name}, to do: {request.says}")
    yield shell.script(
        'exec "$@"',
        *(sys.executable, "-m", "webha.cloud.neutron", "apply", "--cloud", name),
        stdin=json.dumps([request.to_json() for request in requests]),
    )
    _seen.clear()


@operation()
def port(cloud_name: str, wanted: Wanted) -> Commands:
    """Own an unbound port that holds exactly the vip, so that Neutron gives the address to nobody else.

    Adopts an unbound one that is there; refuses one that an instance owns, nodes in no network or in several.
    """
    yield from _converge(cloud.port_requests, cloud_name, wanted, f"a port holds {wanted.vip}")


@operation()
def address_pairs(cloud_name: str, wanted: Wanted) -> Commands:
    """Own the vip, as /32, among the allowed address pairs of every node's port; removes none."""
    yield from _converge(cloud.pair_requests, cloud_name, wanted, f"every node's port allows {wanted.vip}")


@operation()
def security_group(cloud_name: str, wanted: Wanted) -> Commands:
    """Own a security group with the ports of :mod:`webha.run.ports`; refuses one of that name that is not ours.

    Rules that somebody added to it stay.
    """
    yield from _converge(cloud_groups.group_requests, cloud_name, wanted, "the security group has its rules")


@operation()
def security_group_attached(cloud_name: str, wanted: Wanted) -> Commands:
    """Own that every node's port has our security group, beside those it has."""
    yield from _converge(cloud_groups.attach_requests, cloud_name, wanted, "every node's port has it")


@operation()
def floating_ip(cloud_name: str, wanted: Wanted) -> Commands:
    """Own that the floating IP is associated with the vip's port; allocates one where the data asks for any.

    Refuses one that is associated with something else, unless ``takeover``.
    """
    nothing = f"{wanted.floating_ip or 'a floating IP'} is associated with {wanted.vip}"
    yield from _converge(cloud_floating.requests, cloud_name, wanted, nothing)


@operation()
def former_vip_removed(cloud_name: str, wanted: Wanted) -> Commands:
    """Own that nothing of ours is left of another virtual IP than the wanted one."""
    yield from _converge(cloud_removal.leftovers, cloud_name, wanted, "nothing is left of a former virtual IP")


@operation()
def removed(cloud_name: str, wanted: Wanted) -> Commands:
    """Own that nothing of ours, by tag, is in the project; leaves everything else."""
    yield from _converge(cloud_removal.everything, cloud_name, wanted, "nothing of ours is there", groups=True)
