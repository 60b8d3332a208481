"""What is done about the site's releases: on which node, and what is said of how it ended."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from webha.drupal import Release, digest
from webha.drupal.facts import Drupal
from webha.site import operations as site
from webha.site.facts import Releases
from webha.site.release import Wanted, wanted
from webha.site.state import Where

from ..drupal.test_drupal import site as drupal
from ..drupal.test_release import release as archive
from ..stubs import NAMES, given, perform
from .test_decisions import FLAT, NEW, OLD, RUNS, SITE, of

WHERE = Where("/srv/www", "10.0.0.250", "drupal", "drupal")
WANTED = Wanted(Release("/srv/new.tar", None), NEW, "sha256:bbbbbbbb")


def placed(volume, one: Wanted):
    return perform(site.placed, one, WHERE, facts={Releases: volume, Drupal: SITE})


def test_a_release_is_sent_and_unpacked_once(tmp_path: Path):
    path = archive(tmp_path / "drupal-11.2.10.tar.gz")
    one = wanted(Release(str(path), None), local=False)
    assert one.name == f"site-{digest(path).partition(':')[2][:8]}"
    done = placed(FLAT, one)
    said = json.loads(given(done.commands[-1]))
    assert (said["do"], said["release"], said["what"]["checksum"]) == ("place", one.name, digest(path))
    assert given(done.commands[-2])
    assert placed(replace(FLAT, placed=(one.name,)), one).idle
    assert placed(None, one).refused


def test_another_archive_than_the_one_that_was_meant_reaches_no_node(tmp_path: Path):
    path = archive(tmp_path / "d.tar.gz")
    done = placed(FLAT, Wanted(Release(str(path), "sha256:" + "0" * 64), NEW, None))
    assert "has the checksum" in done.texts[-1]
    assert len(done.commands) == 2


@pytest.mark.parametrize(
    ("url", "checksum", "name"),
    [
        ("https://ftp.drupal.org/files/projects/drupal-11.4.7.tar.gz", "md5:0123456789", "11.4.7-01234567"),
        ("https://d.org/project.tar.gz", "sha256:89abcdef01", "site-89abcdef"),
    ],
)
def test_a_release_is_named_before_it_is_fetched(url, checksum, name):
    assert wanted(Release(url, checksum), local=False).name == name
    assert wanted(Release(url, checksum), local=True).name == f"{name}-local"


SITES = {Drupal: SITE}


class Cluster:
    """Three nodes that say how a change ended."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, told: dict[str, str]) -> None:
        self.asked: list[tuple[str, dict[str, object]]] = []
        self.told = told
        monkeypatch.setattr(site, "inventory", SimpleNamespace(get_host=lambda name: name))
        monkeypatch.setattr(site, "given", dict)
        monkeypatch.setattr(site, "done", self.done)
        monkeypatch.setattr(site, "say_at_end", lambda _: None)

    def done(self, name, command, _seconds, _more):
        what = json.loads(given(command))
        self.asked.append((name, what))
        return "" if what["do"] in ("follow", "spread", "begin") else f"3 updates\n{json.dumps(self.told)}"


def run(operation, volumes, *arguments, **named):
    """Perform it as pyinfra does: what is a function is called before the next one is asked for."""
    outcome = []
    peers = dict(zip(NAMES, volumes.values(), strict=True))
    facts = {Releases: next(iter(volumes.values()))} | SITES

    class Called(list):
        def __init__(self, commands):
            for one in commands:
                outcome.append(one)
                if hasattr(one, "function"):
                    one.function()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.unit.stubs.list", Called, raising=False)
        perform(operation, *arguments, facts=facts, peers=peers, **named)
    return outcome


def test_the_holder_changes_and_the_others_follow(monkeypatch: pytest.MonkeyPatch):
    cluster = Cluster(monkeypatch, {"running": NEW, "before": OLD, "why": ""})
    (command,) = run(site.changed, of(FLAT), WANTED, NAMES, WHERE)
    assert hasattr(command, "function")
    assert cluster.asked[0] == ("nodoha", {"do": "update", "release": NEW, "before": "11.1.9-aaaaaaaa"})
    assert sorted(cluster.asked[1:]) == [(name, {"do": "follow"}) for name in NAMES]


