"""Run before mariadb.service stops in order: a habit, a package's script, a planned restart. The virtual IP leaves first, while all still serves.

Where the database died by itself it is readiness that tells. Nothing is waited for in maintenance mode, where nothing is moved, nor at a
shutdown, before which the address has left (``webha_node.handover``).
"""

from dataclasses import dataclass

from webha_node import address, attributes, maintenance
from webha_node.commands import said

LONGEST = 5.0  # seconds that the address may take to leave
WITHOUT = 500  # what readiness says of a node without a database, of which all else serves


@dataclass(frozen=True)
class Values:
    """This node's name, and the virtual IP."""

    name: str
    vip: str


def main(values: Values) -> None:
    """Make the address leave, if it is here, and another node is worth more than this one will be."""
    told = said("attrd_updater", "-n", attributes.READY, "-A", "-Q") or ""
    others = [value for host, value in attributes.of_all(told, attributes.READY).items() if host != values.name]
    better = any(value.isdigit() and int(value) > WITHOUT for value in others)
    if better and not maintenance.on() and not address.left(values.vip, LONGEST):
        print(f"{values.vip} is still here after {LONGEST:.0f} s: no other node takes it", flush=True)
