"""Releases on the volume: what the code at the top becomes, what stays somebody's, and that no moment serves two."""

import json
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webha_node.site import layout, placing

from .volume import CODE, NEW, OLD, Cut, archive, tree, volume


@pytest.fixture
def root(tmp_path):
    (tmp_path / "www").mkdir()
    return volume(tmp_path / "www")


def place(root, tmp_path, release=NEW, **more):
    placing.place(root, archive(tmp_path / "a.tar.gz", release, **more), release, {"version": release})
    return root / layout.RELEASES / release


def test_a_placed_release_changes_nothing_that_is_served(root, tmp_path):
    home = place(root, tmp_path)
    assert layout.flat(root)
    assert (root / "index.php").read_text().startswith(OLD)
    assert (home / "sites").resolve() == root / "sites"
    assert [path for path in home.rglob("*") if not path.is_symlink() and path.stat().st_mode & 0o022] == []


def test_what_is_placed_is_not_placed_again(root, tmp_path):
    home = place(root, tmp_path)
    (home / "index.php").write_text("as it is")
    place(root, tmp_path)
    assert (home / "index.php").read_text() == "as it is"


def test_what_was_cut_off_is_placed_anew(root, tmp_path):
    home = place(root, tmp_path)
    (home / "core/lib/Drupal.php").unlink()
    (root / layout.RELEASES / f"{NEW}.json").unlink()
    place(root, tmp_path)
    assert (home / "core/lib/Drupal.php").exists()


@pytest.mark.parametrize("docroot", ["web", "docroot"])
def test_a_projects_folder_is_served_and_the_rest_is_not(root, tmp_path, docroot):
    archive(tmp_path / "a.tar.gz", NEW, docroot=docroot)
    place(root, tmp_path, docroot=docroot)
    layout.adopt(root, OLD, layout.names(root, NEW))
    layout.switch(root, NEW)
    assert (root / "index.php").read_text() == f"{NEW} index.php"
    assert (root / layout.RELEASES / NEW / docroot / "sites").resolve() == root / "sites"


def test_what_is_no_drupal_is_refused(root, tmp_path):
    with pytest.raises(layout.LayoutError, match=r"no index\.php, neither"):
        place(root, tmp_path, names=("readme.txt",))
    assert layout.flat(root)


@pytest.mark.parametrize(
    "links",
    [
        {"x": "/etc/passwd"},
        {"core/x": "../../y"},
        {"x": ".."},
        {"p/q/d": "../..", "x": "p/q/d/../../../secret"},
        {"x": "p/q/d/../../../secret", "p/q/d": "../.."},
        {"core/up": "../core", "core/up/x": "../../../y"},
    ],
)
def test_an_archive_whose_links_lead_out_of_it_is_refused(root, tmp_path, links):
    with pytest.raises(layout.LayoutError, match="leads out of it"):
        place(root, tmp_path, links=links)


def test_links_within_a_release_are_kept(root, tmp_path):
    home = place(root, tmp_path, links={"vendor/bin/drush": "../autoload.php"})
    assert (home / "vendor/bin/drush").read_text() == f"{NEW} vendor/autoload.php"


def test_what_is_not_the_releases_stays_at_the_top(root, tmp_path):
    (root / "google1.html").write_text("proof")
    place(root, tmp_path)
    layout.adopt(root, OLD, layout.names(root, NEW))
    layout.switch(root, NEW)
    assert (root / "google1.html").read_text() == "proof"
    assert not (root / "google1.html").is_symlink()


def test_a_name_of_somebodys_is_not_taken_from_him(root, tmp_path):
    place(root, tmp_path)
    layout.adopt(root, OLD, layout.names(root, NEW))
    (root / "robots.txt").unlink()
    (root / "robots.txt").write_text("mine")
    layout.switch(root, NEW)
    assert (root / "robots.txt").read_text() == "mine"


