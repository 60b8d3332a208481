"""The cluster's properties that decide whether two halves may serve at once, against those that the data want."""

from collections.abc import Mapping

from webha.cluster.state import CrmStatus

_COSTS = {
    "no-quorum-policy": "what a node without the majority does",
    "stonith-enabled": "whether a node that does not answer is switched off first",
}

_LEGACY = {"suicide": "fence"}  # Pacemaker's older word


def properties(stonith_enabled: bool, others: Mapping[str, str]) -> dict[str, str]:
    """Return the cluster's properties as the data ``stonith_enabled`` and ``cluster_properties`` want them."""
    return {"stonith-enabled": str(stonith_enabled).lower(), **others}


def unsafe(status: CrmStatus | None, wanted: Mapping[str, str]) -> list[str]:
    """Say which of those properties somebody set otherwise, and that fencing is on without a device: nothing starts then."""
    if status is None:
        return []
    found = []
    for name, cost in _COSTS.items():
        now = status.properties.get(name)
        if name in wanted and now is not None and _LEGACY.get(now, now) != _LEGACY.get(wanted[name], wanted[name]):
            found.append(
                f"{name} is {now} and the data say {wanted[name]} ({cost}): run tasks/cluster.py, or mend the data"
            )
    if status.properties.get("stonith-enabled") == "true" and not status.fencing:
        found.append(
            "stonith-enabled is true and there is no fencing device, so nothing is started: configure one, or "
            "crm configure property stonith-enabled=false"
        )
    return found
