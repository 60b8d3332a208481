"""The site's code is updated: another release runs on all nodes, its updates of the database included. See docs/operations.md."""

from pyinfra.context import host

from webha import programs
from webha.drupal import fetching, surveyed
from webha.drupal.facts import Candidate
from webha.drupal.feed import wished
from webha.drupal.written import updater
from webha.machine import operations as node
from webha.run import context
from webha.site import operations, release
from webha.site.state import Where
from webha_node.site.apps import APPS

if context.on_a_node():
    nodes = context.nodes()
    data = host.data
    where = Where(data.drupal_root, data.vip, data.drupal_db, data.drupal_db_user)
    debian = context.debian()
    app = APPS[data.app]

    surveyed.same_application(data)

    node.placed(
        name="Site: the program of updates",
        files=[*programs.files(nodes), *updater(app)],
    )

    if context.on_first():
        packaged = host.get_fact(Candidate, package=app.package) if app.package and not data.site_source else None
        wanted = context.or_stop(
            release.wanted,
            context.or_stop(fetching.chosen, wished(data, debian), debian, data.drupal_feed, None, packaged),
            data.site_code == "local",
        )

        operations.placed(name="Site: the release beside the running one", wanted=wanted, where=where)

        operations.changed(
            name="Site: the release runs on all nodes",
            wanted=wanted,
            nodes=[one.name for one in nodes],
            where=where,
        )

        operations.kept(
            name="Site: releases of before",
            keep=data.site_keep,
            nodes=[one.name for one in nodes],
            where=where,
        )
