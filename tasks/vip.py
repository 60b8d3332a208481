"""§2.3.3-2.3.4 The virtual IP and the web server as cluster resources, on one node, the VIP first; then OpenStack."""

from pyinfra import local
from pyinfra.context import host

from webha import deploy
from webha.cib import Colocation, Operation, Order, Primitive, Wanted
from webha.operations import apache, cluster

if deploy.on_a_node():
    nodes = deploy.nodes()
    names = [one.name for one in nodes]

    vip = Primitive(
        "HA_VIP",
        "ocf:heartbeat:IPaddr2",
        {"ip": host.data.vip, "cidr_netmask": str(host.data.vip_netmask), "arp_count_refresh": "2"},
        (
            Operation("start", host.data.vip_timeouts["start"]),
            Operation("stop", host.data.vip_timeouts["stop"]),
            Operation("monitor", host.data.vip_timeouts["monitor"], host.data.vip_monitor_interval),
        ),
    )
    web = Primitive(
        "WebServer",
        "ocf:heartbeat:apache",
        {
            "configfile": "/etc/apache2/apache2.conf",
            "statusurl": f"http://127.0.0.1:{host.data.health_port}/server-status",
        },
        (
            Operation("start", host.data.apache_timeouts["start"]),
            Operation("stop", host.data.apache_timeouts["stop"]),
            Operation("monitor", host.data.apache_timeouts["monitor"], host.data.apache_monitor_interval),
        ),
    )

    cluster.online(name="VIP: all nodes online", nodes=names, wait=False)

    apache.ready_for_the_cluster(name="VIP: a web server to move", health_port=host.data.health_port)

    cluster.configured(
        name="VIP: resources and constraints",
        wanted=Wanted(
            resource_defaults=host.data.resource_defaults,
            primitives=(vip, web),
            constraints=(
                Colocation("WebServer-with-HA_VIP", web.id, vip.id),
                Order("HA_VIP-before-WebServer", vip.id, web.id),
            ),
        ),
        _if=lambda: host.name == names[0],
    )

    cluster.running_together(
        name="VIP: running on one node", resources=(vip.id, web.id), _if=lambda: host.name == names[0]
    )

    cluster.served(name="VIP: the page is served", address=host.data.vip, _if=lambda: host.name == names[0])

local.include("tasks/cloud.py")
