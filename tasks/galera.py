"""§2.1 Galera: one MariaDB cluster of all nodes, bootstrapped once, joined one by one."""

from pyinfra.context import host

from webha import certificates
from webha.cluster import other_nodes
from webha.cluster.facts import Cluster
from webha.galera import decisions, encryption
from webha.galera import operations as galera
from webha.galera.datadir import PLACE
from webha.galera.facts import AUTHORITIES, CONFIGURATION, KEYS, KEYS_TAKEN, STARTED_WITH, Galera
from webha.galera.manifest import MARIADB_DROP_IN, TRANSFER_ACCOUNT
from webha.galera.trial import MARIADB
from webha.ground.manifest import HEADER
from webha.ground.render import render
from webha.machine import operations as node
from webha.machine import trial
from webha.machine.repository import repository
from webha.run import context, keys, survey
from webha.run.timers import of_this_run
from webha_node.backup.binlog import BASE

if context.on_a_node():
    nodes = context.nodes()
    names = [one.name for one in nodes]
    this = context.this(nodes)
    encrypted = host.data.galera_tls
    known = context.or_stop(keys.node, this, host.data.cluster_name) if encrypted else None

    survey.refuse(lambda peers: other_nodes(peers, nodes), Cluster())

    survey.refuse(
        lambda members: (
            decisions.of_others(
                members,
                host.data.drupal_db,
                called=host.data.galera_cluster_name,
                addresses={one.name: one.address for one in nodes},
            )
            + (certificates.of_another_authority(encryption.authorities(members), known.accepted) if known else [])
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
            fingerprint=host.data.mariadb_repository_fingerprint,
        )

    further = ["stunnel4"] if encrypted and host.data.wsrep_sst_method == "rsync" else []
    node.packages(name="Galera: packages", names=[*host.data.galera_packages, *further])

    if known:
        node.placed(
            name="Galera: the node's key, and whom it trusts",
            files=[
                node.File(KEYS, f"# {HEADER} (tasks/galera.py)\n{known.pair}", mode="640", owner="root:mysql"),
                node.File(AUTHORITIES, f"# {HEADER} (tasks/galera.py)\n{known.trusted}"),
            ],
        )

        galera.keys_in_force(name="Galera: the keys on disk are in force")

    wished = context.or_stop(encryption.without_own, of_this_run().wsrep_provider_options)

    between, configuration = (
        node.File(
            CONFIGURATION,
            render(
                "galera/galera.cnf.j2",
                node=this,
                nodes=nodes,
                cluster_name=host.data.galera_cluster_name,
                bind_address=host.data.galera_bind_address or f"127.0.0.1,{this.address}",
                sst_method=host.data.wsrep_sst_method,
                applier_threads=host.data.wsrep_slave_threads,
                binlog=BASE,
                binlog_days=host.data.galera_binlog_days if host.data.galera_binlog else 0,
                innodb_buffer_pool_size=host.data.innodb_buffer_pool_size,
                provider_options=encryption.options(mode, KEYS, AUTHORITIES, wished),
                encryption=mode,
                keys=KEYS,
                authorities=AUTHORITIES,
            ),
        )
        for mode in ("either", "on" if encrypted else "off")
    )

    trial.taken(name="Galera: MariaDB takes its configuration", file=configuration, trial=MARIADB)

    node.placed(
        name="Galera: how it is started",
        files=[
            node.File(
                MARIADB_DROP_IN,
                render(
                    "galera/mariadb.service.conf.j2",
                    configuration=CONFIGURATION,
                    started_with=STARTED_WITH,
                    data=PLACE,
                    keys=KEYS,
                    authorities=AUTHORITIES,
                    keys_taken=KEYS_TAKEN,
                ),
            ),
        ],
    )

    galera.configured(name="Galera: configuration", between=between, wished=configuration, nodes=names, tls=encrypted)

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

    node.placed(name="Galera: configuration, with the wished connections alone", files=[configuration])

    for one in host.loop(names):
        galera.configuration_in_force(
            name="Galera: the wished connections are in force",
            node=one,
            nodes=names,
            _if=lambda one=one: host.name == one,
        )

    if not encrypted:
        node.removed(name="Galera: no keys", paths=(KEYS, AUTHORITIES))

    galera.whole(name="Galera: one cluster of all nodes", nodes=names)
