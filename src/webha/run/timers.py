"""The timers of this run's data: which fault is taken for one, and how soon."""

from collections.abc import Mapping
from dataclasses import dataclass

from pyinfra.context import host

from webha.run import failover
from webha.run.context import members, or_stop


@dataclass(frozen=True)
class Timers:
    """One column of the datum ``failovers``, fitted to the cluster. Token and ping in milliseconds, the others in seconds.

    ``detection``: the seconds after which the others have a membership without a silent node.
    """

    corosync_token: int
    corosync_token_coefficient: int | None
    knet_ping_timeout: int
    vip_monitor_interval: str
    apache_monitor_interval: str
    wsrep_provider_options: Mapping[str, str]
    gluster_options: Mapping[str, str]
    ready_interval: float
    ready_patience: float
    guard_patience: float
    detection: float


def of_this_run() -> Timers:
    """Return the timers of the datum ``failover``, with what the data say besides; refuse a failover that is not known."""
    data = host.data
    single = ("corosync_token", "corosync_token_coefficient", "vip_monitor_interval", "apache_monitor_interval")
    chosen = or_stop(
        failover.timers,
        data.failover,
        data.failovers,
        {key: data.get(key) for key in single},
        {key: data.get(key) for key in ("gluster_options", "wsrep_provider_options")},
    )
    return Timers(**failover.matched(chosen, len(members())))
