"""What is asked of the machines before anything changes, and the sentence for each that falls short."""

from collections.abc import Mapping
from itertools import combinations

from webha.machine.state import Machine, Needs


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


def masked(enabled: str) -> bool:
    """Whether systemd starts the unit in no way; ``enabled``: its UnitFileState."""
    return enabled.startswith("masked")


def kept_down(unit: str, enabled: str) -> str:
    """Say what keeps ``unit`` from starting at the next boot, with the command that ends it; empty: nothing does that systemd tells."""
    if masked(enabled):
        return f"{unit} is masked, nothing starts it: systemctl unmask {unit}, then 'systemctl enable --now {unit}'"
    if enabled in ("disabled", "enabled-runtime"):
        return f"{unit} will not start at the next boot: systemctl enable {unit}"
    return ""


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
            instead = f", or {port.otherwise}" if port.otherwise else ""
            found.append(
                f"port {listener.port} ({port.service}) is held by {listener.process}: stop and disable it{instead}"
            )
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
