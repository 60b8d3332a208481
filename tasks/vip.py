"""§2.3.3-2.3.4 The web server on every node, the virtual IP where it is ready, last to come and first to go; then OpenStack."""

from pyinfra import local
from pyinfra.context import host

from webha import programs
from webha.apache import operations as apache
from webha.cluster import manifest as cluster_manifest
from webha.cluster import operations as cluster
from webha.cluster.cib import Clone, Colocation, Operation, Order, Preference, Primitive, Wanted
from webha.firewall import operations as firewall
from webha.gluster import mount_unit
from webha.ground.manifest import ARCHIVE, UNITS, VALUES, program
from webha.ground.render import render
from webha.machine import operations as node
from webha.programs import rights
from webha.reset.manifest import paths
from webha.run import context, credentials, ending, keys, ports
from webha.run.timers import of_this_run
from webha.vip.manifest import ADDRESS, DEPARTURE, FORMER, GUARD_UNIT, HANDOVER_UNIT, READY_UNIT, WEB, WEBS
from webha_node.site.apps import APPS

if context.on_a_node():
    nodes = context.nodes()
    names = [one.name for one in nodes]
    data = host.data
    timers = of_this_run()

    vip = Primitive(
        ADDRESS,
        "ocf:heartbeat:IPaddr2",
        {"ip": data.vip, "cidr_netmask": str(data.vip_netmask), "arp_count_refresh": "2"},
        (
            Operation("start", data.vip_timeouts["start"]),
            Operation("stop", data.vip_timeouts["stop"]),
            Operation("monitor", data.vip_timeouts["monitor"], timers.vip_monitor_interval),
        ),
    )
    web = Primitive(
        WEB,
        "ocf:webha:apache",
        {
            "configfile": "/etc/apache2/apache2.conf",
            "statusurl": f"http://127.0.0.1:{data.health_port}/server-status",
        },
        (
            Operation("start", data.apache_timeouts["start"]),
            Operation("stop", data.apache_timeouts["stop"]),
            Operation("monitor", data.apache_timeouts["monitor"], timers.apache_monitor_interval),
        ),
    )
    webs = Clone(WEBS, web.id)

    cluster.online(name="VIP: all nodes online", nodes=names, wait=False)

    apache.ready_for_the_cluster(name="VIP: a web server to move", health_port=data.health_port)

    firewall.lets_visitors_in(
        name="VIP: the firewall lets visitors in", vip=data.vip, ports=ports.table(data.corosync_port, data.https)
    )

    node.placed(
        name="VIP: readiness, guard and handover",
        files=[
            *programs.files(nodes),
            programs.daemon(
                READY_UNIT,
                "ready",
                task="vip",
                description="Whether this node can serve the site",
                docroot=data.drupal_root,
            ),
            programs.daemon(
                GUARD_UNIT,
                "guard",
                task="vip",
                description="Let go of a virtual IP that others may hold, and of connections to nodes that are lost",
                urgent=True,
            ),
            node.File(
                f"{UNITS}/{HANDOVER_UNIT}",
                render(
                    "vip/webha-handover.service.j2",
                    program=program("handover"),
                    mount=mount_unit(data.drupal_root),
                    rights=rights.of("handover"),
                ),
            ),
            node.File(DEPARTURE, render("vip/mariadb.service.conf.j2", program=program("departure"))),
        ],
    )

    node.daemon(name="VIP: whether this node is ready", unit=READY_UNIT, program="ready")

    node.daemon(name="VIP: a guard over the address", unit=GUARD_UNIT, program="guard")

    node.unit(name="VIP: handed over before a shutdown", unit=HANDOVER_UNIT)

    node.former_removed(
        name="VIP: nothing that another version of this tool left",
        known=(*paths(context.debian()), ARCHIVE, VALUES),
    )

    cluster.configured(
        name="VIP: resources and constraints",
        wanted=Wanted(
            resource_defaults=data.resource_defaults,
            primitives=(vip, web),
            clones=(webs,),
            constraints=(
                Colocation("HA_VIP-with-WebServer", vip.id, webs.id),
                Order("WebServer-before-HA_VIP", webs.id, vip.id),
                Preference("HA_VIP-where-ready", vip.id, "webha-ready"),
            ),
            gone=(*FORMER, *cluster_manifest.FORMER),
        ),
        _if=context.on_first,
    )

    cluster.running(
        name="VIP: the web server everywhere, the address on one node",
        everywhere=web.id,
        once=vip.id,
        nodes=names,
        _if=context.on_first,
    )

    cluster.served(
        name="VIP: the page is served",
        address=data.vip,
        resource=vip.id,
        site=data.cluster_name,
        schemes=("http",) if data.https == "off" else ("http", "https"),
        empty=not data.drupal_install,
        _if=context.on_first,
    )

    from_outside = f", from outside http://{data.floating_ip}/" if data.openstack_cloud and data.floating_ip else ""
    logged_in, over_tls = {
        "off": (f"http://{data.vip}", ""),
        "self-signed": (
            f"https://{data.vip}",
            f" and https://{data.vip}/ (by {keys.SECRETS / keys.PUBLIC}, which no browser knows)",
        ),
        "files": (f"https://{data.server_name}", f", https://{data.server_name}/"),
    }[data.https]
    log_in = (
        {"log_in": f"as {data.drupal_admin} at {logged_in}/{path}, {credentials.where('drupal_admin_password')}"}
        if (path := APPS[data.app].login)
        else {}
    )
    ending.close_with(
        page=f"http://{data.vip}/{over_tls}{from_outside}",
        **log_in,
        next="pyinfra inventory.py tasks/status.py; what an operator does: docs/operations.md",
    )

local.include("tasks/cloud.py")
