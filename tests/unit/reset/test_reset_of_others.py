"""What a reset takes for ours, and what it therefore leaves."""

from dataclasses import replace

import pytest

from webha import reset
from webha.cluster import Peer
from webha.galera.facts import Galera
from webha.reset import Belongings, operations

from ..cluster.test_cluster import configuration
from ..drupal.test_drupal import site
from ..galera.test_galera import BARE, WAS_MEMBER
from ..stubs import perform
from ..test_others import BRICK, ID, NOTHING, SHOP


def belongings(**changes):
    ours = Belongings(
        galera=replace(WAS_MEMBER, databases=("drupal",), made=("drupal",)),
        cluster=Peer(True, "active", "active", configuration=configuration("hacloud")),
        gluster=replace(BRICK, brick_holds=("index.php",), brick_site=frozenset({"release", "settings"})),
        drupal=site(tables=70),
    )
    return replace(ours, **changes)


def resets(one, layers=reset.LAYERS):
    return reset.of_others(
        {"nodoha": one}, layers, database="drupal", volume="fs_ha", brick="/gluster", root="/r", cluster_name="hacloud"
    )


BARE_BELONGINGS = Belongings(
    BARE,
    Peer(False, "inactive", "inactive"),
    NOTHING,
    site(mounted=False, code=None, release=None, database=False, tables=None, settings="absent", made=False),
)


@pytest.mark.parametrize(
    "one",
    [
        belongings(),
        BARE_BELONGINGS,
        belongings(drupal=site(tables=70, made=False), galera=replace(WAS_MEMBER, databases=("drupal",))),
        belongings(drupal=site(code="partial", release=None, tables=0, settings="absent", made=False)),
        belongings(gluster=replace(BRICK, brick_holds=("core",), brick_site=frozenset({"unpack"}))),
        belongings(drupal=BARE_BELONGINGS.drupal, galera=replace(WAS_MEMBER, databases=("drupal",))),
    ],
    ids=["deployed", "bare", "before the mark", "an unpacking cut off", "the same on the brick", "before the mark, unmounted"],
)  # fmt: skip
def test_what_is_ours_is_reset(one):
    assert resets(one) == []


@pytest.mark.parametrize(
    ("one", "layer", "words"),
    [
        (None, "vip", "cannot be read"),
        (belongings(galera=None), "galera", "cannot be read"),
        (belongings(galera=replace(WAS_MEMBER, databases=("drupal", "shop"), made=("drupal",))), "galera", "(shop)"),
        (belongings(galera=replace(WAS_MEMBER, strangers=("shop.sql",))), "galera", "(shop.sql)"),
        (replace(BARE_BELONGINGS, galera=SHOP), "galera", "(shop)"),
        (replace(BARE_BELONGINGS, galera=replace(SHOP, databases=("drupal",))), "galera", "(drupal)"),
        (belongings(gluster=None), "gluster", "cannot be read"),
        (belongings(gluster=replace(NOTHING, brick="foreign", brick_holds=("photos",))), "gluster", "no brick of fs_ha (photos)"),
        (belongings(gluster=replace(BRICK, brick_id="b" * 32)), "gluster", "another volume"),
        (belongings(gluster=replace(BRICK, known={})), "gluster", "another volume"),
        (belongings(gluster=replace(BRICK, known={"fs_ha": ID, "theirs": "c"})), "gluster", "also has the volume theirs"),
        (belongings(gluster=replace(BRICK, brick_holds=("photos",)), drupal=BARE_BELONGINGS.drupal), "gluster", "did not put there (photos)"),
        (belongings(gluster=replace(BRICK, brick_site=frozenset({"release", "own-settings"}))), "gluster", "settings.php of its own"),
        (belongings(drupal=None), "drupal", "cannot be read"),
        (belongings(drupal=site(code="foreign", release=None)), "drupal", "did not put there"),
        (belongings(drupal=site(release=None)), "drupal", "did not put there"),
        (belongings(drupal=site(settings="foreign")), "drupal", "settings.php is somebody's own"),
        (replace(BARE_BELONGINGS, drupal=site(mounted=False, code=None, release=None, tables=7, settings="absent", made=False)), "drupal", "not proved ours"),
        (belongings(cluster=Peer(True, "active", "active", configuration=configuration("shop"))), "cluster", "'shop', not to 'hacloud'"),
        (belongings(cluster=None), "cluster", "is unknown"),
    ],
)  # fmt: skip
def test_what_is_not_proved_ours_is_not_reset(one, layer, words):
    (said,) = resets(one, (layer,))
    assert said.startswith("nodoha: ")
    assert words in said


