"""Before anything changes: are these machines fit to become the cluster (and the document's §3: is there memory)?"""

from pyinfra.context import host

from webha import deploy, ports
from webha.guards import Needs

if deploy.on_a_node():
    deploy.check_machines(
        deploy.nodes(),
        Needs(
            releases=deploy.SUPPORTED_DEBIAN,
            ram_mb=host.data.minimum_ram_mb,
            disk_mb=host.data.minimum_disk_mb,
            clock_skew=host.data.maximum_clock_skew,
            vip=host.data.vip,
            ports=ports.table(host.data.corosync_port),
        ),
    )
