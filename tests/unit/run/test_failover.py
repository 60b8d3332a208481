"""The two columns of timers: how they are chosen, that they fit together, and that they arrive where they act."""

import runpy

import pytest
from pyinfra.api.exceptions import PyinfraError

from webha.cluster import flatten
from webha.run.failover import detection, matched, timers

from ..prepared import prepare
from ..stubs import NAMES, ROOT

DATA = runpy.run_path(str(ROOT / "group_data/all.py"))
TABLE = DATA["failovers"]
COLUMNS = ("document", "fast")
GALERA, GLUSTER = "wsrep_provider_options", "gluster_options"
SMALL = {"slow": {"token": 9, "coefficient": None, "options": {"a": "1", "b": "2"}}, "fast": {"token": 1}}
in_both_columns = pytest.mark.parametrize("name", COLUMNS)


def detected(name):
    return detection(TABLE[name]["corosync_token"], TABLE[name]["corosync_token_coefficient"], len(NAMES))


def test_the_named_column_is_in_force():
    assert timers("slow", SMALL, {}, {}) == SMALL["slow"]
    assert timers("fast", SMALL, {}, {}) == SMALL["fast"]


@pytest.mark.parametrize("value", [0, 7, False, ""])
def test_a_datum_that_is_set_wins(value):
    assert timers("slow", SMALL, {"token": value, "coefficient": None}, {})["token"] == value


def test_a_datum_that_is_none_leaves_the_columns_value():
    assert timers("slow", SMALL, {"token": None}, {})["token"] == 9


def test_options_are_set_beside_those_of_the_column_and_win_one_by_one():
    assert timers("slow", SMALL, {}, {"options": {"b": "3", "c": "4"}})["options"] == {"a": "1", "b": "3", "c": "4"}


def test_the_table_itself_is_not_changed():
    timers("slow", SMALL, {"token": 7}, {"options": {"b": "3"}})
    assert SMALL["slow"] == {"token": 9, "coefficient": None, "options": {"a": "1", "b": "2"}}


@pytest.mark.parametrize("name", ["faster", "", None, "Document"])
def test_an_unknown_name_is_refused_in_a_sentence_with_those_that_are_known(name):
    with pytest.raises(ValueError, match="is none of fast, slow") as refused:
        timers(name, SMALL, {}, {})
    assert f"failover = {name!r}" in str(refused.value)


@pytest.mark.parametrize(
    ("token", "coefficient", "nodes", "seconds"),
    [
        (3000, None, 3, 8.03),
        (3000, 0, 3, 6.6),
        (3000, None, 2, 6.6),
        (3000, None, 1, 6.6),
        (3000, None, 5, 10.89),
        (1000, 0, 3, 2.2),
        (1000, 0, 5, 2.2),
        (1000, 500, 4, 4.4),
    ],
)
def test_a_lost_node_is_known_after_token_and_consensus(token, coefficient, nodes, seconds):
    assert detection(token, coefficient, nodes) == pytest.approx(seconds)


def test_the_documents_timers_take_8_seconds_and_the_fast_ones_2():
    assert (detected("document"), detected("fast")) == (pytest.approx(8.03), pytest.approx(2.2))


def test_the_documents_timers_are_the_default():
    assert DATA["failover"] == "document"
    assert tuple(TABLE) == COLUMNS
    assert TABLE["document"]["corosync_token"] == 3000
    assert TABLE["document"]["vip_monitor_interval"] == "20s"


def test_both_columns_answer_the_same_questions():
    assert TABLE["document"].keys() == TABLE["fast"].keys()
    assert TABLE["document"][GLUSTER].keys() == TABLE["fast"][GLUSTER].keys()
    assert TABLE["document"][GALERA].keys() <= TABLE["fast"][GALERA].keys()


def test_no_default_beside_the_table_hides_it():
    beside = {key: DATA[key] for key in TABLE["fast"] if key in DATA}
    assert beside.keys() >= {"corosync_token", "corosync_token_coefficient", GALERA, GLUSTER}
    for name, column in TABLE.items():
        assert timers(name, TABLE, beside, {}) | {GALERA: {}, GLUSTER: {}} == column | {GALERA: {}, GLUSTER: {}}
        assert not beside[GALERA].keys() & column[GALERA].keys()
        assert not beside[GLUSTER].keys() & column[GLUSTER].keys()


@in_both_columns
def test_a_node_lets_go_of_the_address_before_the_others_take_it(name):
    assert 1 < TABLE[name]["guard_patience"] < detected(name)


@in_both_columns
def test_the_address_does_not_move_for_what_all_nodes_wait_for(name):
    """A lost node makes every volume wait for its ping time-out and every write for Galera's."""
    column = TABLE[name]
    assert column["ready_patience"] > detected(name)
    assert column["ready_patience"] > int(column[GLUSTER]["network.ping-timeout"])
    assert 0 < column["ready_interval"] < column["ready_patience"]


