"""The site's code goes back to the release before, or to --data release=NAME; its database too where the update changed it."""

from pyinfra.context import host

from webha import programs
from webha.drupal import surveyed
from webha.drupal.written import updater
from webha.machine import operations as node
from webha.run import context
from webha.site import operations
from webha.site.state import Where
from webha_node.site.apps import APPS

if context.on_a_node():
    nodes = context.nodes()
    data = host.data

    surveyed.same_application(data)

    node.placed(
        name="Site: the program of updates",
        files=[*programs.files(nodes), *updater(APPS[data.app])],
    )

    operations.returned(
        name="Site: the release before runs on all nodes",
        release=data.get("release"),
        nodes=[one.name for one in nodes],
        where=Where(data.drupal_root, data.vip, data.drupal_db, data.drupal_db_user),
        confirmed=data.get("confirm") == data.cluster_name,
        _if=context.on_first,
    )
