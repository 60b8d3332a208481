"""What Galera's steps put on every node; the keeper comes with the cluster's step, which it needs."""

from webha.galera.facts import AUTHORITIES, CONFIGURATION, KEYS, KEYS_TAKEN, PURGED, SAID, STARTED_WITH
from webha.ground.manifest import NOTES, Part, drop_in

KEEPER_UNIT = "webha-galera-keeper.service"
MARIADB_DROP_IN = drop_in("mariadb.service")
TRANSFER_ACCOUNT = {"account_name": "mysql", "grants": "RELOAD, PROCESS, LOCK TABLES, BINLOG MONITOR"}

RETURN = Part("Galera's keeper", files=(SAID, f"{NOTES}/galera-keeper.json"), units=(KEEPER_UNIT,))
MARIADB = Part(
    "MariaDB",
    files=(CONFIGURATION, KEYS, AUTHORITIES, MARIADB_DROP_IN, STARTED_WITH, KEYS_TAKEN),
    packages="galera_packages",
    # $packages are those that go: of a MariaDB of ours the data may go too, also where this run ends before.
    stop="systemctl stop mariadb.service || :; case \" $packages \" in *' mariadb-server '*) "
    f"mkdir -p $(dirname {PURGED}); : > {PURGED};; esac",
    folders=("/etc/mysql", MARIADB_DROP_IN.rpartition("/")[0], "/var/log/mysql"),
)
PARTS = (RETURN, MARIADB)
