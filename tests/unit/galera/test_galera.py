import pytest

from webha.galera import (
    NO_HISTORY,
    Grastate,
    Member,
    bootstrap,
    may_join,
    may_restart,
    parse_grants,
    parse_grastate,
    parse_status,
    whole,
)
from webha.ground.probe import ProbeError

OURS = "772159c2-e6ae-11f1-b424-5a194bf1f37b"
OTHER = "0a0a0a0a-e6ae-11f1-b424-5a194bf1f37b"
NAMES = ("a", "b", "c")


def status(*, cluster="Primary", comment="Synced", size=3, uuid=OURS, ready="ON", connected="ON"):
    return {
        "wsrep_cluster_status": cluster,
        "wsrep_local_state_comment": comment,
        "wsrep_cluster_size": str(size),
        "wsrep_cluster_state_uuid": uuid,
        "wsrep_ready": ready,
        "wsrep_connected": connected,
    }


def synced(**changes):
    return Member(True, "active", status(**changes), Grastate(OURS, -1, False), configured="x", running="x")


def stopped(grastate=None, databases=(), unit="inactive"):
    return Member(True, unit, grastate=grastate, databases=databases, configured="x")


BARE = stopped()
WAS_MEMBER = stopped(Grastate(OURS, 12, False), ("drupal",))


def of(*members):
    return dict(zip(NAMES, members, strict=True))


def grastate(uuid=OURS, seqno="-1", safe="0"):
    return f"# GALERA saved state\nversion: 2.1\nuuid:    {uuid}\nseqno:   {seqno}\nsafe_to_bootstrap: {safe}\n"


@pytest.mark.parametrize(
    ("text", "state"),
    [
        (grastate(), Grastate(OURS, -1, False)),
        (grastate(seqno="1424", safe="1"), Grastate(OURS, 1424, True)),
        (grastate(NO_HISTORY), Grastate(NO_HISTORY, -1, False)),
        (grastate(OURS.upper()), Grastate(OURS, -1, False)),
        (f"uuid: {OURS}\nseqno: 5\n", Grastate(OURS, 5, False)),
        (grastate() + "cert_index:\n", Grastate(OURS, -1, False)),
        (grastate(safe=""), Grastate(OURS, -1, False)),
    ],
)
def test_grastate_is_read(text, state):
    assert parse_grastate(text) == state


@pytest.mark.parametrize(
    "text",
    [
        "",
        "garbage",
        "\0\0\0\0",
        "seqno: 5\n",
        f"uuid: {OURS}\n",
        grastate(seqno=""),
        grastate(seqno="x"),
        grastate()[:40],
    ],
)
def test_a_damaged_grastate_is_an_error_and_no_bare_directory(text):
    with pytest.raises(ProbeError, match=r"grastate\.dat is damaged"):
        parse_grastate(text)


@pytest.mark.parametrize(("uuid", "history"), [(NO_HISTORY, False), (OURS, True)])
def test_the_zero_uuid_is_no_history(uuid, history):
    assert parse_grastate(grastate(uuid)).has_history is history


def test_status_is_read_by_lower_case_name_and_empty_values_stay():
    assert parse_status("WSREP_ready\tON\nwsrep_evs_delayed\t\n\n") == {"wsrep_ready": "ON", "wsrep_evs_delayed": ""}


@pytest.mark.parametrize(
    "change", [{"cluster": "non-Primary"}, {"comment": "Donor/Desynced"}, {"ready": "OFF"}, {"connected": "OFF"}]
)
def test_active_is_not_synced(change):
    member = synced(**change)
    assert member.runs
    assert not member.synced


@pytest.mark.parametrize(
    ("unit", "runs"),
    [
        ("active", True),
        ("activating", True),
        ("deactivating", True),
        ("reloading", True),
        ("inactive", False),
        ("failed", False),
    ],
)
def test_a_starting_or_stopping_daemon_runs(unit, runs):
    assert Member(True, unit).runs is runs


