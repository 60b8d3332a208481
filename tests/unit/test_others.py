"""What is somebody else's: told from what a node says, before a deploy."""

from dataclasses import replace

import pytest

from webha import cluster, drupal, galera, gluster
from webha.cluster import Peer
from webha.galera import NO_HISTORY, Grastate, may_join
from webha.galera.datadir import parse
from webha.gluster import Store, Volume

from .cluster.test_cluster import configuration
from .drupal.test_drupal import site
from .galera.test_galera import BARE, OTHER, OURS, WAS_MEMBER, stopped, synced
from .stubs import NAMES

FRESH = "d .\nd mysql\nd sys\nd performance_schema\nf ibdata1\nf undo001\nf ib_logfile0\nf aria_log.00000001\nf debian-11.8.flag"
MEMBER = f"{FRESH}\nf grastate.dat\nf gvwstate.dat\nf galera.cache\nf tc.log\nf ddl_recovery.log\nf donor_galera_info\nf ibtmp1"


@pytest.mark.parametrize(
    ("listing", "here", "databases", "strangers"),
    [
        ("", False, (), ()),
        ("d lost+found", False, (), ()),
        ("d .", True, (), ()),
        (FRESH, True, (), ()),
        (f"{FRESH}\nd lost+found", True, (), ()),
        (MEMBER, True, (), ()),
        (f"{MEMBER}\nd drupal", True, ("drupal",), ()),
        (f"{FRESH}\nd shop\nd a b", True, ("a b", "shop"), ()),
        (f"{FRESH}\nd test", True, ("test",), ()),
        (f"{FRESH}\nf shop.sql\nd .backup", True, (), (".backup", "shop.sql")),
        ("l /srv/gone", True, (), ("/srv/gone",)),
        ("d .\nf ibdata1\nf ib_logfile0", True, (), ("ib_logfile0", "ibdata1")),
        ("d .\nf ibdata1\nf grastate.dat", True, (), ()),
        (f"{FRESH}\nf webha-bin.000001\nf webha-bin.000001.idx\nf webha-bin.state\nf binlog.000001.idx", True, (), ()),
        (f"{FRESH}\nf mysql-bin.000001\nf mysql-bin.index\nf db1.pid\nf db1.err", True, (), ()),
    ],
)
def test_a_data_directory_is_what_is_really_in_it(listing, here, databases, strangers):
    found = parse(listing)
    assert (found.here, found.databases, found.strangers) == (here, databases, strangers)


SHOP = stopped(databases=("shop",))


def of(*answers):
    return dict(zip(NAMES, answers, strict=True))


@pytest.mark.parametrize(
    "members",
    [
        of(BARE, BARE, BARE),
        of(synced(), synced(), synced()),
        of(WAS_MEMBER, WAS_MEMBER, WAS_MEMBER),
        of(synced(), BARE, WAS_MEMBER),
        of(SHOP, BARE, BARE),
        of(synced(), replace(BARE, databases=("drupal",), made=("drupal",)), synced()),
        of(synced(), stopped(Grastate(NO_HISTORY, -1, False)), synced()),
        of(synced(), replace(SHOP, joining=True), synced()),
        of(replace(BARE, scattered=("/var/log/mysql",)), BARE, BARE),
        of(synced(), replace(synced(), scattered=("/var/log/mysql",)), synced()),
    ],
    ids=[
        "bare",
        "whole",
        "all stopped",
        "mixed",
        "the first brings its own",
        "a marked copy",
        "never joined",
        "a copy cut off",
        "logs of the first",
        "logs of a member",
    ],
)
def test_a_database_that_nobody_else_has_anything_in_is_gone_on_with(members):
    assert galera.of_others(members) == []


