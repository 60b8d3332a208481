"""§2.5 Drupal, or another application (app): database, release, settings, site, and cron on the holder of the virtual IP."""

import json

from pyinfra.context import host

from webha import drupal
from webha.drupal import decisions, fetching, operations, written
from webha.drupal.facts import Candidate, Drupal
from webha.drupal.feed import wished
from webha.drupal.manifest import CRON_SERVICE, CRON_TIMER, HEALTH_ACCOUNT, TWIG_CACHE, installer
from webha.firewall import networks
from webha.galera import operations as galera
from webha.machine import operations as node
from webha.run import context, survey
from webha.run.credentials import secret
from webha.run.inventory import addressed_as
from webha.site import operations as site_operations
from webha.site.release import by_links
from webha.site.state import Where
from webha_node.site.apps import APPS, DRUPAL

if context.on_a_node():
    nodes = context.nodes()
    names = [one.name for one in nodes]
    data = host.data
    root, app = data.drupal_root, APPS[data.app]
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
        "server_name": data.server_name,
        "certified": data.https == "files",
    }

    # Of somebody who lost the database: a new site beside the old uploads is made only where that was said.
    confirm = None if data.get("confirm") == data.cluster_name or not data.drupal_install else data.cluster_name

    survey.refuse(
        lambda sites: decisions.of_others(sites, root, confirm, app.name),
        Drupal(),
        root=root,
        database=data.drupal_db,
        user=data.drupal_db_user,
    )

    release, first = None, None
    if context.on_first():
        there = host.get_fact(Drupal, root=root, database=data.drupal_db, user=data.drupal_db_user)
        debian = context.debian()
        complete = there is not None and there.code == "complete"
        packaged = app.package and not data.site_source and not complete
        release = context.or_stop(
            fetching.chosen,
            wished(data, debian),
            debian,
            data.drupal_feed,
            complete,
            host.get_fact(Candidate, package=app.package) if packaged else None,
        )
        if release is not None and there is not None and not complete:
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
        version=data.drupal_version if app is DRUPAL else None,
        root=root,
        database=data.drupal_db,
        user=data.drupal_db_user,
        by_links=first is not None,
        _if=context.on_first,
    )

    operations.writable_directories(
        name="Drupal: what the web server may write",
        paths=tuple(f"{root}/{folder}" for folder in app.writable),
        _if=context.on_first,
    )

    node.placed(name="Drupal: scripts and cron", files=written.programs(app, root, data.vip, data.drupal_cron_minutes))

    if app is DRUPAL:
        operations.local_cache(name="Drupal: a cache of each node's own", path=TWIG_CACHE)

    operations.site(
        name="Drupal: settings and site",
        root=root,
        database=data.drupal_db,
        user=data.drupal_db_user,
        settings=written.settings(app, root, settings),
        closed_settings=written.settings(app, root, settings, closed=True),
        values=written.values(app, root, settings),
        installer=installer(app),
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
        install=data.drupal_install and app.tables,
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
