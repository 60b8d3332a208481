import os

import pytest

from webha.galera import Grastate
from webha.galera import operations as galera
from webha.galera.facts import Account, Galera

from ..stubs import NAMES, execute, fake_program, perform
from .test_galera import BARE, WAS_MEMBER, stale, status, stopped, synced


def of(*members):
    return dict(zip(NAMES, members, strict=True))


def test_three_bare_nodes_get_a_primary_component_and_it_is_waited_for():
    begin, wait = perform(galera.bootstrapped, NAMES, peers=of(BARE, BARE, BARE)).texts
    assert "galera_new_cluster" in begin
    assert "Synced in a primary component of 1 or more" in wait


def test_a_primary_component_that_lives_is_not_made_again():
    assert perform(galera.bootstrapped, NAMES, peers=of(BARE, synced(), BARE)).idle


@pytest.mark.parametrize(
    "members", [(None, BARE, BARE), (WAS_MEMBER, BARE, BARE), (synced(cluster="non-Primary"), BARE, BARE)]
)
def test_what_is_unknown_or_has_a_history_is_refused_without_a_bootstrap(members):
    done = perform(galera.bootstrapped, NAMES, peers=of(*members))
    assert done.refused
    assert not done.text.startswith("sh")


def test_a_bare_node_is_started_and_waited_for():
    begin, wait = perform(galera.member, "nodoha3", NAMES, peers=of(synced(), synced(), BARE)).texts
    assert "systemctl start mariadb.service" in begin
    assert "galera_new_cluster" not in begin
    assert "primary component of 2 or more" in wait


def test_a_synced_member_is_left_alone():
    assert perform(galera.member, "nodoha3", NAMES, peers=of(None, None, synced())).idle


@pytest.mark.parametrize("member", [None, stopped(Grastate("0" * 8, 1, False)), stopped(databases=("own",))])
def test_a_node_that_may_not_join_is_not_started(member):
    done = perform(galera.member, "nodoha3", NAMES, peers=of(synced(), synced(), member))
    assert "nodoha3" in done.refused


def test_a_stale_member_is_restarted_and_waited_for_among_all():
    begin, wait = perform(galera.configuration_in_force, "nodoha2", NAMES, peers=of(synced(), stale(), synced())).texts
    assert begin == "systemctl restart mariadb.service"
    assert "primary component of 3 or more" in wait


def test_a_member_in_force_is_left_alone_and_no_two_are_down_at_once():
    assert perform(galera.configuration_in_force, "nodoha", NAMES, peers=of(synced(), None, BARE)).idle
    done = perform(galera.configuration_in_force, "nodoha", NAMES, peers=of(stale(), BARE, synced()))
    assert "nodoha2 is not Synced" in done.refused


def test_a_whole_cluster_is_asserted_without_any_command():
    assert perform(galera.whole, NAMES, peers=of(synced(), synced(), synced())).idle
    refused = perform(galera.whole, NAMES, peers=of(synced(), None, BARE)).refused
    assert "nodoha2: state unknown" in refused
    assert "nodoha3: not Synced" in refused


@pytest.mark.parametrize(
    ("known", "grants"),
    [
        ({"RELOAD", "PROCESS"}, "RELOAD, PROCESS"),
        ({"RELOAD", "PROCESS", "LOCK TABLES"}, " process,reload"),
        ({"ALL PRIVILEGES"}, "RELOAD, PROCESS"),
        ({"USAGE"}, "USAGE"),
        ({"SELECT"}, "USAGE"),
        ({"USAGE", "SELECT ON `shop`.*"}, "USAGE"),
    ],
)
def test_an_account_that_can_do_enough_is_left_alone(known, grants):
    assert perform(galera.account, "mysql", grants, facts={Galera: synced(), Account: frozenset(known)}).idle


@pytest.mark.parametrize("known", [set(), {"USAGE"}, {"RELOAD"}, {"RELOAD", "PROCESS ON `shop`.*"}])
def test_an_account_that_cannot_is_given_its_grants(known):
    (command,) = perform(galera.account, "mysql", "RELOAD, PROCESS", facts={Galera: synced(), Account: known}).texts
    assert "CREATE USER IF NOT EXISTS" in command
    assert "unix_socket" in command
    assert command.endswith("webha mysql 'RELOAD, PROCESS'")


@pytest.mark.parametrize("member", [None, BARE, synced(cluster="non-Primary"), synced(comment="Joining")])
def test_no_account_is_made_on_a_node_that_is_no_synced_member(member):
    assert perform(galera.account, "mysql", "USAGE", facts={Galera: member, Account: None}).refused


def test_an_account_that_is_not_there_is_made_and_one_that_is_unknown_is_not():
    assert not perform(galera.account, "www-data", "USAGE", facts={Galera: synced(), Account: set()}).idle
    assert perform(galera.account, "www-data", "USAGE", facts={Galera: synced(), Account: None}).refused


def test_the_statement_that_reaches_mariadb_names_the_account(tmp_path):
    fake_program(tmp_path, "mariadb", f'printf "%s\\n" "$@" > {tmp_path}/said')
    (command,) = perform(galera.account, "www-data", "USAGE", facts={Galera: synced(), Account: set()}).commands
    assert execute(command, env={"PATH": f"{tmp_path}:{os.environ['PATH']}"}).returncode == 0
    assert (tmp_path / "said").read_text().splitlines()[-1] == (
        "CREATE USER IF NOT EXISTS 'www-data'@localhost IDENTIFIED VIA unix_socket; GRANT USAGE ON *.* TO 'www-data'@localhost"
    )


def waited(tmp_path, answer, size=3):
    (tmp_path / "answer").write_text("".join(f"{name}\t{value}\n" for name, value in answer.items()))
    for name, body in {"mariadb": f"cat {tmp_path}/answer", "systemctl": ":", "journalctl": "echo its log"}.items():
        fake_program(tmp_path, name, body)
    command = galera._wait(size, 0)
    return execute(command, env={"PATH": f"{tmp_path}:{os.environ['PATH']}"})


def test_the_wait_ends_when_the_node_is_synced(tmp_path):
    assert waited(tmp_path, status()).returncode == 0
    assert waited(tmp_path, status(size=2), size=2).returncode == 0


@pytest.mark.parametrize(
    "answer",
    [
        {},
        status(size=2),
        status(cluster="non-Primary"),
        status(comment="Joined"),
        status(comment="Donor/Desynced"),
        status(ready="OFF"),
        status(connected="OFF"),
    ],
)
def test_the_wait_fails_while_anything_of_it_is_missing(tmp_path, answer):
    done = waited(tmp_path, answer)
    assert done.returncode == 1
    assert "after 0 s still not: Synced in a primary component of 3 or more" in done.stderr
    assert "its log" in done.stderr
