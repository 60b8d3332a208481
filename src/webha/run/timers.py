"""The timers of this run's data."""

from typing import Any

from pyinfra.context import host, inventory

from webha.run import failover
from webha.run.context import GROUP, or_stop


def of_this_run() -> dict[str, Any]:
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
    return failover.matched(chosen, len(inventory.get_group(GROUP)))
