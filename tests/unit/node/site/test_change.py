"""From one release to another, and back: whatever fails, and wherever the power goes."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webha_node.site import change, journal, layout, placing

from .volume import NEW, OLD, Cut, Site, archive, volume

LONGEST = 20  # steps of a change


@pytest.fixture
def root(tmp_path):
    return placed(tmp_path)


def placed(path):
    (path / "www").mkdir()
    root = volume(path / "www")
    placing.place(root, archive(path / "new.tar.gz", NEW), NEW, {"version": "11.2.10", "checksum": "sha256:bbbbbbbb"})
    return root


def served(root):
    return (root / "index.php").read_text(), (root / "core/lib/Drupal.php").read_text()


def runs(root, release):
    assert served(root) == (f"{release} index.php", f"{release} core/lib/Drupal.php")
    assert json.loads((root / layout.MARKER).read_text())["version"] == release.partition("-")[0]


def changed(site):
    return change.change(site, NEW, OLD, lambda _: None)


def test_the_new_release_runs_with_its_database(root):
    site = Site(root)
    runs(root, OLD)
    assert changed(site).phase == "done"
    runs(root, NEW)
    assert (site.database, site.closed, site.closed_while_updating) == ("new", False, True)
    assert change.dump_of(root, OLD).read_text() == "old"
    assert (root / "sites/default/settings.php").read_text() == "ours"
    assert (root / layout.RELEASES / NEW / "sites/default/settings.php").read_text() == "ours"


def test_without_updates_the_site_is_not_closed(root):
    site = Site(root, updates=0, fails="close")
    assert changed(site).phase == "done"
    runs(root, NEW)


def test_a_site_that_somebody_closed_stays_closed(root):
    site = Site(root)
    site.closed = True
    assert changed(site).phase == "done"
    assert site.closed


@pytest.mark.parametrize("step", ["settle", "dump", "update", "updated", f"rebuild {NEW}", "answers", "close"])
def test_what_fails_goes_back_and_says_why(root, step):
    site = Site(root, fails=step)
    ended = changed(site)
    assert (ended.phase, ended.why) == ("returned", f"{step} failed")
    runs(root, OLD)
    assert (site.database, site.closed) == ("old", False)


def test_code_that_cannot_run_here_changes_nothing(root):
    site = Site(root)
    site.look = lambda _: change.Looked([], ["PHP is too old"], closed=False)
    with pytest.raises(change.ChangeError, match="cannot run here: PHP is too old"):
        changed(site)
    assert journal.read(root) is None
    assert layout.flat(root)


@pytest.mark.parametrize("restored", [True, False])
def test_going_back_on_purpose(root, restored):
    site = Site(root, updates=3 if restored else 0)
    changed(site)
    if restored:
        assert change.roll_back(site, OLD).phase == "returned"
    else:
        site.database = "old"
        assert change.change(site, OLD, OLD, lambda _: None).phase == "done"
    runs(root, OLD)
    assert (site.database, site.closed) == ("old", False)
    assert change.dump_of(root, NEW).exists()


@pytest.mark.parametrize("broken", ["look", "close"])
def test_code_that_does_not_run_any_more_can_be_left(root, broken):
    site = Site(root)
    changed(site)
    site.fails = broken
    assert change.roll_back(site, OLD).phase == "returned"
    runs(root, OLD)
    assert (site.database, site.closed) == ("old", False)


def test_there_is_no_way_back_to_a_database_that_was_not_kept(root):
    site = Site(root)
    changed(site)
    change.dump_of(root, OLD).unlink()
    with pytest.raises(change.ChangeError, match="no database of the release"):
        change.roll_back(site, OLD)
    runs(root, NEW)


@given(st.integers(1, LONGEST), st.integers(1, LONGEST), st.sampled_from([0, 3]))
@settings(deadline=None)
def test_wherever_the_power_goes_the_next_run_ends_in_one_release_with_its_database(
    tmp_path_factory, first, second, updates
):
    root = placed(tmp_path_factory.mktemp("v"))
    site = Site(root, updates=updates, cut=first)
    for cut in (first, second, -1):
        site.cut, site.steps = cut, 0
        try:
            entry = journal.read(root)
            if entry is not None and entry.unfinished:
                ended = change.back(site, entry)
                runs(root, NEW if ended.phase == "done" else OLD)
                assert (site.database, site.closed) == ("new" if ended.phase == "done" else "old", False)
                assert ended.phase == "done" or site.rows == site.acknowledged
            if layout.running(root) != NEW:
                assert changed(site).phase == "done"
        except Cut:
            assert served(root) in [(f"{one} index.php", f"{one} core/lib/Drupal.php") for one in (OLD, NEW)]
    runs(root, NEW)
    assert (site.database, site.closed) == ("new" if updates else "old", False)
    assert site.rows == site.acknowledged


def test_once_visitors_come_again_nothing_of_theirs_is_given_up(root):
    """The power goes when the site is open and before that is written down."""
    site = Site(root)
    placed_steps = [
        "look",
        "close",
        "closed",
        "settle",
        "dump",
        "reload",
        "update",
        "updated",
        "rebuild",
        "answers",
        "open",
        "opened",
    ]
    site.cut = placed_steps.index("opened") + 1
    with pytest.raises(Cut):
        changed(site)
    entry = journal.read(root)
    assert entry.phase == "opening"
    site.cut = -1
    for _ in range(3):
        site.step("a visitor writes")
    assert change.back(site, entry).phase == "done"
    runs(root, NEW)
    assert (site.database, site.rows) == ("new", site.acknowledged)


@given(st.integers(1, LONGEST), st.integers(1, LONGEST))
@settings(deadline=None)
def test_wherever_the_power_goes_on_the_way_back_the_next_run_ends_in_one_release_with_its_database(
    tmp_path_factory, first, second
):
    root = placed(tmp_path_factory.mktemp("v"))
    site = Site(root)
    changed(site)
    asked = False
    for cut in (first, second, -1):
        site.cut, site.steps = cut, 0
        try:
            entry = journal.read(root)
            if entry is not None and entry.unfinished:
                change.back(site, entry)
            if layout.running(root) == NEW:
                asked = True
                change.roll_back(site, OLD)
        except Cut:
            assert served(root) in [(f"{one} index.php", f"{one} core/lib/Drupal.php") for one in (OLD, NEW)]
    assert asked
    runs(root, OLD)
    assert (site.database, site.closed) == ("old", False)


def test_a_way_back_that_cannot_begin_opens_the_site_again(root):
    site = Site(root)
    changed(site)
    site.fails = "dump"
    with pytest.raises(change.ChangeError, match="nothing was changed: dump failed"):
        change.roll_back(site, OLD)
    runs(root, NEW)
    assert (site.database, site.closed) == ("new", False)
    assert not journal.read(root).unfinished


def test_an_adoption_that_was_cut_off_is_seen_and_finished(root, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(change, "adopt", lambda *_: (_ for _ in ()).throw(Cut))
        with pytest.raises(Cut):
            changed(Site(root))
    entry = journal.read(root)
    assert (entry.phase, entry.unfinished) == ("adopting", True)
    assert change.back(Site(root), entry).phase == "returned"
    runs(root, OLD)
    assert not layout.flat(root)
