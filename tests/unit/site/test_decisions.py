"""What may be done about the site's releases: placed, run, left again."""

from dataclasses import replace

import pytest

from webha.drupal import Site
from webha.site import Volume, named, shown, to_begin, to_change, to_place, to_remove, to_return, unwell

from ..drupal.test_drupal import site as drupal

OLD, NEW = "11.1.9-aaaaaaaa", "11.2.10-bbbbbbbb"
SITE = drupal(tables=70, settings="ours", release="sha256:aaaaaaaa", version="11.1.9")
FLAT = Volume(
    mounted=True, flat=True, running=None, placed=(), dumped=(), before=None, schema=False, unfinished=False, holds=False, told=None
)  # fmt: skip
RUNS = replace(FLAT, flat=False, running=NEW, placed=(NEW, OLD), dumped=(OLD,), before=OLD, told=NEW)
DISK = replace(RUNS, running=f"{NEW}-local", told=f"{NEW}-local", here=(f"{NEW}-local",))


def of(one: Volume, **first):
    """Three nodes that see the same; the first holds the virtual IP."""
    return {"nodoha": replace(one, holds=True, **first), "nodoha2": one, "nodoha3": one}


@pytest.mark.parametrize(
    ("version", "checksum", "name"),
    [("11.2.10", "sha256:bbbbbbbb12", NEW), (None, "md5:0123456789", "site-01234567")],
)
def test_a_release_has_a_name_that_says_where_it_lies(version, checksum, name):
    assert named(version, checksum) == name
    assert named(version, checksum, local=True) == f"{name}-local"


@pytest.mark.parametrize(
    ("volume", "site", "action"),
    [
        (FLAT, drupal(code="none"), "unpack"),
        (FLAT, drupal(code="partial"), "unpack"),
        (RUNS, SITE, "nothing"),
        (FLAT, drupal(code="foreign"), "refuse"),
        (None, drupal(code="none"), "refuse"),
        (FLAT, None, "refuse"),
    ],
)
def test_the_first_release_is_for_a_volume_that_holds_none(volume, site, action):
    assert to_begin(volume, site).action == action


@pytest.mark.parametrize(
    ("volume", "site", "action"),
    [
        (FLAT, SITE, "place"),
        (RUNS, SITE, "nothing"),
        (replace(RUNS, placed=(OLD,)), SITE, "place"),
        (None, SITE, "refuse"),
        (FLAT, None, "refuse"),
        (replace(FLAT, mounted=False), SITE, "refuse"),
        (FLAT, replace(SITE, release=None), "refuse"),
        (FLAT, replace(SITE, tables=0), "refuse"),
        (FLAT, replace(SITE, installing=True), "refuse"),
        (FLAT, replace(SITE, code="partial"), "refuse"),
        (FLAT, replace(SITE, importing=True), "refuse"),
        (FLAT, replace(SITE, settings="foreign"), "refuse"),
        (FLAT, replace(SITE, settings="foreign", included=True), "place"),
    ],
)
def test_a_release_is_placed_beside_a_site_of_ours(volume: Volume, site: Site, action: str):
    assert to_place(volume, site, NEW, "sha256:bbbbbbbb").action == action


def test_the_release_at_the_volumes_top_is_not_placed_again():
    assert to_place(FLAT, SITE, OLD, "sha256:aaaaaaaa").action == "nothing"
    assert to_change(of(FLAT), SITE, OLD, "sha256:aaaaaaaa").action == "nothing"


