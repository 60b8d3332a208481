"""§2.2 Apache: packages, the site's vhost, and a loopback vhost for the cluster's eyes. Pacemaker starts it."""

from pyinfra.context import host

from webha.apache import AGENT
from webha.apache import operations as apache
from webha.apache.manifest import HEALTH, php_settings
from webha.apache.trial import php
from webha.ground.render import render
from webha.machine import operations as node
from webha.run import context

if context.on_a_node():
    context.nodes()

    node.packages(name="Apache: packages", names=host.data.apache_packages)

    node.placed(
        name="Apache: PHP settings, the health page, the resource agent",
        files=[
            node.File(
                php_settings(context.debian()),
                render("apache/php.ini.j2", settings=host.data.php_settings),
            ),
            node.File(AGENT, render("apache/agent.sh.j2"), mode="755"),
            node.File(f"{HEALTH}/index.php", render("apache/health.php.j2", drupal_root=host.data.drupal_root)),
        ],
        trials=[php(context.debian())],
    )

    apache.sites(
        name="Apache: sites",
        contents={
            "webha": render(
                "apache/webha.conf.j2", server_name=host.data.server_name, drupal_root=host.data.drupal_root
            ),
            "webha-health": render(
                "apache/webha-health.conf.j2", health_port=host.data.health_port, health_root=HEALTH
            ),
        },
        modules=host.data.apache_modules,
        health_port=host.data.health_port,
    )

    # The document's second error: two owners of one server. systemd lets go of it, here and at boot.
    node.unit(name="Apache: not systemd's", unit="apache2.service", running=False, enabled=False)

    apache.configuration_in_force(
        name="Apache: the configuration on disk is in force", health_port=host.data.health_port
    )