@pytest.mark.parametrize(
    ("members", "words"),
    [
        (of(BARE, SHOP, BARE), ("nodoha2", "databases of its own (shop)", "name nodoha2 first in inventory.py")),
        (of(BARE, replace(SHOP, unit="active"), BARE), ("nodoha2", "databases of its own (shop)")),
        (of(synced(), synced(), SHOP), ("nodoha3", "databases of its own (shop)", "Dump and drop")),
        (of(SHOP, synced(), synced()), ("nodoha:", "databases of its own (shop)")),
        (of(replace(SHOP, unit="active", configured=None), BARE, BARE), ("nodoha:", "systemctl stop mariadb")),
        (
            of(BARE, replace(BARE, unit="active", configured=None), BARE),
            ("nodoha2", "runs and is no member", "systemctl stop mariadb"),
        ),
        (of(BARE, replace(BARE, instances=("mariadb@shop.service",)), BARE), ("nodoha2", "mariadb@shop.service")),
        (
            of(BARE, replace(BARE, scattered=("/srv/fast",), configured=None), BARE),
            ("nodoha2", "/srv/fast", "would empty"),
        ),
        (of(BARE, replace(synced(uuid=OTHER), configured=None), BARE), ("nodoha2", OTHER)),
        (of(BARE, replace(BARE, strangers=("shop.sql",)), BARE), ("nodoha2", "not known as MariaDB's (shop.sql)")),
        (of(BARE, replace(BARE, elsewhere=("/srv/db",)), BARE), ("nodoha2", "/srv/db", "make it a link")),
        (of(replace(BARE, elsewhere=("/srv/db",)), BARE, BARE), ("nodoha:", "/srv/db")),
        (of(BARE, None, BARE), ("nodoha2", "cannot be read")),
        (of(BARE, replace(stopped(Grastate(OTHER, 5, False)), configured=None), BARE), ("nodoha2", OTHER)),
        (of(synced(), replace(stopped(Grastate(OTHER, 5, False)), configured=None), BARE), ("nodoha2", OTHER)),
    ],
)
def test_a_database_that_would_be_lost_is_named_with_the_way_out(members, words):
    (said,) = galera.of_others(members)
    assert [word for word in words if word not in said] == []


def test_the_first_node_brings_nothing_into_a_cluster_that_only_does_not_answer():
    """Its databases would be erased as soon as the others are primary again."""
    (said,) = galera.of_others(of(SHOP, WAS_MEMBER, WAS_MEMBER))
    assert said.startswith("nodoha: has databases of its own (shop)")
    assert "first in inventory.py" not in said


def test_a_database_of_somebodys_under_the_sites_name_is_not_taken_for_the_sites():
    brought = replace(SHOP, databases=("drupal",), configured=None)
    assert galera.of_others(of(brought, BARE, BARE), "shop_site") == []
    (said,) = galera.of_others(of(brought, BARE, BARE), "drupal")
    assert "set drupal_db to another name" in said
    assert galera.of_others(of(replace(brought, made=("drupal",)), BARE, BARE), "drupal") == []


def test_a_node_that_comes_back_with_the_clusters_history_is_no_stranger():
    back = replace(stopped(Grastate(OURS, 5, False)), configured=None)
    assert galera.of_others(of(synced(), synced(), back)) == []


def test_a_join_asks_again_and_takes_our_own_database_for_ours():
    ours = replace(BARE, databases=("drupal",), made=("drupal",))
    assert may_join("nodoha3", of(synced(), synced(), ours)).action == "join"
    assert may_join("nodoha3", of(synced(), synced(), replace(ours, strangers=("x.sql",)))).action == "refuse"


def test_somebody_elses_cluster_is_named_before_anything():
    shop = Peer(True, "active", "active", configuration=configuration("shop"))
    (said,) = cluster.of_others(
        of(Peer(False, "inactive", "inactive"), shop, Peer(False, "inactive", "inactive")), "hacloud"
    )
    assert said.startswith("nodoha2: this node belongs to the cluster 'shop'")
    assert len(cluster.of_others(of(None, shop, None), "hacloud")) == 3


