"""§2.1 Galera: one MariaDB cluster of all nodes, bootstrapped once, joined one by one."""

from pyinfra.context import host

from webha.cluster import other_nodes
from webha.cluster.facts import Cluster
from webha.galera import decisions
from webha.galera import operations as galera
from webha.galera.datadir import PLACE
from webha.galera.facts import CONFIGURATION, STARTED_WITH, Galera
from webha.galera.manifest import MARIADB_DROP_IN, TRANSFER_ACCOUNT
from webha.galera.trial import MARIADB
from webha.ground.render import render
from webha.machine import operations as node
from webha.machine import trial
from webha.machine.repository import repository
from webha.run import context, survey
from webha.run.timers import of_this_run

if context.on_a_node():
    nodes = context.nodes()
    names = [one.name for one in nodes]
    this = context.this(nodes)

    survey.refuse(lambda peers: other_nodes(peers, nodes), Cluster())

    survey.refuse(
        lambda members: decisions.of_others(
            members,
            host.data.drupal_db,
            called=host.data.galera_cluster_name,
            addresses=[one.address for one in nodes],
        ),
        Galera(),
    )

    if host.data.mariadb_repository:
        repository(
            name="Galera: MariaDB's own repository",
            slug="mariadb",
            uri=host.data.mariadb_repository,
            suite=context.codename(),
            key=host.data.mariadb_repository_key,
        )

    node.packages(name="Galera: packages", names=host.data.galera_packages)

    configuration = node.File(
        CONFIGURATION,
        render(
            "galera/galera.cnf.j2",
            node=this,
            nodes=nodes,
            cluster_name=host.data.galera_cluster_name,
            bind_address=host.data.galera_bind_address,
            sst_method=host.data.wsrep_sst_method,
            applier_threads=host.data.wsrep_slave_threads,
            innodb_buffer_pool_size=host.data.innodb_buffer_pool_size,
            provider_options=of_this_run().wsrep_provider_options,
        ),
    )

    trial.taken(name="Galera: MariaDB takes its configuration", file=configuration, trial=MARIADB)

    node.placed(
        name="Galera: configuration",
        files=[
            configuration,
            node.File(
                MARIADB_DROP_IN,
                render(
                    "galera/mariadb.service.conf.j2", configuration=CONFIGURATION, started_with=STARTED_WITH, data=PLACE
                ),
            ),
        ],
    )

    node.unit(name="Galera: at boot", unit="mariadb.service", running=None)

    galera.settled(name="Galera: nothing half-way")

    galera.bootstrapped(name="Galera: a primary component exists", nodes=names, _if=context.on_first)

    galera.account(
        name="Galera: the account of the state transfer",
        **TRANSFER_ACCOUNT,
        _if=context.on_first,
    )

    for one in host.loop(names):
        galera.member(name="Galera: join, one by one", node=one, nodes=names, _if=lambda one=one: host.name == one)

    for one in host.loop(names):
        galera.configuration_in_force(
            name="Galera: the configuration on disk is in force",
            node=one,
            nodes=names,
            _if=lambda one=one: host.name == one,
        )

    galera.whole(name="Galera: one cluster of all nodes", nodes=names)
