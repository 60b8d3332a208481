"""A restore point of database and files, now; see docs/operations.md."""

from pyinfra import local
from pyinfra.context import host

from webha.backup import operations
from webha.run import context
from webha.site.state import Where

local.include("tasks/backups.py")

if context.on_a_node():
    data = host.data

    operations.taken(
        name="Backup: a restore point",
        target=data.backup_target,
        nodes=[one.name for one in context.nodes()],
        where=Where(data.drupal_root, data.vip, data.drupal_db, data.drupal_db_user),
        _if=context.on_first,
    )
