"""The site goes out: its code, database and uploads into a folder on the control machine, --data to=FOLDER. See docs/operations.md."""

from pyinfra.context import host

from webha import programs
from webha.machine import operations as node
from webha.run import context
from webha.site import moves
from webha.site.state import Where

if context.on_a_node():
    nodes = context.nodes()
    data = host.data

    node.placed(name="Site: the program of exports", files=programs.files(nodes))

    moves.exported(
        name="Site: code, database and uploads",
        into=data.get("to"),
        name_of=data.cluster_name,
        nodes=[one.name for one in nodes],
        where=Where(data.drupal_root, data.vip, data.drupal_db, data.drupal_db_user),
        _if=context.on_first,
    )
