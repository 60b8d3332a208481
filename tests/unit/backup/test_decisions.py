"""What may be done with a repository and a site, and what of restore points is not well."""

from dataclasses import replace

import pytest

from webha import backup
from webha.backup import Drill, Failure, Logs, Made, Points
from webha.drupal import Site

NOW = 1_800_000_000.0
NAMES = ("a", "b", "c")
LAST = Made("0a1b2c3d", "b", NOW - 3600, NOW - 3610, "", 10, 5, 3, 7, 1_000_000)
WELL = Points(LAST, None, Drill(NOW - 86400, "c", "", 20), "repository", 40, writable=True, installed=True)
NEW = Points(None, None, None, "empty", 1, writable=True, installed=True)
SITE = Site(True, "complete", "sha256:x", True, True, 5, False, None, True)
EMPTY = replace(SITE, code="none", tables=0)


def seen(*each):
    return dict(zip(NAMES, each, strict=True))


def test_a_repository_is_made_in_a_folder_that_is_empty_everywhere():
    assert backup.to_begin(seen(NEW, NEW, NEW), "/b", SITE).action == "begin"


def test_none_is_made_where_no_site_is_or_one_is_there():
    assert backup.to_begin(seen(NEW, NEW, NEW), "/b", EMPTY).action == "nothing"
    assert backup.to_begin(seen(WELL, WELL, WELL), "/b", SITE).action == "nothing"


def test_a_target_that_is_asked_by_nobody_is_begun_once_and_another_one_anew():
    far = replace(NEW, target="remote")
    assert backup.to_begin(seen(far, far, far), "s3:https://h/b", SITE).action == "begin"
    assert (
        backup.to_begin(seen(*(replace(far, begun="s3:https://h/b"),) * 3), "s3:https://h/b", SITE).action == "nothing"
    )
    assert backup.to_begin(seen(*(replace(far, begun="/b", last=LAST),) * 3), "s3:https://h/b", SITE).action == "begin"
    assert backup.to_begin(seen(*(replace(NEW, begun="/a", last=LAST),) * 3), "/b", SITE).action == "begin"
    assert backup.unwell(seen(*(replace(WELL, target="remote", full=None),) * 3), "s3:https://h/b", NOW, 30) == []
    assert backup.to_restore(EMPTY, False, "ha", "s3:https://h/b", far).action == "restore"


def test_points_are_listed_with_age_and_size():
    one = {"id": "0a1b2c3d", "when": 1_800_000_000.0, "time": "", "tags": ["webha", "at=1800000000.000"]}
    said = "restore point 0a1b2c3d of 2027-01-15 08:00:00 UTC, 3 hours ago"
    assert backup.listed(one, NOW + 3 * 3600) == said
    more = {**one, "tags": [*one["tags"], "size=12345678", "torn", "before-restore"]}
    assert backup.listed(more, NOW + 3 * 3600) == (
        f"{said}, 12 MB (what was there before a restore, database and files not of one moment)"
    )


def test_a_drill_of_a_time_to_come_is_said():
    ahead = replace(WELL, drill=Drill(NOW + 86400, "c", "", 20))
    assert backup.unwell(seen(ahead, ahead, ahead), "/b", NOW, 30)[0].startswith(
        "c: the last drill is of a time 24 hours ahead"
    )


@pytest.mark.parametrize(
    ("states", "words"),
    [
        ((replace(NEW, last=LAST, begun="/b"),) * 3, "has no repository (any more)"),
        ((NEW, None, NEW), "how /b is seen from b is unknown"),
        ((NEW, replace(NEW, target="absent"), NEW), "b: /b is not there"),
        ((WELL, replace(NEW, last=LAST), WELL), "b see no repository there"),
        ((replace(NEW, last=LAST),) * 3, "has no repository (any more)"),
        ((replace(NEW, target="filled"),) * 3, "a: /b holds something else"),
        ((NEW, NEW, replace(NEW, writable=False)), "c: /b cannot be written"),
    ],
)
def test_a_place_that_is_none_is_refused(states, words):
    verdict = backup.to_begin(seen(*states), "/b", SITE)
    assert verdict.action == "refuse"
    assert words in verdict.reason


