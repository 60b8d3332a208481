"""§2.2 Apache: packages, the site's vhost, and a loopback vhost for the cluster's eyes. Pacemaker starts it."""

from pyinfra.context import host

from webha.apache import AGENT, modules
from webha.apache import operations as apache
from webha.apache.facts import PID
from webha.apache.manifest import APACHE_DROP_IN, HEALTH, PROTECTION, php_settings
from webha.apache.trial import php
from webha.ground.render import render
from webha.machine import operations as node
from webha.machine import trial
from webha.run import context
from webha.run.inventory import addressed_as, network_of

if context.on_a_node():
    nodes = context.nodes()
    data = host.data

    node.packages(name="Apache: packages", names=data.apache_packages)

    settings = node.File(php_settings(context.debian()), render("apache/php.ini.j2", settings=data.php_settings))

    trial.taken(name="Apache: PHP takes its settings", file=settings, trial=php(context.debian()))

    node.placed(
        name="Apache: PHP settings, the health page, the resource agent",
        files=[
            settings,
            node.File(AGENT, render("apache/agent.sh.j2"), mode="755"),
            node.File(f"{HEALTH}/index.php", render("apache/health.php.j2", drupal_root=data.drupal_root)),
            node.File(APACHE_DROP_IN, render("apache/apache2.service.conf.j2", pid=PID)),
        ],
    )

    apache.sites(
        name="Apache: sites",
        contents={
            "webha": render(
                "apache/webha.conf.j2",
                server_name=data.server_name,
                aliases=addressed_as(nodes, data.vip, data.floating_ip, data.server_name),
                drupal_root=data.drupal_root,
                site=data.cluster_name,
                network=network_of(nodes, data.vip_netmask),
            ),
            "webha-health": render("apache/webha-health.conf.j2", health_port=data.health_port, health_root=HEALTH),
        },
        protections={
            PROTECTION: render(
                "apache/webha-protection.conf.j2", drupal_root=data.drupal_root, installed=data.drupal_install
            ),
        },
        modules=modules(data.apache_modules, context.debian()),
        health_port=data.health_port,
    )

    # The document's second error: two owners of one server. systemd's unit becomes a way to reload Pacemaker's.
    apache.handed_over(name="Apache: not systemd's", health_port=data.health_port)

    apache.configuration_in_force(name="Apache: the configuration on disk is in force", health_port=data.health_port)
