"""§2.4 GlusterFS: one pool, one replicated volume, mounted at the docroot of every node through the client."""

from pathlib import PurePosixPath

from pyinfra.context import host

from webha import certificates, programs
from webha.gluster import decisions, encryption, mount_unit
from webha.gluster import operations as gluster
from webha.gluster.facts import AUTHORITIES, CERTIFICATE, FORMERLY, KEY, MANAGEMENT, SECURE, Gluster
from webha.gluster.manifest import GLUSTERD_DROP_IN, KEEPER_SERVICE, KEEPER_TIMER
from webha.ground.manifest import HEADER, UNITS, program
from webha.ground.render import render
from webha.hosts import operations as hosts
from webha.machine import operations as node
from webha.programs import rights
from webha.run import context, keys, survey
from webha.run.timers import of_this_run

GLUSTER_10 = 12  # the Debian that has it

if context.on_a_node():
    nodes = context.nodes()
    names = [one.name for one in nodes]
    aliases = {one.name: (one.address, one.fqdn) for one in nodes}
    brick = host.data.gluster_brick
    root = host.data.drupal_root
    mount = mount_unit(root)

    tls = host.data.gluster_tls
    known = context.or_stop(keys.node, context.this(nodes), host.data.cluster_name) if tls else None
    folders = ("/etc/ssl", FORMERLY) if context.debian() == GLUSTER_10 else ("/etc/ssl",)
    options = {
        **context.or_stop(encryption.without_own, of_this_run().gluster_options),
        **encryption.options(keys.allowed(nodes), tls=tls),
    }

    where = {
        "volume": host.data.gluster_volume,
        "nodes": names,
        "brick": brick,
        "unit": mount,
        "root": root,
        "vip": host.data.vip,
    }

    survey.refuse(
        lambda stores: (
            decisions.of_others(stores, host.data.gluster_volume, brick, root, names)
            + (certificates.of_another_authority(encryption.authorities(stores), known.accepted) if known else [])
        ),
        Gluster(),
        brick=brick,
        root=root,
    )

    hosts.known(name="Gluster: the nodes know each other by name", nodes=nodes)

    node.packages(name="Gluster: packages", names=host.data.gluster_packages)

    node.placed(
        name="Gluster: glusterd leaves its bricks alone",
        files=[
            node.File(
                GLUSTERD_DROP_IN, render("gluster/glusterd.service.conf.j2", secure=SECURE, management=MANAGEMENT)
            ),
        ],
    )

    if known:
        node.placed(
            name="Gluster: the node's key, and whom it trusts",
            files=[
                node.File(f"{folder}/{PurePosixPath(path).name}", f"# {HEADER} (tasks/gluster.py)\n{text}", mode=mode)
                for folder in folders
                for path, text, mode in (
                    (CERTIFICATE, known.certificate, "644"),
                    (KEY, known.key, "600"),
                    (AUTHORITIES, known.trusted, "644"),
                )
            ],
        )

    gluster.management(name="Gluster: how the nodes speak", nodes=names, brick=brick, root=root, tls=tls)

    node.unit(name="Gluster: glusterd", unit="glusterd.service")

    gluster.encrypted(
        name="Gluster: what a run began of that is gone on with",
        **where,
        options=options,
        tls=tls,
        begun=True,
        _if=context.on_first,
    )

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
        options=options,
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
                render(
                    "gluster/webha-docroot.service.j2",
                    program=program("docroot-keeper"),
                    rights=rights.of("docroot-keeper"),
                ),
            ),
            node.File(f"{UNITS}/{KEEPER_TIMER}", render("gluster/webha-docroot.timer.j2")),
        ],
    )

    node.unit(name="Gluster: mounted at boot", unit=mount, running=None)

    gluster.mounted(name="Gluster: mounted at the docroot", unit=mount, brick=brick, root=root)

    gluster.encrypted(
        name="Gluster: bricks and clients speak TLS" if tls else "Gluster: bricks and clients speak in clear",
        **where,
        options=options,
        tls=tls,
        _if=context.on_first,
    )

    if tls:
        gluster.keys_in_force(name="Gluster: the keys on disk are in force", **where, _if=context.on_first)
    else:
        node.removed(
            name="Gluster: no keys",
            paths=tuple(
                f"{folder}/{PurePosixPath(path).name}" for folder in folders for path in (CERTIFICATE, KEY, AUTHORITIES)
            ),
        )

    node.unit(name="Gluster: mounted again when it was lost", unit=KEEPER_TIMER, starts=(KEEPER_SERVICE,))
