"""Run before mariadb.service stops in order: a habit, a package's script, a planned restart. The virtual IP leaves first, while all still serves.

Where the database died by itself it is readiness that tells. Nothing is waited for in maintenance mode, where nothing is moved, nor at a
shutdown, before which the address has left (``webha_node.handover``).
"""

from dataclasses import dataclass

from webha_node import address, maintenance

LONGEST = 5.0  # seconds that the address may take to leave


@dataclass(frozen=True)
class Values:
    """The virtual IP."""

    vip: str


def main(values: Values) -> None:
    """Make the address leave, if it is here."""
    if not maintenance.on() and not address.left(values.vip, LONGEST):
        print(f"{values.vip} is still here after {LONGEST:.0f} s: no other node takes it", flush=True)
