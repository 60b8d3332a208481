"""New keys for old while the site is served: --data part=certificates (the nodes' and the site's), ca, corosync or database."""

from pyinfra import local
from pyinfra.context import host

from webha.cluster import operations as cluster
from webha.run import context, rotation

part = context.or_stop(rotation.asked, host.data.get("part"))

if context.on_a_node():
    nodes = context.nodes()

    if part == "corosync":
        cluster.key_rotated(
            name="Rotate: a new key of the ring, on all nodes",
            nodes=[one.name for one in nodes],
            _if=context.on_first,
        )
    else:
        for stage in context.or_stop(rotation.stages, part, nodes, host.data):
            with rotation.staged(stage.folder):
                for step in stage.steps:
                    local.include(f"tasks/{step}.py")

            rotation.adopted(
                name=f"Rotate: {stage.folder.name} is on all nodes", stage=stage.folder, _if=context.on_first
            )
