"""apache.loaded_at, guards.shortcomings' neighbours reset.plan and secrets: small modules, one file."""

import os
import stat
import subprocess
import sys

import pytest

from webha import apache, reset
from webha.run import credentials as secrets

STATUS = """127.0.0.1
ServerVersion: Apache/2.4.66 (Debian)
CurrentTime: Sunday, 22-Nov-2026 20:14:11 UTC
RestartTime: Sunday, 22-Nov-2026 20:00:49 UTC
Scoreboard: ____W_
"""


def test_the_time_of_loading_is_counted_back_from_now():
    assert apache.started_at(STATUS, 1_000_000) == 1_000_000 - 802


def test_the_servers_zone_does_not_matter():
    assert apache.started_at(STATUS.replace("UTC", "CEST"), 5000) == apache.started_at(STATUS, 5000)


def test_a_restart_before_midnight_is_yesterday():
    text = "CurrentTime: Monday, 01-Mar-2027 00:00:10 UTC\nRestartTime: Sunday, 28-Feb-2027 23:59:50 UTC\n"
    assert apache.started_at(text, 100) == 80


@pytest.mark.parametrize(
    "text",
    ["", "garbage", STATUS.replace("RestartTime", "Restarted"), STATUS.replace("22-Nov-2026 20:00:49", "yesterday")],
    ids=["empty", "garbage", "no restart time", "no date"],
)
def test_a_status_page_without_its_times_tells_nothing(text):
    assert apache.started_at(text, 100) is None


@pytest.mark.parametrize(
    ("running", "loaded_at", "changed_at", "stale"),
    [
        (True, 100, 99.9, False),
        (True, 100, 100.9, True),
        (True, 100, 101.0, True),
        (True, 100, 500.0, True),
        (True, None, 0.0, True),
        (False, None, 500.0, False),
    ],
)
def test_apache_is_stale_when_a_file_is_newer_than_what_it_read(running, loaded_at, changed_at, stale):
    server = apache.Server(True, running, frozenset(), frozenset(), loaded_at, changed_at)
    assert server.stale is stale


@pytest.mark.parametrize("confirm", [None, "", "yes", "HACLOUD", "hacloud2"])
def test_nothing_is_reset_without_the_clusters_name(confirm):
    plan = reset.plan(None, confirm, "hacloud")
    assert plan.layers == ()
    assert "confirm=hacloud" in plan.refusal


def test_everything_is_reset_from_the_top_down():
    assert reset.plan(None, "hacloud", "hacloud") == reset.Plan(
        ("cloud", "vip", "backup", "drupal", "gluster", "cluster", "apache", "galera", "firewall", "hosts")
    )


@pytest.mark.parametrize(
    ("layer", "layers"),
    [
        ("galera", ("galera",)),
        ("galera,vip", ("vip", "galera")),
        (" drupal , vip", ("vip", "drupal")),
        ("vip,vip", ("vip",)),
    ],
)
def test_named_layers_are_reset_in_the_order_of_taking_down(layer, layers):
    assert reset.plan(layer, "hacloud", "hacloud") == reset.Plan(layers)


@pytest.mark.parametrize("layer", ["mysql", "vip,mysql", "vip,mysql,galera"])
def test_an_unknown_layer_is_named_and_nothing_is_reset(layer):
    plan = reset.plan(layer, "hacloud", "hacloud")
    assert plan.layers == ()
    assert plan.refusal.startswith("no layer mysql:")


@pytest.fixture
def directory(tmp_path, monkeypatch):
    monkeypatch.delenv("WEBHA_DRUPAL_TOKEN", raising=False)
    return tmp_path / "secrets"


def test_a_secret_is_made_once_and_kept(directory):
    first = secrets.secret("drupal_token", directory)
    assert len(first) >= 40
    assert secrets.secret("drupal_token", directory) == first
    assert secrets.secret("other_token", directory) != first


def test_nobody_else_can_read_a_secret(directory):
    before = os.umask(0)
    try:
        secrets.secret("drupal_token", directory)
    finally:
        os.umask(before)
    assert stat.S_IMODE((directory / "drupal_token").stat().st_mode) == 0o600
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert [one.name for one in directory.iterdir()] == ["drupal_token"]


def test_the_environments_secret_wins_and_is_not_written_down(directory, monkeypatch):
    kept = secrets.secret("drupal_token", directory)
    monkeypatch.setenv("WEBHA_DRUPAL_TOKEN", "from outside")
    assert secrets.secret("drupal_token", directory) == "from outside"
    monkeypatch.delenv("WEBHA_DRUPAL_TOKEN")
    assert secrets.secret("drupal_token", directory) == kept


def test_an_empty_variable_is_no_secret(directory, monkeypatch):
    monkeypatch.setenv("WEBHA_DRUPAL_TOKEN", "")
    assert len(secrets.secret("drupal_token", directory)) >= 40


def test_a_secret_put_there_by_hand_is_taken_without_its_newline(directory):
    directory.mkdir()
    (directory / "drupal_token").write_text("by hand\n")
    assert secrets.secret("drupal_token", directory) == "by hand"


def test_a_maker_that_comes_second_takes_the_firsts_secret(directory, monkeypatch):
    link = os.link

    def beaten(new, path):
        path.write_text("the first one's\n")
        link(new, path)

    monkeypatch.setattr(os, "link", beaten)
    assert secrets.secret("drupal_token", directory) == "the first one's"
    assert [one.name for one in directory.iterdir()] == ["drupal_token"]


def test_concurrent_makers_agree(directory):
    code = "import sys, pathlib; from webha.run.credentials import secret; sys.stdin.read(); print(secret('drupal_token', pathlib.Path(sys.argv[1])))"
    makers = [
        subprocess.Popen(
            [sys.executable, "-c", code, directory], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    for maker in makers:
        maker.stdin.close()
    said = {maker.stdout.read() for maker in makers}
    assert [maker.wait(10) for maker in makers] == [0] * 4
    assert said == {(directory / "drupal_token").read_text()}