ID = "a" * 32
NOTHING = Store(False, "inactive")
BRICK = Store(
    True, "active", brick="used", brick_id=ID, known={"fs_ha": ID}, mounted="fuse.glusterfs", source="localhost:/fs_ha"
)


def storage(*stores):
    return gluster.of_others(of(*stores), "fs_ha", "/gluster", "/var/www/html/drupal")


def test_bare_directories_and_our_own_bricks_are_gone_on_with():
    assert storage(NOTHING, replace(NOTHING, brick="empty"), NOTHING) == []
    assert storage(BRICK, BRICK, BRICK) == []
    assert storage(BRICK, replace(BRICK, known={}), BRICK) == [], "another node's glusterd knows the id"


@pytest.mark.parametrize(
    ("store", "words"),
    [
        (None, ("nodoha2", "cannot be read")),
        (
            replace(NOTHING, brick="foreign", brick_holds=("photos",)),
            ("nodoha2: /gluster holds photos", "move it away"),
        ),
        (replace(NOTHING, brick="foreign"), ("/gluster is no directory",)),
        (replace(NOTHING, brick="used", brick_id="b" * 32), ("b" * 32, "may be the last copy")),
        (replace(NOTHING, mounted="nfs4", source="nas:/x"), ("nodoha2: nas:/x is mounted at /var/www/html/drupal",)),
        (replace(NOTHING, mounted="fuse.glusterfs", source="localhost:/other"), ("localhost:/other is mounted",)),
        (replace(NOTHING, under=("index.html",)), ("nodoha2: /var/www/html/drupal", "(index.html)")),
    ],
)
def test_a_directory_of_somebodys_is_named_with_the_way_out(store, words):
    (said,) = storage(NOTHING, store, NOTHING)
    assert [word for word in words if word not in said] == []


def test_a_volume_with_files_of_somebodys_is_named():
    assert len(drupal.of_others(of(site(), site(), None), "/r")) == 1
    assert drupal.of_others(of(site(code="none"), site(code="partial"), site()), "/r") == []
    (said,) = drupal.of_others(of(site(), site(code="foreign"), site()), "/r")
    assert "nodoha2" in said


def test_one_node_without_the_volume_does_not_make_an_old_clusters_database_somebodys():
    old = site(tables=70, made=False)
    away = site(tables=70, made=False, mounted=False, settings="absent", release=None, code=None)
    assert drupal.of_others(of(old, away, old), "/r") == []
    assert drupal.of_others(of(away, away, away), "/r") == []


def test_a_database_with_tables_of_somebodys_is_not_taken_for_the_sites():
    theirs = site(code="none", release=None, settings="absent", made=False, tables=7)
    (said,) = drupal.of_others(of(theirs, theirs, theirs), "/r")
    assert "7 tables of somebody's: name another drupal_db" in said
    assert drupal.to_install(replace(theirs, code="complete", release="sha256:1")).action == "refuse"
    assert drupal.of_others(of(*[replace(theirs, installing=True)] * 3), "/r") == []
    assert drupal.of_others(of(*[replace(theirs, settings="foreign")] * 3), "/r") == []


def test_a_volume_of_other_nodes_or_another_brick_is_said_before_anything_changes():
    volume = Volume("fs_ha", "Started", 3, tuple(f"{name}:/gluster" for name in NAMES))
    stores = of(replace(BRICK, volumes=(volume,)), replace(BRICK, volumes=None), BRICK)
    args = (stores, "fs_ha")
    assert gluster.of_others(*args, "/gluster", "/r", NAMES[::-1]) == gluster.of_others(*args, "/gluster", "/r")
    for brick, names in (("/data", NAMES), ("/gluster", NAMES[:2]), ("/gluster", (*NAMES, "nodoha4"))):
        (said,) = gluster.of_others(*args, brick, "/r", names)
        assert said.startswith("volume fs_ha exists with other bricks (nodoha:/gluster, nodoha2:/gluster")
        assert all(f"{name}:{brick}" in said for name in names)
