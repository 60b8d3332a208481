"""§2.3.2 Corosync and Pacemaker: one key, one configuration, all nodes online."""

from pyinfra.context import host

from webha import programs
from webha.cluster import decisions, safety
from webha.cluster import operations as cluster
from webha.cluster.cib import Wanted
from webha.cluster.facts import CONFIGURATION, KEY, RUNNING_CONFIGURATION, RUNNING_KEY, Cluster
from webha.cluster.manifest import ASIDE_UNIT, COROSYNC_DROP_IN, PACEMAKER_DROP_IN
from webha.cluster.trial import COROSYNC
from webha.galera.manifest import KEEPER_UNIT
from webha.ground.render import render
from webha.machine import operations as node
from webha.machine import trial
from webha.run import context, ending, survey
from webha.run.timers import of_this_run
from webha_node import detach

if context.on_a_node():
    nodes = context.nodes()
    names = [one.name for one in nodes]

    timers = of_this_run()

    configuration = render(
        "cluster/corosync.conf.j2",
        nodes=nodes,
        cluster_name=host.data.cluster_name,
        token=timers.corosync_token,
        token_coefficient=timers.corosync_token_coefficient,
        crypto_cipher=host.data.corosync_crypto_cipher,
        crypto_hash=host.data.corosync_crypto_hash,
        port=host.data.corosync_port,
        knet_ping_timeout=timers.knet_ping_timeout,
    )

    survey.refuse(
        lambda peers: (
            decisions.of_others(peers, host.data.cluster_name)
            or decisions.other_nodes(peers, nodes)
            or decisions.not_alike(peers, configuration)
        ),
        Cluster(),
    )

    node.packages(name="Cluster: packages", names=host.data.cluster_packages)

    # Corosync's and Gluster's logs grow for ever without; Debian's minimal images have no logrotate.
    node.unit(name="Cluster: logs are rotated", unit="logrotate.timer", wish=True)

    cluster.stray_removed(
        name="Cluster: no other cluster on the nodes", cluster_name=host.data.cluster_name, nodes=names
    )

    cluster.key_made(name="Cluster: the ring's key exists", nodes=names, _if=context.on_first)

    cluster.key_carried(name="Cluster: the ring's key is on every node", nodes=names)

    ring = node.File(CONFIGURATION, configuration, shipped=True)

    trial.taken(name="Cluster: Corosync takes its configuration", file=ring, trial=COROSYNC)

    node.placed(
        name="Cluster: configuration",
        files=[
            ring,
            node.File(
                COROSYNC_DROP_IN,
                render(
                    "cluster/corosync.service.conf.j2",
                    key=KEY,
                    running_key=RUNNING_KEY,
                    configuration=CONFIGURATION,
                    running_configuration=RUNNING_CONFIGURATION,
                    ended=detach.NOTE,
                ),
            ),
            node.File(PACEMAKER_DROP_IN, render("cluster/pacemaker.service.conf.j2")),
        ],
    )

    for one in host.loop(names):
        cluster.configuration_in_force(
            name="Cluster: the configuration on disk is in force", _if=lambda one=one: host.name == one
        )

    node.unit(name="Cluster: corosync", unit="corosync.service")

    node.unit(name="Cluster: pacemaker", unit="pacemaker.service")

    cluster.online(name="Cluster: all nodes online", nodes=names)

    node.placed(
        name="Cluster: stepping aside",
        files=[
            *programs.files(nodes),
            programs.daemon(
                ASIDE_UNIT, "aside", task="cluster", description="Step aside where not all nodes hear this one"
            ),
        ],
    )

    node.daemon(name="Cluster: a node that disturbs steps aside", unit=ASIDE_UNIT, program="aside")

    # Here, not in Galera's step: what the nodes say of their databases passes through Pacemaker.
    node.placed(
        name="Cluster: Galera's keeper",
        files=[
            *programs.files(nodes),
            programs.daemon(
                KEEPER_UNIT,
                "galera-keeper",
                task="cluster",
                description="Galera's return after a loss of all nodes",
                after="pacemaker.service",
            ),
        ],
    )

    node.daemon(name="Cluster: Galera's return after a loss of all", unit=KEEPER_UNIT, program="galera-keeper")

    cluster.configured(
        name="Cluster: fencing, quorum, failures and lost nodes as decided",
        wanted=Wanted(
            properties=safety.properties(host.data.stonith_enabled, host.data.cluster_properties),
        ),
        _if=context.on_first,
    )

    if not host.data.stonith_enabled:
        ending.close_with(
            at_risk="stonith-enabled=false, as in the document: a node that does not answer is not switched off before its resources "
            "start elsewhere. Two owners of the virtual IP are possible while a network is cut; see docs/operations.md, "
            '"Without fencing".'
        )
