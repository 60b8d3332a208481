"""§2.5 Drupal: database, release, settings, site, and cron on the holder of the virtual IP."""

import json

from pyinfra.context import host

from webha import drupal
from webha.drupal import decisions, fetching, operations
from webha.drupal.facts import Drupal
from webha.drupal.feed import wished
from webha.drupal.manifest import (
    CRON,
    CRON_SERVICE,
    CRON_TIMER,
    HEALTH_ACCOUNT,
    INSTALLER,
    TMPFILES,
    TWIG_CACHE,
    UPDATER,
)
from webha.drupal.state import VALUES, WRITABLE
from webha.firewall import networks
from webha.galera import operations as galera
from webha.ground.manifest import UNITS
from webha.ground.render import render
from webha.machine import operations as node
from webha.machine.operations import File
from webha.run import context, survey
from webha.run.credentials import secret
from webha.run.inventory import addressed_as
from webha.site import operations as site_operations
from webha.site.release import by_links
from webha.site.state import Where

if context.on_a_node():
    nodes = context.nodes()
    names = [one.name for one in nodes]
    data = host.data
    root = data.drupal_root
    where = Where(root, data.vip, data.drupal_db, data.drupal_db_user)
    password = context.or_stop(secret, "drupal_db_password")
    settings = {
        "database": data.drupal_db,
        "user": data.drupal_db_user,
        "password": password,
        "hash_salt": context.or_stop(secret, "drupal_hash_salt"),
        "trusted_hosts": drupal.trusted_hosts(
            addressed_as(nodes, data.vip, data.floating_ip, data.server_name), data.drupal_trusted_hosts
        ),
        "trusted_proxies": list(map(str, networks(data.trusted_proxies))),
        "twig_cache": TWIG_CACHE,
    }

    # Of somebody who lost the database: a new site beside the old uploads is made only where that was said.
    confirm = None if data.get("confirm") == data.cluster_name or not data.drupal_install else data.cluster_name

    survey.refuse(
        lambda sites: decisions.of_others(sites, root, confirm),
        Drupal(),
        root=root,
        database=data.drupal_db,
        user=data.drupal_db_user,
    )

    release, first = None, None
    if context.on_first():
        there = host.get_fact(Drupal, root=root, database=data.drupal_db, user=data.drupal_db_user)
        debian = context.debian()
        release = context.or_stop(
            fetching.chosen,
            wished(data, debian),
            debian,
            data.drupal_feed,
            there is not None and there.code == "complete",
        )
        if release is not None and there is not None and there.code != "complete":
            first = context.or_stop(by_links, release, data.site_code == "local")

    galera.account(name="Drupal: the health page's account", **HEALTH_ACCOUNT, _if=context.on_first)

    operations.database(
        name="Drupal: database and user",
        database=data.drupal_db,
        user=data.drupal_db_user,
        password=password,
        root=root,
        _if=context.on_first,
    )

    # What lies on the nodes' own disks, or is a project with its docroot in it, runs by links from the beginning.
    site_operations.placed(
        name="Drupal: the release beside the docroot", wanted=first, where=where, first=True, _if=context.on_first
    )

    site_operations.begun(
        name="Drupal: the release runs on all nodes", wanted=first, nodes=names, where=where, _if=context.on_first
    )

    operations.release(
        name="Drupal: the release on the volume",
        release=release,
        version=data.drupal_version,
        root=root,
        database=data.drupal_db,
        user=data.drupal_db_user,
        by_links=first is not None,
        _if=context.on_first,
    )

    operations.writable_directories(
        name="Drupal: what the web server may write",
        paths=tuple(f"{root}/{folder}" for folder in WRITABLE),
        _if=context.on_first,
    )

    node.placed(
        name="Drupal: scripts and cron",
        files=[
            File(INSTALLER, render("drupal/install.php.j2")),
            File(UPDATER, render("drupal/update.php.j2")),
            File(CRON, render("drupal/cron.php.j2", root=root, vip=data.vip)),
            File(TMPFILES, render("drupal/tmpfiles.conf.j2", twig_cache=TWIG_CACHE)),
            File(
                f"{UNITS}/{CRON_SERVICE}",
                render("drupal/webha-cron.service.j2", root=root, vip=data.vip, script=CRON),
            ),
            File(
                f"{UNITS}/{CRON_TIMER}",
                render("drupal/webha-cron.timer.j2", minutes=data.drupal_cron_minutes),
            ),
        ],
    )

    operations.local_cache(name="Drupal: a cache of each node's own", path=TWIG_CACHE)

    operations.site(
        name="Drupal: settings and site",
        root=root,
        database=data.drupal_db,
        user=data.drupal_db_user,
        settings=File(
            f"{root}/sites/default/settings.php",
            render("drupal/settings.php.j2", closed=False, **settings),
            mode="440",
            owner="root:www-data",
        ),
        closed_settings=File(
            f"{root}/sites/default/settings.php",
            render("drupal/settings.php.j2", closed=True, **settings),
            mode="440",
            owner="root:www-data",
        ),
        values=File(
            f"{root}/sites/default/{VALUES}",
            render("drupal/settings.webha.php.j2", **settings),
            mode="440",
            owner="root:www-data",
        ),
        installer=INSTALLER,
        configuration=json.dumps(
            {
                "root": root,
                "host": data.vip,
                "profile": data.drupal_profile,
                "site_name": data.drupal_site_name,
                "mail": data.drupal_admin_mail,
                "admin": data.drupal_admin,
                "password": context.or_stop(secret, "drupal_admin_password"),
            }
        ),
        install=data.drupal_install,
        confirm=confirm,
        _if=context.on_first,
    )

    operations.password_alone(
        name="Drupal: no former password of the database",
        database=data.drupal_db,
        user=data.drupal_db_user,
        password=password,
        root=root,
        _if=context.on_first,
    )

    node.unit(name="Drupal: cron", unit=CRON_TIMER, starts=(CRON_SERVICE,))
