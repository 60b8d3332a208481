"""Who is let in to a node, and what is said of it."""

from collections.abc import Iterable, Sequence

from webha.firewall.state import RULES, UNIT, Connection, Firewall, Opening, networks
from webha.run.inventory import Node
from webha.run.ports import Port, asked

SSH, OF_SSH = 22, "ssh"
FORWARDED = "docker-proxy"  # what it listens for is passed on to a container, and never comes to the node itself
DHCP = (Opening("DHCP", "udp", 68, 68), Opening("DHCP", "udp", 546, 546))  # the template's own


def openings(
    ports: Iterable[Port],
    nodes: Sequence[Node],
    vip: str,
    *,
    web_sources: Iterable[str] = (),
    database_sources: Iterable[str] = (),
    further: Iterable[str] = (),
) -> tuple[Opening, ...]:
    """Return who is let in where, but for ssh: by the table of ``ports``, and as ``further`` asks (:func:`webha.run.ports.asked`)."""
    # The virtual IP, too: a node may well speak with it, where its route is the narrower one.
    members = networks([*(one.address for one in nodes), vip])
    web, database = networks(web_sources), networks(database_sources)
    found = []
    for port in ports:
        span = port.protocol, port.first, port.last
        if port.source == "anywhere":
            found.append(Opening(f"{port.service}, at the virtual IP", *span, at=vip))
            found.append(
                Opening(f"{port.service}, at a node's own address", *span, networks(map(str, (*members, *web))))
            )
        elif port.source == "nodes":
            found.append(Opening(port.service, *span, members))
        else:
            found.append(Opening(port.service, *span, database))
    for one in map(asked, further):
        source = None if one.source is None else networks((one.source,))
        found.append(Opening("firewall_open", one.protocol, one.first, one.last, source))
    return tuple(found)


def ssh(ports: Iterable[int], sources: Iterable[str]) -> tuple[Opening, ...]:
    """Return the openings of sshd's ``ports``; without any that is known, of ssh's own."""
    allowed = networks(sources)
    everywhere = {"0.0.0.0/0", "::/0"} <= {str(one) for one in allowed}
    return tuple(
        Opening(OF_SSH, "tcp", port, port, None if everywhere else allowed) for port in sorted(set(ports)) or (SSH,)
    )


def intruders(connections: Iterable[Connection], firewall: Firewall, opened: Iterable[Opening]) -> list[Connection]:
    """Return the connections that somebody made before ``opened`` was all that is open, and that nobody may make now.

    Those of ssh are let be: who is logged in stays, and the run itself is.
    """
    known = [one for one in opened if one.why != OF_SSH]
    listened = {one.port for one in firewall.listeners if one.protocol == "tcp"}
    return [
        one
        for one in connections
        if one.port in listened
        and any(opening.is_about("tcp", one.port) for opening in known)
        and not any(opening.is_about("tcp", one.port) and opening.takes(one.peer) for opening in known)
    ]


def shut_to_visitors(firewall: Firewall, vip: str, ports: Iterable[Port]) -> str:
    """Say at which ports that are for anybody the rules on disk let nobody in at ``vip``; empty where there are none such, or no rules."""
    open_to_all = [port.first for port in ports if port.source == "anywhere"]
    shut = [
        str(port) for port in open_to_all if f"ip daddr {vip} tcp dport {port} accept" not in (firewall.rules or "")
    ]
    return (
        f"the firewall lets nobody in at {vip}, port {' and '.join(shut)}"
        if firewall.rules is not None and shut
        else ""
    )


def closed_to_all(firewall: Firewall, opened: Iterable[Opening]) -> list[str]:
    """Name what listens on the node and is in nobody's mind: once ``opened`` is all that is open, only the machine itself reaches it."""
    known = [*opened, *DHCP]
    return [
        f"{one.process or 'something'} ({one.protocol} {one.port})"
        for one in firewall.listeners
        if one.process != FORWARDED and not any(opening.is_about(one.protocol, one.port) for opening in known)
    ]


def not_as_wished(firewall: Firewall | None, *, wanted: bool) -> list[str]:
    """Say what keeps the node from being closed; where it is open by wish, what is left of ours."""
    if firewall is None:
        return ["unknown, who may reach this node"]
    if not wanted:
        return ["our firewall is at work, though firewall is False: run tasks/firewall.py"] if firewall.loaded else []
    if firewall.rules is None or not firewall.loaded:
        left = "" if firewall.rules is None else ", its rules were taken out of the kernel (nft flush ruleset?)"
        return [f"everybody on the network reaches its database, volume and cluster{left}: run tasks/firewall.py"]
    found = []
    if firewall.in_force is None:
        found.append(f"unknown, whether the kernel has the rules of {RULES}")
    elif not firewall.in_force:
        found.append("other rules are in our table than tasks/firewall.py wrote: run it")
    if firewall.unit != "enabled":
        found.append(f"its firewall will not be there after the next boot: systemctl enable {UNIT}")
    return found
