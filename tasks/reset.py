"""Back to bare machines, whole or by layer: --data confirm=<cluster_name> [--data layer=drupal,vip]."""

from functools import partial

from pyinfra.api.exceptions import PyinfraError
from pyinfra.context import host

from webha import reset
from webha.apache import manifest as apache
from webha.backup import manifest as backup
from webha.cloud import operations as cloud
from webha.cloud import wanted
from webha.cluster import manifest as cluster
from webha.drupal import manifest as drupal
from webha.firewall import manifest as firewall
from webha.firewall.operations import opened
from webha.galera import manifest as galera
from webha.gluster import manifest as gluster
from webha.gluster import mount_unit
from webha.hosts import operations as hosts
from webha.machine import operations as node
from webha.reset import operations
from webha.reset.facts import Belongings
from webha.reset.manifest import paths
from webha.run import context, ending, holding, survey
from webha.vip import manifest as vip
from webha.vip.operations import address_removed

context.refuse_what_nobody_knows()
data = host.data
plan = reset.plan(data.get("layer"), data.get("confirm"), data.cluster_name)
if plan.refusal:
    raise PyinfraError(plan.refusal)

if "cloud" in plan.layers and data.openstack_cloud is None:
    ending.say_at_end("openstack_cloud is None: nothing is looked for in OpenStack.")
elif "cloud" in plan.layers:
    context.require_control()
    cloud.removed(
        name="Reset cloud: what is ours in OpenStack",
        cloud_name=data.openstack_cloud,
        wanted=wanted(data, context.described()),
    )

if context.on_a_node():
    nodes = context.nodes()
    names = [one.name for one in nodes]
    root = data.drupal_root
    storage = {"brick": data.gluster_brick, "root": root}
    site = {"root": root, "database": data.drupal_db, "user": data.drupal_db_user}
    server = apache.server(context.debian())
    parts = {
        "backup": backup.POINTS,
        "galera": galera.MARIADB,
        "apache": server,
        "cluster": cluster.DAEMONS,
        "gluster": gluster.GLUSTERD,
        "firewall": firewall.FIREWALL,
    }
    lists = {layer: data.get(part.packages) for layer, part in parts.items()}

    survey.refuse(
        partial(
            reset.of_others,
            layers=plan.layers,
            database=data.drupal_db,
            volume=data.gluster_volume,
            cluster_name=data.cluster_name,
            **storage,
        ),
        Belongings(),
        brick=data.gluster_brick,
        **site,
    )

    if "vip" in plan.layers:
        operations.unconfigured(name="Reset vip: resources and constraints", ids=vip.OBJECTS, _if=context.on_first)

        # Before the handover, which waits until the address is elsewhere.
        address_removed(name="Reset vip: the address is on no device", vip=data.vip)

        operations.erased(name=f"Reset vip: {vip.WATCH.name}", part=vip.WATCH)

    if "backup" in plan.layers:
        operations.erased(
            name=f"Reset backup: {backup.POINTS.name}",
            part=backup.POINTS,
            packages=reset.packages(lists, "backup", plan.layers),
        )

    if "drupal" in plan.layers:
        operations.erased(name=f"Reset drupal: {drupal.SCRIPTS.name}", part=drupal.SCRIPTS)

        operations.account_removed(
            name="Reset drupal: the health page's account", **drupal.HEALTH_ACCOUNT, _if=context.on_first
        )

        operations.site_erased(
            name="Reset drupal: database and volume",
            nodes=names,
            code="gluster" not in plan.layers,  # else the volume goes with all that is on it
            **site,
            _if=context.on_first,
        )

    if "gluster" in plan.layers:
        operations.erased(name=f"Reset gluster: {gluster.LOOKING_AFTER.name}", part=gluster.LOOKING_AFTER)

        operations.unmounted(
            name="Reset gluster: nothing mounted", unit=mount_unit(root), volume=data.gluster_volume, **storage
        )

        operations.brick_erased(name="Reset gluster: the brick", volume=data.gluster_volume, nodes=names, **storage)

        operations.erased(
            name=f"Reset gluster: {gluster.GLUSTERD.name}",
            part=gluster.GLUSTERD,
            packages=reset.packages(lists, "gluster", plan.layers),
        )

    if "cluster" in plan.layers:
        # Of the cluster's step, as it is placed there: a reset of Galera alone leaves it.
        operations.erased(name=f"Reset cluster: {galera.RETURN.name}", part=galera.RETURN)

        operations.erased(name=f"Reset cluster: {cluster.STEPPING_ASIDE.name}", part=cluster.STEPPING_ASIDE)

        operations.erased(
            name=f"Reset cluster: {cluster.DAEMONS.name}",
            part=cluster.DAEMONS,
            packages=reset.packages(lists, "cluster", plan.layers),
        )

    if "apache" in plan.layers:
        operations.erased(
            name=f"Reset apache: {server.name}", part=server, packages=reset.packages(lists, "apache", plan.layers)
        )

    if "galera" in plan.layers:
        operations.account_removed(
            name="Reset galera: the account of the state transfer", **galera.TRANSFER_ACCOUNT, _if=context.on_first
        )

        operations.erased(
            name=f"Reset galera: {galera.MARIADB.name}",
            part=galera.MARIADB,
            packages=reset.packages(lists, "galera", plan.layers),
        )

        operations.databases_erased(name="Reset galera: its databases", database=data.drupal_db)

    if "firewall" in plan.layers:
        opened(name="Reset firewall: nothing of ours filters")

        operations.erased(
            name=f"Reset firewall: {firewall.FIREWALL.name}",
            part=firewall.FIREWALL,
            packages=reset.packages(lists, "firewall", plan.layers),
        )

    if {"vip", "gluster", "cluster", "galera"} & set(plan.layers):
        # And the programs' archive, where no unit that stays runs one of them.
        node.former_removed(
            name=f"Reset {plan.layers[-1]}: no program without its unit, of this version or another",
            known=paths(context.debian()),
        )

    if "hosts" in plan.layers:
        hosts.names(name="Reset hosts: names", nodes=nodes, present=False)

    if plan.whole:
        holding.leave_nothing()

    ending.say_at_end("The secrets in secrets/ are kept; remove that folder to have new ones made.")