@pytest.mark.parametrize(
    ("volumes", "action", "words"),
    [
        (of(FLAT), "change", "at the top of the volume runs"),
        (of(replace(RUNS, running=OLD, told=OLD)), "change", f"{OLD} runs"),
        (of(RUNS), "nothing", f"{NEW} runs"),
        (of(RUNS, told=OLD), "follow", "nodoha runs another release"),
        (of(RUNS, told=None), "follow", "nodoha runs another release"),
        (of(replace(RUNS, unfinished=True)), "change", "was cut off"),
        (of(DISK, here=()), "follow", "nodoha runs another release, or has not this one on its disk"),
        (of(FLAT) | {"nodoha2": None}, "refuse", "nodoha2 does not say"),
        (dict.fromkeys(("nodoha", "nodoha2"), FLAT), "refuse", "on no node, or on several"),
        (dict.fromkeys(("nodoha", "nodoha2"), replace(FLAT, holds=True)), "refuse", "on no node, or on several"),
    ],
)
def test_a_release_runs_on_all_nodes(volumes, action, words):
    local = any(one is not None and one.running == DISK.running for one in volumes.values())
    verdict = to_change(volumes, SITE, DISK.running if local else NEW, "sha256:bbbbbbbb")
    assert verdict.action == action
    assert words in verdict.reason


@pytest.mark.parametrize(
    ("one", "release", "confirmed", "action", "words"),
    [
        (RUNS, None, False, "change", "was not changed by the update"),
        (RUNS, OLD, False, "change", "was not changed by the update"),
        (RUNS, NEW, False, "nothing", f"{NEW} runs"),
        (RUNS, "1.0.0-cccccccc", True, "refuse", f"no release 1.0.0-cccccccc on the volume: there are {NEW}, {OLD}"),
        (replace(RUNS, schema=True), None, False, "refuse", "repeat with --data confirm="),
        (replace(RUNS, schema=True), None, True, "restore", f"goes back with the release {OLD}"),
        (replace(RUNS, schema=True, dumped=()), None, True, "refuse", "was not kept"),
        (replace(RUNS, before=None), None, True, "refuse", "no release before this one"),
        (replace(RUNS, before=None, returned=True), None, False, "nothing", "which was gone back to"),
        (replace(RUNS, before=None), OLD, False, "refuse", "repeat with --data confirm="),
        (replace(RUNS, unfinished=True), None, False, "change", "was cut off"),
        (FLAT, None, True, "refuse", "there is none"),
    ],
)
def test_the_way_back(one, release, confirmed, action, words):
    verdict = to_return(of(one), SITE, release, confirmed)
    assert verdict.action == action
    assert words in verdict.reason


@pytest.mark.parametrize(
    ("keep", "before", "gone"),
    [(2, "d", ("c",)), (1, "d", ("b", "c")), (0, "d", ("a", "b", "c")), (0, None, ("a", "b", "c", "d")), (9, None, ())],
)
def test_releases_of_before_go_but_for_the_newest_and_the_one_that_was_left(keep, before, gone):
    volume = replace(RUNS, placed=(NEW, "a", "b", "c", "d"), before=before)
    assert to_remove(volume, keep) == gone
    assert to_remove(replace(volume, unfinished=True), keep) == ()
    assert to_remove(None, keep) == ()


@pytest.mark.parametrize(
    ("volumes", "words"),
    [
        (of(FLAT), []),
        (of(RUNS), []),
        (of(DISK), []),
        (of(DISK, here=()), ["nodoha: the release 11.2.10-bbbbbbbb-local is not on its disk"]),
        (of(RUNS, told=OLD), [f"nodoha: its Apache was told of the release {OLD}, {NEW} runs"]),
        (of(replace(RUNS, unfinished=True)), ["an update of the site was cut off"]),
        (of(replace(DISK, mounted=False, here=())), []),
        (of(FLAT) | {"nodoha2": None}, ["nodoha2: unknown, which release"]),
    ],
)
def test_what_is_wrong_with_the_release_is_said(volumes, words):
    found = unwell(volumes)
    assert len(found) == len(words)
    assert all(one.startswith(word) for one, word in zip(found, words, strict=True)), found


def test_the_status_shows_the_release():
    assert shown(of(RUNS).values()) == NEW
    assert shown([FLAT, None]) == ""
