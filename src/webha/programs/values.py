"""What the programs of this node read: every program's values, from the data of this run."""

import json
from collections.abc import Iterable
from typing import Any

from pyinfra.context import host

from webha.gluster import mount_unit
from webha.ground.manifest import ARCHIVE, HEADER, VALUES
from webha.machine.operations import File
from webha.programs.archive import archive
from webha.run.context import or_stop
from webha.run.inventory import Node
from webha.run.timers import of_this_run
from webha_node import aside, departure, docroot, guard, handover, ready
from webha_node.backup import program as backup
from webha_node.galera import keeper
from webha_node.site import program
from webha_node.values import checked


def files(nodes: Iterable[Node]) -> list[File]:
    """Return the archive and this node's values. Every step that brings a program places both, whole: each stands alone."""
    data, timers = host.data, of_this_run()
    addresses = {one.name: one.address for one in nodes}
    root, vip = str(data.drupal_root), str(data.vip)
    values: dict[str, Any] = {
        "aside": aside.Values(name=host.name, nodes=addresses, window=max(10.0, 3 * timers.detection)),
        "departure": departure.Values(name=host.name, vip=vip),
        "docroot-keeper": docroot.Values(
            volume=data.gluster_volume,
            brick=data.gluster_brick,
            root=root,
            unit=mount_unit(root),
            vip=vip,
            nodes=addresses,
        ),
        "galera-keeper": keeper.Values(name=host.name, nodes=addresses),
        "guard": guard.Values(
            name=host.name,
            nodes=addresses,
            vip=vip,
            patience=timers.guard_patience,
            detection=timers.detection,
            confirm=_confirm(len(addresses), timers.corosync_token),
        ),
        "handover": handover.Values(vip=vip),
        "ready": ready.Values(
            name=host.name,
            nodes=len(addresses),
            root=root,
            health_port=int(data.health_port),
            interval=timers.ready_interval,
            patience=timers.ready_patience,
        ),
        "site": program.Values(root=root, vip=vip, database=data.drupal_db, user=data.drupal_db_user),
    }
    if data.backup_target is not None:
        values["backup"] = backup.Values(
            name=host.name,
            cluster=data.cluster_name,
            root=root,
            vip=vip,
            brick=data.gluster_brick,
            volume=data.gluster_volume,
            database=data.drupal_db,
            user=data.drupal_db_user,
            limit=data.backup_limit,
            log_days=data.galera_binlog_days if data.galera_binlog else 0,
            keep={period: str(number) for period, number in data.backup_keep.items()},
        )
    for name, one in values.items():
        or_stop(checked, type(one), vars(one), f"the nodes' values: {name}")
    written = {"": f"{HEADER}: the values of its programs on this node"}
    text = json.dumps(written | {name: vars(one) for name, one in values.items()}, indent=1, ensure_ascii=True)
    return [File(VALUES, f"{text}\n"), File(ARCHIVE, archive())]


def _confirm(nodes: int, token: int) -> float:
    """Seconds that a loss must last (``webha_node.reaper``): a minority of three is one node, which waits for nobody's token."""
    return 0.15 if nodes <= 3 else round(0.3 * token / 1000, 2)  # noqa: PLR2004 (the smallest cluster)
