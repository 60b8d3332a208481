"""A site of your own comes in: --data database=DUMP and --data files=ARCHIVE, after deploy.py with site_source. See docs/operations.md."""

from pyinfra.context import host

from webha import programs
from webha.drupal import surveyed
from webha.drupal.fetching import CACHE
from webha.drupal.written import updater
from webha.machine import operations as node
from webha.run import context
from webha.site import moves, moving
from webha.site.state import Where
from webha_node.site.apps import APPS

if context.on_a_node():
    nodes = context.nodes()
    data = host.data
    where = Where(data.drupal_root, data.vip, data.drupal_db, data.drupal_db_user)
    dump, files = context.or_stop(moving.named, data.get("database"), data.get("files"))

    surveyed.same_application(data)

    node.placed(
        name="Site: the program of updates",
        files=[*programs.files(nodes), *updater(APPS[data.app])],
    )

    moves.brought(
        name="Site: its uploads",
        what="files",
        path=context.or_stop(moving.files, files) if files else None,
        nodes=[one.name for one in nodes],
        where=where,
        _if=context.on_first,
    )

    moves.brought(
        name="Site: its database",
        what="database",
        path=context.or_stop(moving.dump, dump, CACHE) if dump else None,
        nodes=[one.name for one in nodes],
        where=where,
        _if=context.on_first,
    )
