"""The site's own drush, on the virtual IP's holder, as the web server: --data run="status". See docs/operations.md."""

from pyinfra.context import host

from webha import programs
from webha.machine import operations as node
from webha.run import context
from webha.site import moves
from webha.site.state import Where

if context.on_a_node():
    nodes = context.nodes()
    data = host.data

    node.placed(name="Site: the program that runs it", files=programs.files(nodes))

    moves.drush(
        name="Site: drush",
        line=data.get("run"),
        nodes=[one.name for one in nodes],
        where=Where(data.drupal_root, data.vip, data.drupal_db, data.drupal_db_user),
        _if=context.on_first,
    )
