"""Who reaches the nodes: the web at the virtual IP, ssh, and the nodes each other; nobody else (the document: everybody)."""

from pyinfra.context import host

from webha import firewall
from webha.firewall import DROP_IN, RULES, UNIT, operations
from webha.ground.manifest import UNITS
from webha.ground.render import render
from webha.machine import operations as node
from webha.programs import rights
from webha.run import context, ending, ports

if context.on_a_node():
    nodes = context.nodes()
    data = host.data

    if data.firewall:
        node.packages(name="Firewall: packages", names=data.firewall_packages)

        operations.closed(
            name="Firewall: closed but for what is meant to be open",
            openings=firewall.openings(
                ports.table(data.corosync_port, data.https),
                nodes,
                data.vip,
                web_sources=data.web_sources,
                database_sources=data.database_sources,
                further=data.firewall_open,
            ),
            vip=data.vip,
            ssh_sources=data.ssh_sources,
        )

        node.placed(
            name="Firewall: loaded at boot, and after Debian's own service",
            files=[
                node.File(
                    f"{UNITS}/{UNIT}", render("firewall/webha-firewall.service.j2", rules=RULES, rights=rights.RULES)
                ),
                node.File(DROP_IN, render("firewall/nftables.service.conf.j2", rules=RULES)),
            ],
        )

        node.unit(name="Firewall: at boot", unit=UNIT)
    else:
        operations.opened(name="Firewall: nothing of ours filters")

        ending.say_at_end(
            "firewall = False: everybody on the nodes' network reaches the database, the volume and the cluster, and can run PHP on the site."
        )
