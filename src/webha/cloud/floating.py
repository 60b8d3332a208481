"""The floating IP: which one, and whether it may be taken to the vip's port."""

from webha.cloud import Request, Wanted, is_ours, tag, vip_port
from webha.cloud.state import Cloud, FloatingIp, Port


def requests(cloud: Cloud, wanted: Wanted) -> list[Request]:
    """Ask for the wanted floating IP on the vip's port; nothing where it is there already.

    Refuses one that is associated with something else, unless ``takeover``, and a second one for the vip.
    """
    port = vip_port(cloud, wanted)
    if port is None:
        raise ValueError(f"no port holds the vip {wanted.vip} yet: the floating IP is associated once it is there")
    present = [one for one in cloud.floating if one.port == port.id]
    floating = _chosen(cloud, wanted, present)
    if floating is not None and floating.port == port.id:
        return []
    makes_room = _room(present, port, wanted)
    if floating is None:
        return [*makes_room, _allocation(cloud, wanted, port)]
    if floating.port:
        _check_takeover(cloud, wanted, floating)
    return [*makes_room, _association(floating, port, wanted)]


def _chosen(cloud: Cloud, wanted: Wanted, present: list[FloatingIp]) -> FloatingIp | None:
    """The floating IP to use of those that the project has: the named one; or the one in place, or one left of ours."""
    if wanted.floating_ip is not None:
        return next((one for one in cloud.floating if one.address == wanted.floating_ip), None)
    former = {"", *(port.id for port in cloud.ports if is_ours(port, wanted) and not port.bound)}
    left = [one for one in cloud.floating if is_ours(one, wanted) and one.port in former]
    return next(iter([*present, *left]), None)


def _check_takeover(cloud: Cloud, wanted: Wanted, floating: FloatingIp) -> None:
    holder = next((port for port in cloud.ports if port.id == floating.port), None)
    if wanted.takeover or (holder is not None and is_ours(holder, wanted) and not holder.bound):
        return
    whom = f"port {holder.label}" if holder else f"port {floating.port}"
    raise ValueError(
        f"the floating IP {floating.address} is associated with {floating.fixed} ({whom}): choose another floating_ip, "
        "or set floating_ip_takeover = True to take it from there"
    )


def _room(present: list[FloatingIp], port: Port, wanted: Wanted) -> list[Request]:
    """Neutron lets an address have one floating IP: a former one of ours goes first."""
    put_by_us = all(is_ours(one, wanted) or wanted.associated_tag in one.tags for one in present)
    if not (put_by_us or is_ours(port, wanted) or wanted.takeover):
        listed = ", ".join(one.address for one in present)
        raise ValueError(
            f"port {port.label} of the vip, which somebody else made, has the floating IP {listed}: set floating_ip "
            "to it, or floating_ip_takeover = True to replace it"
        )
    return [
        Request(
            f"release the floating IP {one.address} from the vip",
            "PUT",
            f"/floatingips/{one.id}",
            {"floatingip": {"port_id": None}},
        )
        for one in present
    ]


def _association(floating: FloatingIp, port: Port, wanted: Wanted) -> Request:
    return Request(
        f"associate the floating IP {floating.address} with {wanted.vip}",
        "PUT",
        f"/floatingips/{floating.id}",
        {"floatingip": {"port_id": port.id, "fixed_ip_address": wanted.vip}},
        then=(tag("floatingips", floating.id, wanted.associated_tag, f"tag it {wanted.associated_tag}"),),
    )


def _allocation(cloud: Cloud, wanted: Wanted, port: Port) -> Request:
    body = {
        "floating_network_id": _external(cloud, wanted),
        "port_id": port.id,
        "fixed_ip_address": wanted.vip,
        "description": wanted.description,
    }
    if wanted.floating_ip is not None:
        body["floating_ip_address"] = wanted.floating_ip
    return Request(
        f"allocate {f'the floating IP {wanted.floating_ip}' if wanted.floating_ip else 'a floating IP'} and associate it with {wanted.vip}",
        "POST",
        "/floatingips",
        {"floatingip": body},
        then=(tag("floatingips", "{id}", wanted.tag, f"tag it {wanted.tag}"),),
    )


def _external(cloud: Cloud, wanted: Wanted) -> str:
    external = {one.id: one.name for one in cloud.networks if one.external}
    found = [key for key, name in external.items() if wanted.external_network in (None, key, name)]
    if len(found) == 1:
        return found[0]
    listed = ", ".join(sorted(external.values())) or "none"
    if not found:
        what = (
            "there is no external network"
            if wanted.external_network is None
            else f"openstack_external_network {wanted.external_network!r} is not there"
        )
        raise ValueError(f"no floating IP can be allocated: {what} (the project sees: {listed})")
    raise ValueError(f"more than one external network: {listed}. Set openstack_external_network to one of them")
