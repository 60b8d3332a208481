"""The newest restore point is restored into a scratch database and folder, and compared with what it says of itself."""

from pyinfra.context import host

from webha import programs
from webha.backup import operations
from webha.machine import operations as node
from webha.run import context
from webha.site.state import Where

if context.on_a_node():
    nodes = context.nodes()
    data = host.data

    node.placed(name="Drill: the programs on the nodes", files=programs.files(nodes))

    operations.drilled(
        name="Drill: the newest restore point",
        target=data.backup_target,
        nodes=[one.name for one in nodes],
        where=Where(data.drupal_root, data.vip, data.drupal_db, data.drupal_db_user),
        _if=context.on_first,
    )