def test_a_point_comes_back_onto_what_is_empty_or_where_that_was_said():
    assert backup.to_restore(EMPTY, False, "ha", "/b", WELL).action == "restore"
    assert backup.to_restore(SITE, True, "ha", "/b", WELL).action == "replace"
    asked = backup.to_restore(SITE, False, "ha", "/b", WELL)
    assert (asked.action, "confirm=ha" in asked.reason) == ("refuse", True)
    for unseen in (replace(EMPTY, tables=None), replace(EMPTY, mounted=False)):  # which is not absent
        asked = backup.to_restore(unseen, False, "ha", "/b", WELL)
        assert (asked.action, "does not see whether a site is here" in asked.reason) == ("refuse", True)
        assert backup.to_restore(unseen, True, "ha", "/b", WELL).action == "replace"
    for site, state in ((None, WELL), (SITE, None), (SITE, replace(WELL, target="empty"))):
        assert backup.to_restore(site, True, "ha", "/b", state).action == "refuse"


def test_what_is_well_has_no_problem_and_says_what_there_is():
    assert backup.unwell(seen(WELL, WELL, WELL), "/b", NOW, 30) == []
    assert backup.shown(seen(None, WELL, WELL), NOW).startswith("last point 0a1b2c3d, 60 minutes ago (3 files, 7 rows")


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (replace(WELL, target="absent"), "/b has no repository"),
        (replace(WELL, writable=False), "/b cannot be written"),
        (replace(WELL, full=backup.FULL), "/b is 90 % full"),
        (replace(WELL, installed=False), "no timer makes restore points"),
        (replace(WELL, failed=Failure(NOW, "b", "it is full")), "b: the last backup came to nothing: it is full"),
        (replace(WELL, last=None), "no restore point was made yet"),
        (replace(WELL, last=replace(LAST, when=NOW - 31 * 3600)), "the last restore point is 31 hours old"),
        (replace(WELL, last=replace(LAST, why="a request")), "are not of one moment: a request"),
        (replace(WELL, drill=None), "was ever restored to try it"),
        (replace(WELL, drill=Drill(NOW, "c", "x is damaged", 1)), "c: the last drill failed: x is damaged"),
        (replace(WELL, drill=Drill(NOW - 9 * 86400, "c", "", 1)), "the last drill was 9 days ago"),
    ],
)
def test_each_problem_is_said(state, words):
    assert any(words in line for line in backup.unwell(seen(state, state, state), "/b", NOW, 30))


def test_a_node_that_did_not_say_is_unknown():
    assert backup.unwell(seen(WELL, None, WELL), "/b", NOW, 30) == ["b: unknown, the volume or /b did not say in time"]


SAVED = {name: Logs(NOW - 120, "") for name in NAMES}
WANTED = "its binary logs were not saved yet, which galera_binlog wants every 5 minutes"


@pytest.mark.parametrize(
    ("logs", "minutes", "words"),
    [
        (SAVED, 5, None),
        ({}, 0, None),
        (SAVED | {"b": Logs(NOW - 9999, "")}, 0, None),
        ({name: SAVED[name] for name in "ac"}, 5, f"b: {WANTED}"),
        (
            SAVED | {"b": Logs(NOW - 3600, "")},
            5,
            "b: its binary logs were saved 60 minutes ago, every 5 minutes is wanted",
        ),
        (SAVED | {"c": Logs(NOW - 60, "/b is full")}, 5, "c: its binary logs could not be saved: /b is full"),
        (SAVED | {"c": Logs(0, "/b is full")}, 5, f"c: {WANTED}: /b is full"),
    ],
)
def test_binary_logs_are_missed_where_they_are_wanted(logs, minutes, words):
    said = backup.unwell(seen(*(replace(WELL, logs=logs),) * 3), "/b", NOW, 30, minutes)
    assert len(said) == (words is not None)
    assert words is None or words in said[0]
