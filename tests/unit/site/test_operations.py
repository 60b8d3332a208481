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

from ..drupal.test_release import release as archive
from ..stubs import NAMES, given, perform
from .test_decisions import FLAT, NEW, OLD, RUNS, SITE, of

WHERE = Where("/srv/www", "10.0.0.250", "drupal", "drupal")
WANTED = Wanted(Release("/srv/new.tar", None), NEW, "sha256:bbbbbbbb")


def placed(volume, one: Wanted):
    return perform(site.placed, one, WHERE, facts={Releases: volume, Drupal: SITE})


def test_a_release_is_sent_and_unpacked_once(tmp_path: Path):
    path = archive(tmp_path / "drupal-11.2.10.tar.gz")
    one = wanted(Release(str(path), None))
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
    assert wanted(Release(url, checksum)).name == name


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
        return "" if what["do"] == "follow" else f"3 updates\n{json.dumps(self.told)}"


def run(operation, volumes, *arguments, **named):
    """Perform it as pyinfra does: what is a function is called before the next one is asked for."""
    outcome = []
    peers = dict(zip(NAMES, volumes.values(), strict=True))
    facts = {Releases: next(iter(volumes.values())), Drupal: SITE}

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


def test_releases_that_are_too_many_go():
    volume = replace(RUNS, placed=(NEW, OLD, "a", "b"))
    done = perform(site.kept, 2, WHERE, facts={Releases: volume})
    assert json.loads(done.stdin) == {"do": "remove", "releases": ["b"]}
    assert perform(site.kept, 3, WHERE, facts={Releases: volume}).idle