OUR_APT = "-o DPkg::Lock::Timeout=600 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold install --no-install-recommends"
HISTORY = f"""Commandline: apt-get -q -y {OUR_APT} mariadb-server curl
Install: libx:amd64 (1.2-3+b1, automatic), mariadb-server:amd64 (1:11.8), mysql-common:all (5.8, automatic)
--
Commandline: apt-get -q -y {OUR_APT.replace("install", "--no-remove install", 1)} php apache2
Requested-By: debian (1000)
Install: php:amd64 (2:8.4+96), php8.4:amd64 (8.4, automatic), apache2:amd64 (2.4)
--
Commandline: apt install htop
Install: htop:amd64 (3.4)
"""


def test_apts_history_tells_what_we_installed_and_what_became_of_it():
    assert reset.ours((), HISTORY) == {"mariadb-server", "php", "apache2"}
    assert reset.ours((), "") == frozenset()
    assert reset.ours(("socat", "php"), HISTORY) == {"mariadb-server", "php", "apache2", "socat"}


@pytest.mark.parametrize(
    "since",
    [
        "Commandline: apt purge apache2\nPurge: apache2:amd64 (2.4)\n",
        "Commandline: apt remove apache2\nRemove: apache2:amd64 (2.4)\nCommandline: apt install apache2\nInstall: apache2:amd64 (2.4)\n",
    ],
)
def test_what_somebody_removed_or_installed_since_is_not_ours(since):
    assert reset.ours(("apache2",), HISTORY + since) == {"mariadb-server", "php"}


def test_an_entry_without_a_command_is_nobodys():
    assert reset.ours((), f"{HISTORY}Start-Date: 2026-11-25\nInstall: nginx:amd64 (1.26)\n") == reset.ours((), HISTORY)


def test_a_package_that_a_layer_needs_which_stays_is_not_purged():
    lists = {"galera": ["mariadb-server", "socat"], "cluster": ["corosync", "socat"]}
    assert reset.packages(lists, "galera", ("galera",)) == ("mariadb-server",)
    assert reset.packages(lists, "galera", reset.LAYERS) == ("mariadb-server", "socat")


GONE = replace(BARE, installed=False)


@pytest.mark.parametrize(
    ("member", "what"),
    [
        (GONE, None),
        (replace(GONE, here=True), None),
        (replace(GONE, here=True, purged=True), "all"),
        (replace(WAS_MEMBER, installed=False, here=True, databases=("drupal",)), "all"),
        (replace(WAS_MEMBER, here=True, installed=True, databases=("drupal",)), "state"),
        (replace(BARE, here=True, installed=True), None),
        (replace(BARE, here=True, installed=True, purged=True), "note"),
        (replace(GONE, purged=True), "note"),
    ],
)
def test_of_a_data_directory_goes_what_was_ours(member, what):
    done = perform(operations.databases_erased, "drupal", facts={Galera: member})
    assert done.idle if what is None else done.text.endswith(f"webha {what}")


def test_a_data_directory_with_somebodys_is_not_erased():
    theirs = replace(WAS_MEMBER, here=True, databases=("drupal", "shop"))
    assert "(shop)" in perform(operations.databases_erased, "drupal", facts={Galera: theirs}).refused
    assert perform(operations.databases_erased, "drupal", facts={Galera: None}).refused
