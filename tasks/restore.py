"""A restore point comes back, on bare machines too: --data confirm=<cluster_name> [point=ID] [part=database|files|settings] [table=NAME] [path=PATH] [until="YYYY-MM-DD HH:MM:SS"]."""

from pyinfra import local
from pyinfra.context import host

from webha import programs
from webha.backup import operations
from webha.drupal import operations as drupal
from webha.machine import operations as node
from webha.run import context
from webha.run.credentials import secret
from webha.site.state import Where

data = host.data
wish = {key: str(data.get(key)) for key in ("point", "part", "table", "path", "until") if data.get(key)}
whole = wish.keys() <= {"point", "until"}

if whole:
    for step in ("guards", "hosts", "firewall", "galera", "apache", "cluster", "gluster", "backups"):
        local.include(f"tasks/{step}.py")

if context.on_a_node():
    names = [one.name for one in context.nodes()]
    where = Where(data.drupal_root, data.vip, data.drupal_db, data.drupal_db_user)

    node.placed(name="Restore: the programs on the nodes", files=programs.files(context.nodes()))

    if whole:
        drupal.database(
            name="Restore: database and user",
            database=data.drupal_db,
            user=data.drupal_db_user,
            password=context.or_stop(secret, "drupal_db_password"),
            root=data.drupal_root,
            _if=context.on_first,
        )

    operations.restored(
        name="Restore: from the repository",
        wish=wish,
        target=data.backup_target,
        nodes=names,
        where=where,
        confirmed=data.get("confirm") == data.cluster_name,
        before=data.get("before") is not False,
        cluster=data.cluster_name,
        binlog=data.galera_binlog,
        _if=context.on_first,
    )

if whole:
    for step in ("drupal", "vip"):
        local.include(f"tasks/{step}.py")

if context.on_a_node():
    operations.settled(name="Restore: nothing cached of before", nodes=names, where=where, _if=context.on_first)
