"""Before anything changes: are these machines fit to become the cluster (and the document's §3: is there memory)?"""

from pyinfra.context import host

from webha.machine import Needs, shortcomings
from webha.machine.facts import Machine
from webha.run import context, ports, survey

if context.on_a_node():
    addresses = {node.name: node.address for node in context.nodes()}
    needs = Needs(
        releases=context.SUPPORTED_DEBIAN,
        ram_mb=host.data.minimum_ram_mb,
        disk_mb=host.data.minimum_disk_mb,
        clock_skew=host.data.maximum_clock_skew,
        vip=host.data.vip,
        ports=ports.table(host.data.corosync_port, host.data.https),
    )
    survey.refuse(
        lambda machines: shortcomings(machines, addresses, needs),
        Machine(),
        heading="these machines cannot become the cluster, nothing was changed:",
        vip=needs.vip,
    )
