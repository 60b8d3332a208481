"""Back to bare machines, whole or by layer: --data confirm=<cluster_name> [--data layer=drupal,vip]."""

from functools import partial

from pyinfra.api.exceptions import PyinfraError
from pyinfra.context import host

from webha import reset
from webha.apache import AGENT, PHP_VERSIONS
from webha.cloud import operations as cloud
from webha.cloud import wanted
from webha.galera.facts import CONFIGURATION, PURGED
from webha.gluster import mount_unit
from webha.hosts import operations as hosts
from webha.reset import operations
from webha.reset.facts import Belongings
from webha.run import context, ending, survey

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
    mount = mount_unit(root)
    units, library = "/etc/systemd/system", "/usr/local/lib/webha"
    lists = {
        "galera": data.galera_packages,
        "apache": data.apache_packages,
        "cluster": data.cluster_packages,
        "gluster": data.gluster_packages,
    }

    survey.refuse(
        partial(
            reset.of_others,
            layers=plan.layers,
            database=data.drupal_db,
            volume=data.gluster_volume,
            brick=data.gluster_brick,
            root=root,
            cluster_name=data.cluster_name,
        ),
        Belongings(),
        brick=data.gluster_brick,
        root=root,
        database=data.drupal_db,
        user=data.drupal_db_user,
    )

    if "vip" in plan.layers:
        operations.unconfigured(
            name="Reset vip: resources and constraints",
            ids=("HA_VIP", "WebServer", "WebServer-clone", "WebServer-with-HA_VIP", "HA_VIP-before-WebServer"),
            _if=context.on_first,
        )
        daemons = ("webha-ready.service", "webha-guard.service", "webha-handover.service")
        operations.erased(
            name="Reset vip: readiness, guard and handover",
            packages=(),
            paths=(
                *(f"{units}/{one}" for one in daemons),
                *(f"{library}/{one}" for one in ("ready", "guard", "handover")),
                *(f"/run/webha/{one}.sha256" for one in daemons),
            ),
            prepare=f"systemctl -q disable --now {' '.join(daemons)} || :; "
            "! systemctl -q is-active pacemaker || timeout 10 attrd_updater -n webha-ready -D || :",
        )

    if "drupal" in plan.layers:
        operations.erased(
            name="Reset drupal: cron and scripts",
            packages=(),
            paths=(
                f"{units}/webha-cron.service",
                f"{units}/webha-cron.timer",
                "/etc/tmpfiles.d/webha-drupal.conf",
                "/usr/local/lib/webha/drupal-install.php",
                "/usr/local/lib/webha/drupal-cron.php",
                "/var/cache/webha-twig",
            ),
            prepare="systemctl -q disable --now webha-cron.timer || :",
        )
        operations.site_erased(
            name="Reset drupal: database and volume",
            nodes=names,
            root=root,
            database=data.drupal_db,
            user=data.drupal_db_user,
            code="gluster" not in plan.layers,  # else the volume goes with all that is on it
            _if=context.on_first,
        )

    if "gluster" in plan.layers:
        operations.erased(
            name="Reset gluster: the mount",
            packages=(),
            paths=(
                f"{units}/webha-docroot.service",
                f"{units}/webha-docroot.timer",
                f"{library}/docroot-keeper",
                "/run/webha/gluster-clients",
            ),
            prepare="systemctl -q disable --now webha-docroot.timer || :",
        )
        operations.unmounted(
            name="Reset gluster: nothing mounted",
            unit=mount,
            volume=data.gluster_volume,
            brick=data.gluster_brick,
            root=root,
        )
        operations.brick_erased(
            name="Reset gluster: the brick",
            volume=data.gluster_volume,
            nodes=names,
            brick=data.gluster_brick,
            root=root,
        )
        operations.erased(
            name="Reset gluster: glusterd",
            packages=reset.packages(lists, "gluster", plan.layers),
            paths=(f"{units}/glusterd.service.d/webha.conf",),
            prepare="systemctl -q disable --now glusterd.service || :",
            empty=(f"{units}/glusterd.service.d",),
        )

    if "cluster" in plan.layers:
        operations.erased(
            name="Reset cluster: the reaper and stepping aside",
            packages=(),
            paths=(
                f"{units}/webha-aside.service",
                f"{library}/aside",
                "/run/webha/webha-aside.service.sha256",
                "/run/webha/webha-reaper.socket.sha256",
                f"{units}/webha-reaper.socket",
                f"{units}/webha-reaper@.service",
                f"{library}/node-lost",
                f"{library}/reap",
            ),
            prepare="systemctl -q disable --now webha-reaper.socket webha-aside.service || :",
        )
        operations.erased(
            name="Reset cluster: corosync and pacemaker",
            packages=reset.packages(lists, "cluster", plan.layers),
            paths=(
                "/etc/corosync/corosync.conf",
                "/run/webha/corosync.conf",
                "/run/webha/corosync.authkey.sha256",
                f"{units}/corosync.service.d/webha.conf",
                f"{units}/pacemaker.service.d/webha.conf",
            ),
            # A configuration with resources of somebody's is kept aside; what they run is not ours to stop any other way.
            prepare="systemctl stop pacemaker.service corosync.service || :; cib=/var/lib/pacemaker/cib/cib.xml; "
            "! grep -oE '<(primitive|template) id=\"[^\"]*' $cib 2>/dev/null | cut -d'\"' -f2 | grep -qvxE 'HA_VIP|WebServer' || "
            "install -m 600 $cib /var/backups/webha-cib-$(date +%Y%m%d-%H%M%S).xml; "
            "rm -rf /var/lib/pacemaker/cib/* /var/lib/corosync/ringid_* /etc/corosync/authkey",
            empty=(
                "/etc/corosync",
                "/var/lib/corosync",
                "/var/lib/pacemaker",
                f"{units}/corosync.service.d",
                f"{units}/pacemaker.service.d",
            ),
        )

    if "apache" in plan.layers:
        php = f"/etc/php/{PHP_VERSIONS[context.debian()]}/apache2/conf.d/90-webha.ini"
        sites = ("webha", "webha-health")
        operations.erased(
            name="Reset apache: Apache and PHP",
            packages=reset.packages(lists, "apache", plan.layers),
            paths=(
                *(f"/etc/apache2/sites-enabled/{one}.conf" for one in sites),
                *(f"/etc/apache2/sites-available/{one}.conf" for one in sites),
                php,
                f"{library}/health",
                AGENT,
            ),
            # Pacemaker's Apache, which systemd does not know of.
            prepare="[ ! -e /etc/apache2/sites-enabled/webha.conf ] || pkill -x apache2 || :",
            empty=("/etc/apache2", "/etc/php", "/var/lib/apache2", "/var/log/apache2", library),
        )

    if "galera" in plan.layers:
        operations.erased(
            name="Reset galera: its keeper",
            packages=(),
            paths=(
                f"{units}/webha-galera-keeper.service",
                f"{library}/galera-keeper",
                "/run/webha/webha-galera-keeper.service.sha256",
                "/run/webha/galera-keeper.said",
                "/run/webha/galera-keeper.json",
            ),
            prepare="systemctl -q disable --now webha-galera-keeper.service || :",
        )
        operations.erased(
            name="Reset galera: MariaDB",
            packages=reset.packages(lists, "galera", plan.layers),
            paths=(CONFIGURATION, f"{units}/mariadb.service.d/webha.conf", "/run/webha/galera.sha256"),
            prepare=f"systemctl stop mariadb.service || :; case \" $packages \" in *' mariadb-server '*) "
            f"mkdir -p $(dirname {PURGED}); : > {PURGED};; esac",
            empty=("/etc/mysql", f"{units}/mariadb.service.d", "/var/log/mysql"),
        )
        operations.databases_erased(name="Reset galera: its databases", database=data.drupal_db)

    if "hosts" in plan.layers:
        hosts.names(name="Reset hosts: names", nodes=nodes, present=False)

    ending.say_at_end("The secrets in secrets/ are kept; remove that folder to have new ones made.")
