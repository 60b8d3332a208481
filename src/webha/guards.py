"""What is asked of the machines before anything changes, and the sentence for each that falls short."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

from webha.ports import Port
from webha.shown import Shown


@dataclass(frozen=True)
class Listener:
    """A listening socket and the name of the process behind it (empty: not visible)."""

    port: int
    process: str


@dataclass(frozen=True)
class Machine(Shown):
    """One machine before the deploy. ``clock_offset``: its clock minus this control machine's, in seconds.

    ``vip_holder``: the hardware address that answers for the vip from elsewhere in the network, None where nobody does;
    ``has_vip``: this machine holds it itself. ``disk_mb``: free below ``/var`` and ``/``, the smaller one.
    """

    system: str
    release: int | None
    root: bool
    ram_mb: int
    disk_mb: int
    clock_offset: float
    addresses: tuple[str, ...]
    hardware: tuple[str, ...]
    listeners: tuple[Listener, ...]
    vip_holder: str | None
    has_vip: bool


@dataclass(frozen=True)
class Needs:
    """What the data asks of a machine."""

    releases: tuple[int, ...]
    ram_mb: int
    disk_mb: int
    clock_skew: float
    vip: str
    ports: tuple[Port, ...]


def shortcomings(machines: Mapping[str, Machine | None], addresses: Mapping[str, str], needs: Needs) -> list[str]:
    """Return a sentence for everything that keeps ``machines`` from becoming the cluster: node, finding, way out."""
    found = []
    for name, machine in sorted(machines.items()):
        if machine is None:
            found.append(
                f"{name}: its state cannot be read: is it a Debian machine that lets you in as root or with sudo?"
            )
        else:
            found += [f"{name}: {sentence}" for sentence in _of_one(machine, addresses[name], needs)]
    known = {name: machine for name, machine in machines.items() if machine is not None}
    for (one, first), (other, second) in combinations(sorted(known.items()), 2):
        skew = abs(first.clock_offset - second.clock_offset)
        if skew > needs.clock_skew:
            found.append(
                f"{one} and {other}: their clocks are {skew:.1f} s apart, at most {needs.clock_skew:g} s are allowed: "
                "install chrony or systemd-timesyncd and let them agree"
            )
    found += _vip_problems(known, needs.vip)
    return found


def _of_one(machine: Machine, address: str, needs: Needs) -> list[str]:
    found = []
    if machine.system != "debian" or machine.release not in needs.releases:
        wanted = " or ".join(map(str, needs.releases))
        found.append(f"runs {machine.system or 'an unknown system'} {machine.release or ''}: install Debian {wanted}")
    if not machine.root:
        found.append("commands do not run as root: log in as root, or set _sudo in inventory.py")
    if machine.ram_mb < needs.ram_mb:
        found.append(
            f"has {machine.ram_mb} MB of memory, {needs.ram_mb} MB are needed (the document's first error: MySQL died for want of it): "
            "choose a larger flavor, or lower minimum_ram_mb"
        )
    if machine.disk_mb < needs.disk_mb:
        found.append(
            f"has {machine.disk_mb} MB of free disk, {needs.disk_mb} MB are needed: free some, or lower minimum_disk_mb"
        )
    if machine.addresses and address not in machine.addresses:
        found.append(
            f"does not hold its address {address} (it has {', '.join(machine.addresses)}): set 'address' in inventory.py "
            "to the one the nodes see each other by"
        )
    held = {port.first: port for port in needs.ports if port.holders}
    for listener in machine.listeners:
        port = held.get(listener.port)
        if port and listener.process and listener.process not in port.holders:
            found.append(f"port {listener.port} ({port.service}) is held by {listener.process}: stop and disable it")
    return found


def _vip_problems(machines: Mapping[str, Machine], vip: str) -> list[str]:
    ours = {address for machine in machines.values() for address in machine.hardware}
    strangers = sorted(
        {machine.vip_holder for machine in machines.values() if machine.vip_holder and machine.vip_holder not in ours}
    )
    if strangers:
        return [
            f"vip {vip} is answered by {', '.join(strangers)}, no node of ours: choose a free address, or take it away there"
        ]
    return []
