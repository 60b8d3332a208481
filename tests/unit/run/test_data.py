"""What a datum may be, and what is said of one that is not."""

import runpy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyinfra.api.exceptions import PyinfraError

from webha.run import failover
from webha.run.data import KINDS, VERBS, unfit, unknown
from webha.run.timers import Timers

from ..prepared import prepare
from ..stubs import ROOT

DEFAULTS = {key: value for key, value in runpy.run_path(str(ROOT / "group_data/all.py")).items() if key[0] != "_"}


def test_every_datum_has_a_kind_and_its_default_is_of_that():
    assert set(KINDS) == set(DEFAULTS)
    assert unfit(DEFAULTS) == []


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("vip_netmask", "255.255.255.0", "a whole number from 1 to 30"),
        ("vip_netmask", True, "a whole number from 1 to 30"),
        ("vip_netmask", "31", "a whole number from 1 to 30"),
        ("drupal_root", "/var/www/html/drupal/", "without a / at its end"),
        ("drupal_root", "var/www", "an absolute path"),
        ("gluster_brick", "/gluster/", "without a / at its end"),
        ("gluster_brick", "/a b", "an absolute path"),
        ("cluster_name", "web;2", "a letter, then"),
        ("galera_packages", "mariadb-server", "a list"),
        ("galera_packages", [], "a list"),
        ("wsrep_slave_threads", "four", "a whole number"),
        ("innodb_buffer_pool_size", "lots", "a size such as 128M"),
        ("apache_timeouts", {"start": "60s"}, "for monitor, start, stop"),
        ("stonith_enabled", "no", "True or False"),
        ("vip", "10.0.0.250/24", "an IPv4 address"),
        ("drupal_db", "my-db", "a letter, then"),
        ("drupal_db", "a" * 33, "32 at most"),
        ("floating_ip", "None", "None (on the command line: null)"),
        ("openstack_cloud", "None", "None (on the command line: null)"),
        ("gluster_options", {"storage.reserve": 1}, "a number in quotes"),
        ("resource_defaults", {"resource-stickiness": 100}, "a number in quotes"),
        ("drupal_releases", {"13": "http://x/drupal.tar.gz"}, 'for "12" and "13"'),
        ("drupal_releases", {13: ("a", "b"), 12: ("a", "b")}, 'for "12" and "13"'),
        ("drupal_releases", {}, 'for "12" and "13"'),
        ("drupal_site_name", 2024, """--data 'drupal_site_name="2024"'"""),
        ("drupal_site_name", "two\nlines", "a text of one line"),
        ("corosync_token", 5, "a whole number from 100"),
    ],
)
def test_a_datum_of_another_type_or_range_is_said_with_what_is_allowed(key, value, allowed):
    (said,) = unfit(DEFAULTS | {key: value})
    assert said.startswith(f"{key} is {value!r}: allowed is ")
    assert allowed in said


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("vip_netmask", "24"),
        ("floating_ip", None),
        ("floating_ip", ""),
        ("mariadb_repository", "file:/srv/mirror"),
        ("mariadb_repository_key", Path("key.asc")),
        ("innodb_buffer_pool_size", 134217728),
        ("innodb_buffer_pool_size", "1g"),
        ("php_settings", {"disable_functions": "", "display_errors": False, "memory_limit": 1}),
        ("apache_modules", ["php8.4"]),
        ("galera_bind_address", "*"),
        ("drupal_db", "MySite"),
        ("drupal_checksum", f"sha256:{'A' * 64}"),
        ("failovers", {**DEFAULTS["failovers"], "mine": DEFAULTS["failovers"]["fast"] | {"corosync_token": 1500}}),
    ],
)
def test_what_an_operator_may_write_is_taken(key, value):
    assert unfit(DEFAULTS | {key: value}) == []


@pytest.mark.parametrize("value", ["yes", 1, "False", None])
def test_takeover_is_true_or_false(value):
    assert unfit({"takeover": value}) == [f"takeover is {value!r}: allowed is True or False"]
    assert unfit({"takeover": True}) == unfit({"takeover": False}) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"guard_patience": "6"},
        {"corosync_token": "3s"},
        {"guard_patince": 6},
        {"ready_interval": 0},
        {"gluster_options": None},
    ],
)
def test_a_column_of_timers_that_does_not_fit_is_said(changes):
    (said,) = unfit({"failovers": {"mine": DEFAULTS["failovers"]["fast"] | changes}})
    assert "allowed is columns, each with corosync_token" in said


def test_a_column_with_one_timer_is_none():
    assert unfit({"failovers": {"mine": {"corosync_token": 1000}}}) != []


@pytest.mark.parametrize(
    ("key", "near"),
    [("failver", "failover"), ("vipp", "vip"), ("wsrep_slave_thread", "wsrep_slave_threads"), ("comfirm", "confirm")],
)
def test_a_key_of_the_command_line_that_nobody_knows_is_refused_with_the_nearest(key, near):
    assert unknown([key]) == [f"{key}: no such datum, {near} is meant?"]


def test_a_key_that_is_like_none_is_refused_too():
    assert unknown(["zzz"]) == ["zzz: no such datum; docs/data.md names them all"]


