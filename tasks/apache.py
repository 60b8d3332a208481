"""§2.2 Apache: packages, the site's vhost, and a loopback vhost for the cluster's eyes. Pacemaker starts it."""

from pyinfra.context import host

from webha import certificates
from webha.apache import AGENT, modules
from webha.apache import mail as mail_by
from webha.apache import operations as apache
from webha.apache.facts import PID
from webha.apache.manifest import APACHE_DROP_IN, CERTIFICATE, HEALTH, PROTECTION, commands, php_settings
from webha.apache.trial import TLS, php
from webha.drupal import surveyed
from webha.firewall import networks
from webha.ground.render import render
from webha.machine import operations as node
from webha.machine import trial
from webha.run import context, keys
from webha.run.inventory import addressed_as, certified_for, network_of
from webha_node.site.apps import APPS

if context.on_a_node():
    nodes = context.nodes()
    data = host.data

    surveyed.same_application(data)

    node.packages(name="Apache: packages", names=data.apache_packages)

    certificate = context.or_stop(
        keys.site,
        data.https,
        data.cluster_name,
        certified_for(data.server_name, data.vip, data.floating_ip),
        data.https_certificate,
        data.https_key,
    )
    # Whoever comes to port 80 under one of these is sent to 443.
    redirected = certificates.read(certificate)[0].patterns if certificate and data.https == "files" else ()

    mail = context.or_stop(mail_by, data.site_mail_relay, data.drupal_admin_mail)
    settings = node.File(
        php_settings(context.debian()), render("apache/php.ini.j2", settings=mail | dict(data.php_settings))
    )

    trial.taken(name="Apache: PHP takes its settings", file=settings, trial=php(context.debian()))

    node.placed(
        name="Apache: PHP settings, the health page, the resource agent",
        files=[
            settings,
            node.File(commands(context.debian()), render("apache/commands.ini.j2", settings=mail)),
            node.File(AGENT, render("apache/agent.sh.j2"), mode="755"),
            node.File(f"{HEALTH}/index.php", render("apache/health.php.j2", drupal_root=data.drupal_root)),
            node.File(APACHE_DROP_IN, render("apache/apache2.service.conf.j2", pid=PID)),
        ],
    )

    if certificate:
        pair = node.File(CERTIFICATE, certificate, mode="600")

        trial.taken(name="Apache: OpenSSL takes the site's key and certificate", file=pair, trial=TLS)

        node.placed(name="Apache: the site's key and certificate", files=[pair])

    apache.sites(
        name="Apache: sites",
        contents={
            "webha": render(
                "apache/webha.conf.j2",
                server_name=data.server_name,
                aliases=addressed_as(nodes, data.vip, data.floating_ip, data.server_name),
                drupal_root=data.drupal_root,
                app=data.app,
                title=APPS[data.app].title,
                site=data.cluster_name,
                network=network_of(nodes, data.vip_netmask),
                certificate=CERTIFICATE if certificate else None,
                redirected=redirected,
                trusted_proxies=list(map(str, networks(data.trusted_proxies))),
                hsts=context.or_stop(keys.lasting, data.https, data.https_hsts),
            ),
            "webha-health": render("apache/webha-health.conf.j2", health_port=data.health_port, health_root=HEALTH),
        },
        protections={
            PROTECTION: render(
                "apache/webha-protection.conf.j2",
                drupal_root=data.drupal_root,
                app=data.app,
                # A site of somebody's that comes in needs no installer either.
                installed=data.drupal_install or data.site_source is not None,
            ),
        },
        modules=modules(data.apache_modules, context.debian(), encrypted=bool(certificate)),
        health_port=data.health_port,
    )

    # The document's second error: two owners of one server. systemd's unit becomes a way to reload Pacemaker's.
    apache.handed_over(name="Apache: not systemd's", health_port=data.health_port)

    apache.configuration_in_force(name="Apache: the configuration on disk is in force", health_port=data.health_port)

    if not certificate:
        node.removed(name="Apache: no key and certificate", paths=(CERTIFICATE,))
