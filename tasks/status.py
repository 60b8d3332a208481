"""The whole stack on one screen; exit code 0 only where every layer is healthy. --data report=FILE: the same as JSON."""

from pyinfra.context import host

from webha import status
from webha.cluster import properties
from webha.run import context, survey
from webha.status.facts import SECONDS, Status
from webha.status.screen import show
from webha.status.state import Expected

data = host.data
nodes = context.described()
seen = survey.look(
    Status(),
    SECONDS + 3,
    vip=data.vip,
    brick=data.gluster_brick,
    root=data.drupal_root,
    volume=data.gluster_volume,
    health_port=data.health_port,
    database=data.drupal_db,
    user=data.drupal_db_user,
    backup=data.backup_target,
    https=None if data.https == "off" else data.server_name,
)

if seen is not None:
    show(
        status.report(
            seen,
            Expected(
                names=tuple(one.name for one in nodes),
                vip=data.vip,
                site=data.cluster_name,
                volume=data.gluster_volume,
                brick=data.gluster_brick,
                root=data.drupal_root,
                clock_skew=data.maximum_clock_skew,
                firewall=data.firewall,
                https=data.https != "off",
                galera_tls=data.galera_tls,
                gluster_tls=data.gluster_tls,
                backup=data.backup_target,
                backup_age=data.backup_max_age,
                log_minutes=data.backup_log_minutes if data.galera_binlog else 0,
                properties=properties(data.stonith_enabled, data.cluster_properties),
                options=data.gluster_options,
            ),
        ),
        data.get("report"),
    )