@in_both_columns
def test_a_volume_gives_a_silent_brick_up_within_the_ready_patience(name):
    options = TABLE[name][GLUSTER]
    assert set(options) == {"network.ping-timeout", "client.tcp-user-timeout", "server.tcp-user-timeout"}
    assert all(0 < int(value) < TABLE[name]["ready_patience"] for value in options.values())


def test_the_fast_column_is_the_faster_one():
    fast, document = TABLE["fast"], TABLE["document"]
    for key in ("corosync_token", "ready_interval", "ready_patience", "guard_patience"):
        assert fast[key] < document[key], key
    for key in document[GLUSTER]:
        assert int(fast[GLUSTER][key]) < int(document[GLUSTER][key]), key
    for key in ("vip_monitor_interval", "apache_monitor_interval"):
        assert int(fast[key].removesuffix("s")) < int(document[key].removesuffix("s")), key


def test_galeras_timers_are_in_the_order_that_galera_asks_for():
    seconds = {
        key.removeprefix("evs."): float(value.removeprefix("PT").removesuffix("S"))
        for key, value in TABLE["fast"][GALERA].items()
        if key.startswith("evs.")
    }
    assert seconds["inactive_check_period"] <= seconds["keepalive_period"] < seconds["suspect_timeout"]
    assert seconds["suspect_timeout"] < seconds["inactive_timeout"]
    assert seconds["suspect_timeout"] < seconds["install_timeout"]


def rendered(file, template, **overrides):
    mode = {"galera_tls": False} if "galera" in template else {}
    texts = [text for _, name, _, text in prepare(file, **mode, **overrides).rendered if name == template]
    if mode:  # of both that a run without TLS may place
        texts = [text for text in texts if "socket.ssl" not in text]
    assert len(texts) == len(NAMES)
    return texts


@in_both_columns
def test_galera_cnf_has_the_columns_options(name):
    for text in rendered("tasks/galera.py", "galera/galera.cnf.j2", failover=name):
        (line,) = [line for line in text.splitlines() if line.startswith("wsrep_provider_options = ")]
        options = line.split(" = ", 1)[1].strip('"').split(";")
        assert sorted(options) == sorted(f"{key}={value}" for key, value in TABLE[name][GALERA].items())


def test_an_option_of_galera_is_set_beside_those_of_the_column():
    own = {"gcache.size": "1G", "gcs.fc_limit": "64"}
    for text in rendered("tasks/galera.py", "galera/galera.cnf.j2", failover="fast", wsrep_provider_options=own):
        assert "gcache.size=1G" in text
        assert "gcache.size=256M" not in text
        assert "gcs.fc_limit=64" in text
        assert "evs.suspect_timeout=PT2S" in text


@in_both_columns
def test_corosync_conf_has_the_columns_token(name):
    for text in rendered("tasks/cluster.py", "cluster/corosync.conf.j2", failover=name):
        values = flatten(text)
        assert values["totem.token"] == str(TABLE[name]["corosync_token"])
        assert values.get("totem.token_coefficient") == (None if name == "document" else "0")


def test_a_token_of_the_data_wins_in_corosync_conf():
    for text in rendered("tasks/cluster.py", "cluster/corosync.conf.j2", failover="fast", corosync_token=1500):
        assert flatten(text)["totem.token"] == "1500"


@in_both_columns
def test_the_daemons_have_the_columns_patience(name):
    column = TABLE[name]
    values = prepare("tasks/vip.py", failover=name).values
    assert len(values) == 3
    for one in values.values():
        assert one["guard"]["patience"] == column["guard_patience"]
        assert one["guard"]["detection"] == detected(name)
        assert one["ready"]["patience"] == column["ready_patience"]
        assert one["ready"]["interval"] == column["ready_interval"]


@pytest.mark.parametrize("task", ["galera", "cluster", "gluster", "vip"])
def test_every_task_refuses_a_failover_that_is_not_known(task):
    with pytest.raises(PyinfraError, match="failover = 'faster' is none of document, fast"):
        prepare(f"tasks/{task}.py", failover="faster")


@in_both_columns
def test_a_column_of_the_table_fits_its_own_token(name):
    assert matched(TABLE[name], 3) == {**TABLE[name], "detection": detected(name)}


def test_the_guard_and_readiness_follow_a_token_of_ones_own():
    short = matched(timers("document", TABLE, {"corosync_token": 1000}, {}), 3)
    assert short["guard_patience"] == pytest.approx(0.75 * 3.63, abs=0.01)
    assert short["ready_patience"] == 20
    long = matched(timers("fast", TABLE, {"corosync_token": 10000}, {}), 3)
    assert long["guard_patience"] == 1.5
    assert long["ready_patience"] == 44
    assert (short["knet_ping_timeout"], long["knet_ping_timeout"]) == (10000, 20000)
