"""What a running Galera must not be taken for or given: root shut out of it, another name, other nodes; and a torn gvwstate.dat."""

import re
import subprocess

import pytest

from webha.galera import Grastate, Member, bootstrap, may_join, may_restart, of_others, parse_status, whole
from webha.galera import operations as galera
from webha.galera.facts import Account, Galera
from webha.ground.render import render
from webha.status.decisions import _galera
from webha.status.state import Expected, Seen

from ..captured_facts import CONVERGED, text
from ..stubs import perform
from .test_galera import OURS, status, stopped, synced

NAMES = ("a", "b", "c")
DENIED = "ERROR 1045 (28000): Access denied for user 'root'@'localhost' (using password: NO)"
BLIND = Member(True, "active", {}, Grastate(OURS, -1, False), configured="x", running="x", shut_out=DENIED)
ASKED_OTHERWISE = Member(
    True, "active", status(), Grastate(OURS, -1, False), configured="x", running="x", shut_out=DENIED
)


def of(*members):
    return dict(zip(NAMES, members, strict=True))


def test_a_password_for_root_is_said_and_no_second_cluster_is_advised():
    for members in (of(BLIND, BLIND, BLIND), of(stopped(Grastate(OURS, 3, True)), BLIND, None)):
        verdict = bootstrap(members)
        assert verdict.action == "refuse"
        assert "root cannot log in to MariaDB through the socket on b (ERROR 1045" in verdict.reason
        assert "IDENTIFIED VIA unix_socket" in verdict.reason
        assert "galera_new_cluster" not in verdict.reason
        assert "safe_to_bootstrap" not in verdict.reason
    assert bootstrap(of(synced(), BLIND, BLIND)).action == "nothing"


def test_a_run_is_refused_before_anything_changes():
    for members in (of(BLIND, synced(), synced()), of(ASKED_OTHERWISE, synced(), synced())):
        (said,) = of_others(members)
        assert said.startswith("a: root cannot log in to MariaDB through the socket on a")


def test_nobody_joins_restarts_or_counts_as_well_where_root_is_shut_out():
    assert "root cannot log in" in may_join("b", of(synced(), BLIND, synced())).reason
    blind = Member(True, "active", {}, configured="x", running="y", shut_out=DENIED)
    assert "root cannot log in" in may_restart("b", of(synced(), blind, synced())).reason
    assert any("root cannot log in" in one for one in whole(of(synced(), ASKED_OTHERWISE, synced())))
    refused = perform(galera.account, "mysql", "USAGE", facts={Galera: BLIND, Account: None}).refused
    assert "root cannot log in to MariaDB through the socket on this node" in refused


def test_the_status_names_it_and_does_not_speak_of_a_lost_primary_component():
    layer = _galera({name: Seen(galera=BLIND) for name in NAMES}, Expected(NAMES, "10.0.0.250", "fs_ha", "hacloud"))
    assert len(layer.problems) == 3
    assert all("root cannot log in" in one for one in layer.problems)
    asked = _galera(
        {name: Seen(galera=ASKED_OTHERWISE) for name in NAMES}, Expected(NAMES, "10.0.0.250", "fs_ha", "hacloud")
    )
    assert asked.state == "primary component of 3"
    assert not asked.healthy


@pytest.mark.parametrize("suite", CONVERGED)
def test_what_mariadb_said_of_root_is_read_beside_what_it_told_the_other_account(suite):
    begin = "@@webha-begin status\n"
    answer = text(suite, "galera").replace(begin, f"{begin}{DENIED}\n")
    found = Galera().process(answer.splitlines())
    assert found.shut_out == DENIED
    assert found.synced
    assert not any("error" in key for key in found.status)
    assert Galera().process(text(suite, "galera").splitlines()).shut_out is None


def runs(name="warner", addresses="10.0.0.1,10.0.0.2:4567,10.0.0.3?pc.wait_prim=no", **changes):
    told = {"wsrep_cluster_name": name, "wsrep_cluster_address": f"gcomm://{addresses}"}
    return Member(True, "active", status(**changes) | told, Grastate(OURS, -1, False), configured="x", running="x")


WANTED = {"called": "warner", "addresses": {"c": "10.0.0.3", "a": "10.0.0.1", "b": "10.0.0.2"}}


def test_a_cluster_of_that_name_and_of_these_nodes_is_gone_on_with():
    assert of_others(of(runs(), runs(), runs()), **WANTED) == []
    assert of_others(of(synced(), synced(), synced()), **WANTED) == [], "one that does not say is not another one"
    assert of_others(of(runs(addresses=""), runs(), runs()), **WANTED) == [], "galera_new_cluster by hand"
    assert of_others(of(runs(), runs(addresses="10.0.0.1,10.0.0.3"), runs()), **WANTED) == [], "it need not name itself"
    elsewhere = stopped(Grastate(OURS, 3, True))
    assert of_others(of(elsewhere, elsewhere, elsewhere), "", called="other", addresses={"a": "x"}) == []


@pytest.mark.parametrize(
    ("member", "words"),
    [
        (runs(name="acme"), "b: mariadbd runs in the cluster 'acme', and galera_cluster_name is 'warner'"),
        (
            runs(addresses="10.0.0.1,10.0.0.2"),
            "b: mariadbd runs as a member of 10.0.0.1, 10.0.0.2, and the inventory has 10.0.0.1",
        ),
        (runs(addresses="10.0.0.1,10.0.0.2,10.0.0.9"), "10.0.0.9, and the inventory has"),
    ],
)
def test_another_name_and_other_nodes_are_refused_while_it_runs(member, words):
    (said,) = of_others(of(runs(), member, runs()), **WANTED)
    assert words in said


def test_a_line_that_is_no_row_is_no_status():
    assert parse_status("ERROR 1045 (28000): no\nwsrep_ready\tON\nlonely\n") == {"wsrep_ready": "ON"}


WHOLE = "my_uuid: ed8c3555-eabb-11f1-988a-3a6aceb1461a\n#vwbeg\nview_id: 3 ed8c3555-eabb-11f1-988a-3a6aceb1461a 1\nbootstrap: 0\nmember: ed8c3555-eabb-11f1-988a-3a6aceb1461a 0\n#vwend\n"


@pytest.mark.parametrize(
    ("content", "stays"),
    [
        (WHOLE, True),
        (None, False),
        ("", False),
        (WHOLE[:30], False),
        (WHOLE.replace("#vwend\n", ""), False),
        ("\0" * 100, False),
        (re.sub("my_uuid: .*", "my_uuid: 00000000-0000-0000-0001-000000000000", WHOLE), False),
    ],
)
def test_a_gvwstate_that_a_power_cut_tore_is_gone_before_mariadbd_starts(tmp_path, content, stays):
    if content is not None:
        (tmp_path / "gvwstate.dat").write_text(content)
    paths = {name: f"/{name}" for name in ("configuration", "started_with", "keys", "authorities", "keys_taken")}
    unit = render("galera/mariadb.service.conf.j2", **paths, data=str(tmp_path))
    (command,) = re.findall(r"^ExecStartPre=-/bin/sh -c '(.*)'$", unit, re.MULTILINE)
    assert "$" not in command, "systemd would take it for a variable of its own"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
    assert (tmp_path / "gvwstate.dat").exists() == stays
    assert done.stdout == ("" if stays or content is None else "gvwstate.dat is not whole, removed\n")
