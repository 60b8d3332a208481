"""Who reaches the nodes: the web at the virtual IP, ssh, and the nodes each other; nobody else (the document: everybody)."""

from pyinfra.context import host

from webha import firewall
from webha.firewall import operations
from webha.machine import operations as node
from webha.run import context, ending, ports

if context.on_a_node():
    nodes = context.nodes()
    data = host.data

    if data.firewall:
        node.packages(name="Firewall: packages", names=data.firewall_packages)

        operations.closed(
            name="Firewall: closed but for what is meant to be open",
            openings=firewall.openings(
                ports.table(data.corosync_port),
                nodes,
                data.vip,
                web_sources=data.web_sources,
                database_sources=data.database_sources,
                further=data.firewall_open,
            ),
            vip=data.vip,
            ssh_sources=data.ssh_sources,
        )
    else:
        operations.opened(name="Firewall: nothing of ours filters")

        ending.say_at_end(
            "firewall = False: everybody on the nodes' network reaches the database, the volume and the cluster, and can run PHP on the site."
        )