def test_a_change_that_went_back_fails_the_run_after_all_nodes_followed(monkeypatch: pytest.MonkeyPatch):
    cluster = Cluster(monkeypatch, {"running": OLD, "before": NEW, "why": "update 3 failed"})
    _, refusal = run(site.changed, of(FLAT), WANTED, NAMES, WHERE)
    assert f"the site is as before, the release {OLD} runs: update 3 failed" in refusal.get_raw_value()
    assert len(cluster.asked) == 1 + len(NAMES)


def test_where_the_release_runs_only_those_are_told_that_know_another(monkeypatch: pytest.MonkeyPatch):
    cluster = Cluster(monkeypatch, {})
    run(site.changed, of(RUNS, told=OLD), WANTED, NAMES, WHERE)
    assert sorted(cluster.asked) == [(name, {"do": "follow"}) for name in NAMES]
    cluster.asked.clear()
    assert run(site.changed, of(RUNS), WANTED, NAMES, WHERE) == []
    assert cluster.asked == []


@pytest.mark.parametrize(
    ("volume", "confirmed", "asked"),
    [
        (RUNS, False, {"do": "rollback", "release": OLD, "restore": False}),
        (replace(RUNS, schema=True), True, {"do": "rollback", "release": OLD, "restore": True}),
        (replace(RUNS, unfinished=True), False, {"do": "return"}),
    ],
)
def test_the_way_back_is_the_holders(monkeypatch: pytest.MonkeyPatch, volume, confirmed, asked):
    cluster = Cluster(monkeypatch, {"running": OLD, "before": NEW, "why": ""})
    run(site.returned, of(volume), None, NAMES, WHERE, confirmed=confirmed)
    assert cluster.asked[0] == ("nodoha", asked)


def test_releases_that_are_too_many_go(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(site, "given", dict)
    volume = replace(RUNS, placed=(NEW, OLD, "a", "b"))
    peers = dict.fromkeys(NAMES, volume)
    done = perform(site.kept, 2, NAMES, WHERE, peers=peers)
    assert json.loads(done.stdin) == {"do": "remove", "releases": ["b"]}
    assert perform(site.kept, 3, NAMES, WHERE, peers=peers).idle
    assert perform(site.kept, 2, NAMES, WHERE, peers=peers | {NAMES[0]: None}).idle


def test_each_node_removes_what_lies_on_its_own_disk(monkeypatch: pytest.MonkeyPatch):
    cluster = Cluster(monkeypatch, {})
    volume = replace(RUNS, placed=(NEW, OLD, "a", "b-local"), here=("b-local",))
    commands = run(site.kept, of(volume), 2, NAMES, WHERE)
    assert json.loads(given(commands[0])) == {"do": "remove", "releases": ["b-local"]}
    assert cluster.asked == [(name, {"do": "remove", "releases": ["b-local"]}) for name in NAMES[1:]]


def test_a_release_of_the_nodes_disks_is_on_all_of_them_before_one_runs_it(monkeypatch: pytest.MonkeyPatch):
    cluster = Cluster(monkeypatch, {"running": f"{NEW}-local", "before": OLD, "why": ""})
    local = Wanted(WANTED.release, f"{NEW}-local", None)
    run(site.changed, of(RUNS), local, NAMES, WHERE)
    assert sorted(cluster.asked[:3]) == [(name, {"do": "spread", "release": f"{NEW}-local"}) for name in NAMES]
    assert cluster.asked[3][1]["do"] == "update"


def test_the_first_release_of_the_nodes_disks(monkeypatch: pytest.MonkeyPatch):
    cluster = Cluster(monkeypatch, {})
    local = Wanted(WANTED.release, f"{NEW}-local", None)
    monkeypatch.setitem(SITES, Drupal, drupal(code="none"))
    run(site.begun, of(FLAT), local, NAMES, WHERE)
    assert sorted(cluster.asked[:3]) == [(name, {"do": "spread", "release": f"{NEW}-local"}) for name in NAMES]
    assert cluster.asked[3] == ("nodoha", {"do": "begin", "release": f"{NEW}-local"})
    assert sorted(cluster.asked[4:]) == [(name, {"do": "follow"}) for name in NAMES]
    monkeypatch.setitem(SITES, Drupal, SITE)
    assert run(site.begun, of(RUNS), local, NAMES, WHERE) == []
    assert run(site.begun, of(FLAT), None, NAMES, WHERE) == []
