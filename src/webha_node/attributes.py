"""The nodes' attributes that Pacemaker carries for us: what is told of this node, and what the others told."""

import re

READY = "webha-ready"  # how well this node could serve; the virtual IP prefers the highest
GALERA = "webha-galera"  # what its keeper says of its mariadbd; private: never in the CIB, gone with the node


def telling(value: int) -> tuple[str, ...]:
    """Return the command that tells how ready this node is, at once."""
    return ("attrd_updater", "-n", READY, "-U", str(value), "-d", "0")


def of_all(text: str, name: str) -> dict[str, str]:
    """Read attrd_updater's answer, host to value: name="…" host="…" value="…", also in its XML."""
    rows = (dict(re.findall(r'(\w+)="([^"]*)"', line)) for line in text.splitlines())
    return {row["host"]: row["value"] for row in rows if row.get("name") == name and "host" in row and "value" in row}
