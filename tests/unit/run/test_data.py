"""What a datum may be, and what is said of one that is not."""

import runpy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyinfra.api.exceptions import PyinfraError

from webha.run.data import KINDS, VERBS, unfit, unknown

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
        ("drupal_db", "my-db", "a small letter"),
        ("drupal_site_name", "two\nlines", "a text of one line"),
        ("corosync_token", 5, "None or a whole number from 100"),
    ],
)
def test_a_datum_of_another_type_or_range_is_said_with_what_is_allowed(key, value, allowed):
    (said,) = unfit(DEFAULTS | {key: value})
    assert said.startswith(f"{key} is {value!r}: allowed is ")
    assert allowed in said


@pytest.mark.parametrize(
    ("key", "near"),
    [("failver", "failover"), ("vipp", "vip"), ("wsrep_slave_thread", "wsrep_slave_threads"), ("comfirm", "confirm")],
)
def test_a_key_of_the_command_line_that_nobody_knows_is_refused_with_the_nearest(key, near):
    assert unknown([key]) == [f"{key}: no such datum, {near} is meant?"]


def test_a_key_that_is_like_none_is_refused_too():
    assert unknown(["zzz"]) == ["zzz: no such datum; docs/data.md names them all"]


def test_a_persons_own_data_stay_theirs_unless_they_are_almost_ours():
    assert unknown([], ["backup_host", "mail_relay", "_sudo", "ssh_user", *KINDS]) == []
    assert unknown([], ["drupal_dbb"]) == ["drupal_dbb: no such datum, drupal_db is meant?"]


@pytest.mark.parametrize("key", [*VERBS, *KINDS, "_sudo", "ssh_user"])
def test_what_is_known_is_known(key):
    assert unknown([key]) == []


ANYTHING = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9)
ANYTHING |= st.lists(ANYTHING, max_size=2) | st.dictionaries(st.text(max_size=3), ANYTHING, max_size=2)


@given(st.sampled_from(sorted(KINDS)), ANYTHING)
def test_anything_at_all_fits_or_is_said_and_never_more(key, value):
    said = unfit({key: value})
    assert len(said) <= 1
    assert all(one.startswith(f"{key} is ") for one in said)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"failver": "fast"}, "failver: no such datum, failover is meant?"),
        ({"gluster_brick": "/gluster/"}, "gluster_brick is '/gluster/': allowed is"),
    ],
)
@pytest.mark.parametrize("task", ["deploy.py", "tasks/vip.py", "tasks/reset.py"])
def test_a_run_stops_before_it_changes_anything(task, data, words):
    given_ = {"confirm": "hacloud"} if "reset" in task else {}
    with pytest.raises(PyinfraError) as refused:
        prepare(task, **given_, **data)
    assert "nothing was changed on any node:" in str(refused.value)
    assert words in str(refused.value)


@pytest.mark.parametrize("word", ["--serial", "--no-wait"])
def test_an_order_of_work_that_restarts_two_databases_at_once_is_refused(monkeypatch, word):
    monkeypatch.setattr("sys.argv", ["pyinfra", word, "inventory.py", "deploy.py"])
    with pytest.raises(PyinfraError, match=f"{word}: every step waits for all nodes"):
        prepare("tasks/galera.py")