def test_modules_that_come_along_are_code(root, tmp_path):
    """Nobody else may write them, and none of them becomes somebody."""
    tree(root, "mine", ("modules/x/x.module", "modules/x/bin/x"))
    (root / "modules/x").chmod(0o777)
    (root / "modules/x/bin/x").chmod(0o6777)
    home = place(root, tmp_path)
    assert (home / "modules/x").stat().st_mode & 0o7777 == 0o755
    assert (home / "modules/x/bin/x").stat().st_mode & 0o7777 == 0o755
    assert (home / "modules/x/x.module").stat().st_mode & 0o7777 == 0o644


def test_large_files_are_written_as_they_are_read(root, tmp_path, monkeypatch):
    monkeypatch.setattr(placing, "_LARGE", 4)
    home = place(root, tmp_path)
    assert (home / "core/lib/Drupal.php").read_text() == f"{NEW} core/lib/Drupal.php"


def test_modules_come_along_to_a_release_that_is_core_alone(root, tmp_path):
    tree(root, "mine", ("modules/contrib/x/x.module", "themes/y/y.theme"))
    home = place(root, tmp_path)
    assert (home / "modules/contrib/x/x.module").read_text().startswith("mine")
    assert (home / "themes/y/y.theme").exists()


def test_a_project_with_modules_is_whole_as_it_is(root, tmp_path):
    tree(root, "mine", ("modules/contrib/x/x.module",))
    home = place(root, tmp_path, names=(*CODE, "modules/contrib/z/z.module"))
    assert not (home / "modules/contrib/x").exists()


def test_names_that_only_one_release_has_come_and_go(root, tmp_path):
    place(root, tmp_path, names=(*CODE, "new.txt"))
    layout.adopt(root, OLD, layout.names(root, NEW))
    layout.switch(root, NEW)
    assert (root / "new.txt").read_text() == f"{NEW} new.txt"
    layout.switch(root, OLD)
    assert not os.path.lexists(root / "new.txt")
    assert json.loads((root / layout.MARKER).read_text())["version"] == "11.1.9"


def test_a_link_of_somebodys_in_our_place_is_refused(root):
    (root / layout.CURRENT).mkdir()
    with pytest.raises(layout.LayoutError, match="is no link of ours"):
        layout.running(root)


@given(st.integers(0, 40))
@settings(deadline=None)
def test_an_adoption_that_is_cut_off_goes_on(tmp_path_factory, moves):
    """At each rename; what is served meanwhile is the old release, or one name of it is missing."""
    path = tmp_path_factory.mktemp("v")
    (path / "www").mkdir()
    root = volume(path / "www")
    place(root, path)
    left = [moves]

    def rename(old, new, real=os.rename):
        if left[0] == 0:
            raise Cut
        left[0] -= 1
        return real(old, new)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "rename", rename)
        try:
            layout.adopt(root, OLD, layout.names(root, NEW))
        except Cut:
            assert layout.flat(root) or not (root / layout.CURRENT).exists()
    missing = [name for name in CODE if not (root / name).exists()]
    assert len({name.split("/")[0] for name in missing}) <= 1
    if layout.flat(root):
        layout.adopt(root, layout.running(root) or OLD, layout.names(root, NEW))
    assert all((root / name).read_text() == f"{OLD} {name}" for name in CODE)
    assert not layout.flat(root)
    assert list(root.glob(".webha-new*")) == []


def test_a_release_that_does_not_run_is_removed_whole_and_the_running_one_never(root, tmp_path):
    place(root, tmp_path)
    layout.adopt(root, OLD, layout.names(root, NEW))
    layout.switch(root, NEW)
    (root / layout.RELEASES / f"{OLD}.sql.gz").write_text("dump")
    placing.remove(root, OLD)
    assert [one.name for one in (root / layout.RELEASES).iterdir() if OLD in one.name] == []
    assert (root / "sites/default/settings.php").read_text() == "ours"
    with pytest.raises(layout.LayoutError, match="runs"):
        placing.remove(root, NEW)
