"""§2.4 GlusterFS: one pool, one replicated volume, mounted at the docroot of every node through the client."""

from pyinfra.context import host

from webha import programs
from webha.gluster import decisions, mount_unit
from webha.gluster import operations as gluster
from webha.gluster.facts import Gluster
from webha.gluster.manifest import GLUSTERD_DROP_IN, KEEPER_SERVICE, KEEPER_TIMER
from webha.ground.manifest import UNITS, program
from webha.ground.render import render
from webha.hosts import operations as hosts
from webha.machine import operations as node
from webha.run import context, survey
from webha.run.timers import of_this_run

if context.on_a_node():
    nodes = context.nodes()
    names = [one.name for one in nodes]
    aliases = {one.name: (one.address, one.fqdn) for one in nodes}
    brick = host.data.gluster_brick
    root = host.data.drupal_root
    mount = mount_unit(root)

    survey.refuse(
        lambda stores: decisions.of_others(stores, host.data.gluster_volume, brick, root, names),
        Gluster(),
        brick=brick,
        root=root,
    )

    hosts.known(name="Gluster: the nodes know each other by name", nodes=nodes)

    node.packages(name="Gluster: packages", names=host.data.gluster_packages)

    node.placed(
        name="Gluster: glusterd leaves its bricks alone",
        files=[
            node.File(GLUSTERD_DROP_IN, render("gluster/glusterd.service.conf.j2")),
        ],
    )

    node.unit(name="Gluster: glusterd", unit="glusterd.service")

    gluster.peers(
        name="Gluster: the pool, from the first node",
        nodes=names,
        aliases=aliases,
        _if=context.on_first,
    )

    gluster.peers(
        name="Gluster: the pool, back from the second",
        nodes=names,
        aliases=aliases,
        _if=context.on_second,
    )

    gluster.brick_directory(name="Gluster: the brick", brick=brick, root=root)

    gluster.volume(
        name="Gluster: the volume",
        volume=host.data.gluster_volume,
        nodes=names,
        brick=brick,
        root=root,
        options=of_this_run().gluster_options,
        _if=context.on_first,
    )

    gluster.mountpoint_sealed(name="Gluster: nothing under the mount", brick=brick, root=root)

    node.placed(
        name="Gluster: mount units",
        files=[
            node.File(
                f"{UNITS}/{mount}",
                render(
                    "gluster/docroot.mount.j2",
                    volume=host.data.gluster_volume,
                    root=root,
                    options=host.data.gluster_mount_options,
                ),
            ),
            *programs.files(nodes),
            node.File(
                f"{UNITS}/{KEEPER_SERVICE}",
                render("gluster/webha-docroot.service.j2", program=program("docroot-keeper")),
            ),
            node.File(f"{UNITS}/{KEEPER_TIMER}", render("gluster/webha-docroot.timer.j2")),
        ],
    )

    node.unit(name="Gluster: mounted at boot", unit=mount, running=None)

    gluster.mounted(name="Gluster: mounted at the docroot", unit=mount, brick=brick, root=root)

    node.unit(name="Gluster: mounted again when it was lost", unit=KEEPER_TIMER, starts=(KEEPER_SERVICE,))