def test_three_bare_nodes_are_bootstrapped():
    assert bootstrap(of(BARE, BARE, BARE)).action == "bootstrap"


@pytest.mark.parametrize(
    "member", [stopped(Grastate(NO_HISTORY, -1, False)), stopped(databases=("old",)), stopped(unit="failed")]
)
def test_nodes_without_a_clusters_history_are_bootstrapped(member):
    assert bootstrap(of(member, BARE, BARE)).action == "bootstrap"


@pytest.mark.parametrize(
    "others", [(BARE, BARE), (synced(), synced()), (WAS_MEMBER, BARE)], ids=["bare", "primary", "stopped"]
)
def test_a_node_that_did_not_answer_is_unknown_and_nothing_is_bootstrapped(others):
    verdict = bootstrap(of(others[0], None, others[1]))
    assert verdict.action == "refuse"
    assert "the database state of b is unknown" in verdict.reason


@pytest.mark.parametrize("others", [(BARE, BARE), (WAS_MEMBER, BARE), (stopped(unit="activating"), BARE)])
def test_where_a_primary_component_lives_nothing_is_bootstrapped(others):
    verdict = bootstrap(of(others[0], synced(), others[1]))
    assert verdict.action == "nothing"
    assert "lives on b" in verdict.reason


@pytest.mark.parametrize("member", [synced(cluster="non-Primary"), stopped(unit="activating"), Member(True, "active")])
def test_a_daemon_that_runs_without_a_primary_component_stops_the_bootstrap(member):
    verdict = bootstrap(of(BARE, BARE, member))
    assert verdict.action == "refuse"
    assert "runs on c without a primary component" in verdict.reason


@pytest.mark.parametrize("seqno", [-1, 0, 1424])
@pytest.mark.parametrize("where", NAMES)
def test_a_clusters_history_on_any_node_stops_the_bootstrap(where, seqno):
    members = of(BARE, BARE, BARE) | {where: stopped(Grastate(OURS, seqno, False))}
    verdict = bootstrap(members)
    assert verdict.action == "refuse"
    assert f"{where}: cluster {OURS}, seqno {seqno}, safe_to_bootstrap 0" in verdict.reason
    assert "galera_recovery" in verdict.reason


def test_after_a_clean_stop_the_last_node_to_stop_is_named():
    verdict = bootstrap(of(WAS_MEMBER, stopped(Grastate(OURS, 14, True)), WAS_MEMBER))
    assert verdict.action == "refuse"
    assert "b was the last to stop: run 'galera_new_cluster' there" in verdict.reason


def test_two_nodes_that_both_claim_to_be_last_are_not_believed():
    safe = stopped(Grastate(OURS, 14, True))
    assert "galera_recovery" in bootstrap(of(safe, safe, WAS_MEMBER)).reason


def test_a_bare_node_joins_the_primary_nodes():
    verdict = may_join("c", of(synced(), synced(), BARE))
    assert verdict.action == "join"
    assert "a, b" in verdict.reason


@pytest.mark.parametrize(
    "member",
    [
        WAS_MEMBER,
        stopped(Grastate(OURS, -1, False), ("drupal",), "failed"),
        stopped(Grastate(NO_HISTORY, -1, False)),
        stopped(unit="activating"),
        synced(comment="Joined"),
    ],
)
def test_a_member_that_stopped_or_is_on_its_way_joins(member):
    assert may_join("b", of(synced(), member, BARE)).action == "join"


def test_a_synced_member_has_nothing_to_join():
    assert may_join("b", of(None, synced(size=1), None)).action == "nothing"


def test_an_unknown_node_does_not_join():
    assert may_join("b", of(synced(), None, synced())).action == "refuse"


