"""Bringing nodes back to bare, whole or by layer."""

from dataclasses import dataclass

# In the order of taking down: what stands on another layer goes first.
LAYERS = ("cloud", "vip", "drupal", "gluster", "cluster", "apache", "galera", "hosts")


@dataclass(frozen=True)
class Plan:
    """Which layers go, in order; ``refusal`` says why none does."""

    layers: tuple[str, ...]
    refusal: str | None = None


def plan(layer: str | None, confirm: str | None, cluster_name: str) -> Plan:
    """Decide what to take down: everything, or one ``layer`` (comma-separated for several), only when confirmed by name.

    Erasing a database and a file system is nothing to fall into: without ``confirm`` equal to the cluster's name
    nothing is touched.
    """
    if confirm != cluster_name:
        return Plan(
            (),
            f"this erases databases and files for good: repeat with --data confirm={cluster_name} "
            f"(and --data layer=NAME for one of {', '.join(LAYERS)})",
        )
    if layer is None:
        return Plan(LAYERS)
    wanted = {name.strip() for name in str(layer).split(",")}
    unknown = sorted(wanted - set(LAYERS))
    if unknown:
        return Plan((), f"no layer {', '.join(unknown)}: choose from {', '.join(LAYERS)}")
    return Plan(tuple(name for name in LAYERS if name in wanted))