def test_a_persons_own_data_stay_theirs_unless_they_are_almost_one_of_ours_that_is_not_there():
    assert unknown([], ["backup_host", "mail_relay", "_sudo", "ssh_user", *KINDS]) == []
    assert unknown([], ["vip", "vip2", "vips", "floating_ip", "floating_ip6"]) == []
    assert unknown([], ["drupal_dbb"]) == ["drupal_dbb: no such datum, drupal_db is meant?"]


def test_a_key_of_a_persons_own_may_be_set_on_the_command_line():
    assert unknown(["backup_host", "address"], ["backup_host"]) == []
    assert unknown(["backup_host"]) != []


@pytest.mark.parametrize("key", [*VERBS, *KINDS, "_sudo", "ssh_user"])
def test_what_is_known_is_known(key):
    assert unknown([key]) == []


# Each runs through everything that prepares, too: what the kinds let pass must not end in a traceback.
ANYTHING = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9)
ANYTHING |= st.lists(ANYTHING, max_size=2) | st.dictionaries(st.text(max_size=3), ANYTHING, max_size=2)


@given(st.sampled_from(sorted(KINDS)), ANYTHING)
def test_anything_at_all_fits_or_is_said(key, value):
    """Whatever it is: never a traceback, and what is said names the key and what is allowed."""
    said = unfit({key: value})
    assert (
        said == []
        if KINDS[key].fits(value)
        else said[0].startswith(
            (f"{key} is {value!r}: allowed is {KINDS[key].allowed}", f"{key} holds a number of more")
        )
    )


@pytest.mark.parametrize(
    ("key", "value", "words"),
    ids=range(7),
    argvalues=[
        ("drupal_site_name", "x" * 4097, "a text of 4097 characters, and 4096 are taken"),
        ("drupal_site_name", "'" * 10**7, "a text of 10000000 characters, and 4096 are taken"),
        ("php_settings", {"x": "1" * 5000}, "a text of 5000 characters, and 4096 are taken"),
        ("php_settings", {"x" * 5000: "1"}, "a text of 5000 characters, and 4096 are taken"),
        ("ssh_sources", ["10.0.0.1"] * 1001, "1001 values, and 1000 are taken"),
        ("corosync_token", 10**5000, "a number of more than 18 digits"),
        ("failovers", {"mine": {"gluster_options": {"a": "1" * 5000}}}, "a text of 5000 characters"),
    ],
)
def test_what_is_huge_is_refused_in_a_sentence_that_is_not(key, value, words):
    (said,) = unfit(DEFAULTS | {key: value})
    assert said.startswith(f"{key} holds {words}")
    assert len(said) < 100


def test_what_is_as_long_as_it_may_be_is_taken():
    assert unfit(DEFAULTS | {"drupal_site_name": "x" * 4096, "ssh_sources": ["10.0.0.1"] * 1000}) == []


COLUMN = DEFAULTS["failovers"]["fast"]


@given(st.sampled_from(sorted(COLUMN)), ANYTHING)
def test_a_column_that_is_let_pass_makes_timers(key, value):
    table = {"mine": COLUMN | {key: value}}
    if unfit({"failovers": table}) == []:
        found = failover.matched(failover.timers("mine", table, {}, {}), 3)
        assert Timers(**found).detection > 0


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"failver": "fast"}, "failver: no such datum, failover is meant?"),
        ({"gluster_brick": "/gluster/"}, "gluster_brick is '/gluster/': allowed is"),
    ],
)
@pytest.mark.parametrize("task", ["deploy.py", "tasks/vip.py", "tasks/reset.py", "tasks/cloud.py"])
def test_a_run_stops_before_it_changes_anything(task, data, words):
    given_ = {"confirm": "hacloud"} if "reset" in task else {}
    with pytest.raises(PyinfraError) as refused:
        prepare(task, **given_, **data)
    assert "nothing was changed on any node:" in str(refused.value)
    assert words in str(refused.value)


@pytest.mark.parametrize("word", ["--serial", "--no-wait"])
def test_an_order_of_work_that_restarts_two_databases_at_once_is_refused(monkeypatch, word):
    monkeypatch.setattr("sys.argv", ["pyinfra", word, "inventory.py", "deploy.py"])
    with pytest.raises(PyinfraError, match=f"{word}: run without it, a step"):
        prepare("tasks/galera.py")


def test_a_misspelt_confirmation_is_said_as_that():
    with pytest.raises(PyinfraError, match=r"comfirm: no such datum, confirm is meant\?"):
        prepare("tasks/reset.py", comfirm="hacloud")


def test_the_status_looks_whatever_the_data_are():
    """It changes nothing, and one unfit value of PHP's must not keep a person from seeing the cluster."""
    with pytest.raises(PyinfraError, match=r"^not healthy: hosts"):  # of machines that answer nothing here
        prepare("tasks/status.py", php_settings="nonsense")


def test_what_is_pyinfras_own_is_known_and_what_only_looks_like_it_is_not():
    assert unknown(["ssh_port", "ssh_connect_retries", "_sudo"]) == []
    assert unknown(["ssh_source"]) == ["ssh_source: no such datum, ssh_sources is meant?"]
    assert unknown(["ssh_prot"]) == ["ssh_prot: no such datum; docs/data.md names them all"]
