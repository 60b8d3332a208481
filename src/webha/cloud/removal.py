"""What of the cloud is ours to take away: all of it (reset), or what a former virtual IP left."""

from webha.cloud import Request, Wanted, is_ours, untag
from webha.cloud import groups as cloud_groups
from webha.cloud.state import Cloud, FloatingIp, Port


def leftovers(cloud: Cloud, wanted: Wanted) -> list[Request]:
    """Return what takes away our ports and address pairs of another vip than the wanted one."""
    if cloud.problem:
        raise ValueError(cloud.problem)
    ports = [port for port in _ports(cloud, wanted) if not port.holds(wanted.vip)]
    return [*_pairs(cloud, wanted, keep=wanted.vip), *map(_port, ports)]


def everything(cloud: Cloud, wanted: Wanted) -> list[Request]:
    """Return what takes away all that we made or added, and nothing else: by our tags."""
    if cloud.problem:
        raise ValueError(cloud.problem)
    ports = _ports(cloud, wanted)
    groups = [group for group in cloud.groups if cloud_groups.is_ours(group, wanted)]
    ours = {group.id for group in groups}
    return [
        *(request for one in cloud.floating for request in _floating(cloud, one, wanted)),
        *_pairs(cloud, wanted, keep=None),
        *map(_port, ports),
        *(
            Request(
                f"detach {', '.join(group.name for group in groups)} from port {port.label}",
                "PUT",
                f"/ports/{port.id}",
                {"port": {"security_groups": [group for group in port.groups if group not in ours]}},
            )
            for port in cloud.ports
            if ours & set(port.groups) and port not in ports
        ),
        *(Request(f"remove security group {group.name}", "DELETE", f"/security-groups/{group.id}") for group in groups),
    ]


def _ports(cloud: Cloud, wanted: Wanted) -> list[Port]:
    """Our ports, but for one that a machine uses by now: Neutron would let it be deleted from under the machine."""
    return [port for port in cloud.ports if is_ours(port, wanted) and not port.bound]


def _port(port: Port) -> Request:
    return Request(f"remove port {port.label}", "DELETE", f"/ports/{port.id}")


def _floating(cloud: Cloud, one: FloatingIp, wanted: Wanted) -> list[Request]:
    """One that somebody has moved to another machine since is theirs: it only loses our tag."""
    path = f"/floatingips/{one.id}"
    on_vip = one.port in {port.id for port in cloud.ports if port.holds(wanted.vip) or is_ours(port, wanted)}
    if is_ours(one, wanted) and (on_vip or not one.port):
        return [Request(f"give the floating IP {one.address} back", "DELETE", path)]
    words = [word for word in (wanted.tag, wanted.associated_tag) if word in one.tags]
    gone = [untag("floatingips", one.id, word, f"untag {one.address}") for word in words]
    if words and on_vip:
        return [
            Request(f"release the floating IP {one.address}", "PUT", path, {"floatingip": {"port_id": None}}),
            *gone,
        ]
    return gone


def _pairs(cloud: Cloud, wanted: Wanted, keep: str | None) -> list[Request]:
    """Take the address pairs that we added off the nodes' ports; our tag on the port names the address."""
    prefix = f"{wanted.tag}-pair-"
    found: list[Request] = []
    for port in cloud.ports:
        words = {word.removeprefix(prefix): word for word in sorted(port.tags) if word.startswith(prefix)}
        words.pop(keep or "", None)
        taken = {form for address in words for form in (address, f"{address}/32")}
        pairs = [pair for pair in port.pairs if pair.get("ip_address") not in taken]
        untags = tuple(untag("ports", port.id, word, f"untag port {port.label}") for word in words.values())
        if len(pairs) < len(port.pairs):
            says = f"take {', '.join(words)} off the allowed address pairs of port {port.label}"
            body = {"port": {"allowed_address_pairs": pairs}}
            found.append(Request(says, "PUT", f"/ports/{port.id}", body, port.revision, untags))
        else:
            found += untags
    return found
