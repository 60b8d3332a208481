"""What runs otherwise than acknowledged writes need it is said; nothing is refused for it."""

from dataclasses import replace

import pytest

from webha.galera import endangered, parse_status
from webha.galera import operations as galera
from webha.galera.facts import _VARIABLES, Galera
from webha.run import ending

from ..stubs import NAMES, perform
from .test_galera import BARE, synced


def runs(**said):
    return replace(synced(), status=synced().status | said)


def of(*members):
    return dict(zip(NAMES, members, strict=True))


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"innodb_flush_log_at_trx_commit": "1", "wsrep_on": "ON", "wsrep_osu_method": "TOI", "log_bin": "OFF"},
        {"innodb_flush_log_at_trx_commit": "3"},
        {"log_bin": "OFF", "sync_binlog": "0"},
        {"log_bin": "ON", "sync_binlog": "1"},
    ],
)
def test_what_the_argument_does_not_need_is_not_said(said):
    assert endangered(of(runs(**said), BARE, None)) == []


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"innodb_flush_log_at_trx_commit": "2"}, ("innodb_flush_log_at_trx_commit is 2", "lose acknowledged writes")),
        ({"innodb_flush_log_at_trx_commit": "0"}, ("is 0", "'SET GLOBAL innodb_flush_log_at_trx_commit=1'")),
        ({"log_bin": "ON", "sync_binlog": "0"}, ("lose acknowledged writes", "'SET GLOBAL sync_binlog=1'")),
        ({"log_bin": "ON", "sync_binlog": "100"}, ("sync_binlog 100", "lose acknowledged writes")),
        ({"wsrep_on": "OFF"}, ("stays on that node", "'SET GLOBAL wsrep_on=ON'")),
        ({"wsrep_osu_method": "RSU"}, ("not altered on the other nodes", "'SET GLOBAL wsrep_OSU_method=TOI'")),
    ],
)
def test_what_loses_writes_is_said_with_the_statement_that_ends_it(said, words):
    (line,) = endangered(of(synced(), runs(**said), synced()))
    assert line.startswith("nodoha2: ")
    assert [word for word in words if word not in line] == []


def test_a_deploy_says_it_at_its_end_and_is_not_refused(monkeypatch):
    said = []
    monkeypatch.setattr(ending, "say_at_end", said.append)
    done = perform(galera.whole, NAMES, peers=of(synced(), runs(wsrep_on="OFF"), synced()))
    assert done.idle
    assert said == endangered({"nodoha2": runs(wsrep_on="OFF")})


def test_every_variable_of_a_rule_is_asked_for():
    asked = {name.lower() for name in _VARIABLES.split()}
    needed = {"innodb_flush_log_at_trx_commit", "log_bin", "sync_binlog", "wsrep_on", "wsrep_osu_method"}
    assert needed <= asked
    assert all(f"'{name}'" in Galera().command() for name in _VARIABLES.split())
    assert parse_status("wsrep_OSU_method\tRSU\n") == {"wsrep_osu_method": "RSU"}