@pytest.mark.parametrize(
    "others", [(BARE, BARE), (None, None), (synced(cluster="non-Primary"), BARE), (WAS_MEMBER, None)]
)
def test_without_a_primary_component_there_is_nothing_to_join(others):
    verdict = may_join("b", of(others[0], BARE, others[1]))
    assert verdict.action == "refuse"
    assert "nothing to join" in verdict.reason


def test_two_clusters_are_not_chosen_between():
    verdict = may_join("c", of(synced(), synced(uuid=OTHER), BARE))
    assert verdict.action == "refuse"
    assert OURS in verdict.reason
    assert OTHER in verdict.reason


def test_a_node_with_another_clusters_history_keeps_its_data():
    verdict = may_join("c", of(synced(), synced(), stopped(Grastate(OTHER, 7, False), ("shop",))))
    assert verdict.action == "refuse"
    assert OTHER in verdict.reason
    assert "erase" in verdict.reason


@pytest.mark.parametrize("state", [None, Grastate(NO_HISTORY, -1, False)])
def test_a_node_with_databases_that_was_never_a_member_keeps_them(state):
    verdict = may_join("c", of(synced(), synced(), stopped(state, ("blog", "shop"))))
    assert verdict.action == "refuse"
    assert "blog, shop" in verdict.reason


def stale(running="old"):
    return Member(True, "active", status(), Grastate(OURS, -1, False), configured="new", running=running)


@pytest.mark.parametrize("running", ["old", None])
def test_a_stale_member_restarts_while_all_others_are_synced(running):
    assert may_restart("b", of(synced(), stale(running), synced())).action == "restart"


@pytest.mark.parametrize("other", [None, BARE, synced(comment="Donor/Desynced"), synced(cluster="non-Primary")])
def test_never_two_down_at_once(other):
    verdict = may_restart("b", of(synced(), stale(), other))
    assert verdict.action == "refuse"
    assert "c is not Synced" in verdict.reason


@pytest.mark.parametrize("member", [synced(), stopped()])
def test_what_runs_its_configuration_or_does_not_run_needs_no_restart(member):
    assert may_restart("b", of(None, member, BARE)).action == "nothing"


def test_an_unknown_node_is_not_restarted():
    assert may_restart("b", of(synced(), None, synced())).action == "refuse"


def test_three_synced_members_are_whole():
    assert whole(of(synced(), synced(), synced())) == []


@pytest.mark.parametrize(
    ("member", "words"),
    [
        (None, "b: state unknown"),
        (BARE, "b: not Synced in a primary component (inactive, no answer)"),
        (synced(comment="Joined"), "b: not Synced in a primary component (active, Joined)"),
        (synced(size=1), "b: sees 1 of 3 nodes"),
    ],
)
def test_what_keeps_the_cluster_from_being_whole_is_said(member, words):
    assert whole(of(synced(), member, synced())) == [words]


@pytest.mark.parametrize(
    ("text", "granted"),
    [
        (
            "GRANT RELOAD, PROCESS, LOCK TABLES ON *.* TO `mysql`@`localhost` IDENTIFIED VIA unix_socket",
            {"RELOAD", "PROCESS", "LOCK TABLES"},
        ),
        ("GRANT ALL PRIVILEGES ON *.* TO `root`@`localhost`", {"ALL PRIVILEGES"}),
        (
            "GRANT usage ON *.* TO `x`@`localhost`\nGRANT SELECT ON `db`.* TO `x`@`localhost`",
            {"USAGE", "SELECT ON `db`.*"},
        ),
        ("GRANT PROXY ON ''@'%' TO 'root'@'localhost' WITH GRANT OPTION", {"PROXY ON ''@'%'", "GRANT OPTION"}),
        ("GRANT `editor` TO `x`@`localhost`", {"`EDITOR` TO `X`@`LOCALHOST`"}),
        ("", set()),
    ],
)
def test_a_grant_on_everything_is_told_from_others(text, granted):
    assert parse_grants(text) == granted
