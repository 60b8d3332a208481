"""Corosync's configuration: corosync.conf as dotted keys, what it says of the cluster, and how its settings get in force."""

SHIPPED_NAME = "debian"  # the one-node cluster that Debian's corosync package configures

# What corosync takes over from a changed file with `corosync-cfgtool -R`, without leaving the membership
# (corosync.conf(5)); anything else is in force only after a restart.
RELOADABLE = (
    "totem.token",
    "totem.token_coefficient",
    "totem.consensus",
    "totem.crypto_cipher",
    "totem.crypto_hash",
    "totem.interface.knet_ping_timeout",
    "logging.",
)
# What all nodes must have alike to see each other at all: a node restarted with the new value would stand alone.
ALIKE = ("totem.cluster_name", "totem.transport", "totem.interface.", "nodelist.")


def flatten(configuration: str) -> dict[str, str]:
    """Return corosync.conf as dotted keys; the n-th ``node`` of the nodelist is ``nodelist.node.n``."""
    values: dict[str, str] = {}
    path: list[str] = []
    count = 0
    for raw in configuration.splitlines():
        line = raw.split("#", 1)[0].strip()
        if line.endswith("{"):
            section = line[:-1].strip()
            if section == "node":
                section, count = f"node.{count}", count + 1
            path.append(section)
        elif line == "}":
            del path[-1:]  # a brace too many is corosync's to refuse, not ours to stumble over
        elif ":" in line:
            key, _, value = line.partition(":")
            values[".".join([*path, key.strip()])] = value.strip()
    return values


def ring(configuration: str) -> tuple[tuple[str, str], ...]:
    """Return the nodes of a corosync.conf, name and address, in the order of their numbers."""
    values = flatten(configuration)
    found = []
    for key, number in values.items():
        if key.startswith("nodelist.") and key.endswith(".nodeid"):
            node = key.removesuffix("nodeid")
            found.append((number.zfill(10), values.get(f"{node}name", ""), values.get(f"{node}ring0_addr", "")))
    return tuple((name, address) for _, name, address in sorted(found))


def cluster_name(configuration: str | None) -> str | None:
    """Return the cluster's name in a corosync.conf."""
    return flatten(configuration).get("totem.cluster_name") if configuration else None
