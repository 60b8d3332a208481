"""Releases on each node's own disk: the same everywhere, and the first one of an empty volume."""

import json
import os
import shutil

import pytest

from webha_node.site import beginning, change, layout, placing, spreading

from .volume import CODE, NEW, OLD, Site, archive, tree, volume

LOCAL = f"{NEW}{layout.ON_DISK}"


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setattr(layout, "LOCAL", tmp_path / "disk")
    (tmp_path / "www").mkdir()
    return volume(tmp_path / "www")


def place(root, release=LOCAL, **more):
    path = archive(root.parent / "a.tar.gz", release, **more)
    placing.place(root, path, release, {"version": release.partition("-")[0]})
    return layout.home(root, release)


def changed(site, new=LOCAL):
    return change.change(site, new, OLD, lambda _: None)


def another_node():
    shutil.rmtree(layout.LOCAL)


def test_a_release_of_the_nodes_disks_runs_from_there(root):
    home = place(root)
    assert home.parent == layout.LOCAL
    assert (root / layout.RELEASES / f"{LOCAL}.tar.gz").exists()
    assert changed(Site(root, updates=0)).phase == "done"
    assert layout.running(root) == LOCAL
    assert (root / "core/lib/Drupal.php").resolve() == home / "core/lib/Drupal.php"
    assert (home / "sites/default/settings.php").read_text() == "ours"
    assert not layout.flat(root)


def test_and_goes_back_to_the_volume_and_returns(root):
    site = Site(root, updates=0)
    place(root)
    changed(site)
    assert change.change(site, OLD, OLD, lambda _: None).phase == "done"
    assert (root / "index.php").read_text() == f"{OLD} index.php"
    assert changed(site).phase == "done"
    assert layout.running(root) == LOCAL


def test_another_node_unpacks_the_same_bytes_once(root):
    tree(root, "mine", ("modules/contrib/x/x.module",))
    home = place(root)
    before = {path.relative_to(home): path.read_bytes() for path in home.rglob("*") if path.is_file()}
    changed(Site(root, updates=0))
    another_node()
    assert spreading.lacking(root, LOCAL)
    spreading.spread(root, LOCAL)
    assert {path.relative_to(home): path.read_bytes() for path in home.rglob("*") if path.is_file()} == before
    assert not spreading.lacking(root, LOCAL)
    (home / "index.php").write_text("as it is")
    spreading.spread(root, LOCAL)
    assert (home / "index.php").read_text() == "as it is"


def test_what_was_cut_off_there_is_unpacked_anew(root):
    home = place(root)
    (layout.LOCAL / f"{LOCAL}.json").unlink()
    (home / "index.php").unlink()
    spreading.spread(root, LOCAL)
    assert (home / "index.php").exists()


def test_a_release_that_the_volume_has_lost_is_said(root):
    place(root)
    another_node()
    spreading.file_of(root, LOCAL).unlink()
    assert not spreading.lacking(root, LOCAL)
    with pytest.raises(layout.LayoutError, match="is not on this node's disk: run tasks/site"):
        spreading.spread(root, LOCAL)


def test_one_that_cannot_be_unpacked_leaves_nothing(root):
    place(root)
    another_node()
    spreading.file_of(root, LOCAL).write_text("broken")
    with pytest.raises(layout.LayoutError, match="tar of a release failed"):
        spreading.spread(root, LOCAL)
    assert [one.name for one in layout.LOCAL.iterdir()] == [".lock"]


def test_removed_it_is_gone_from_both(root):
    place(root)
    placing.remove(root, LOCAL)
    assert list(layout.LOCAL.iterdir()) == []
    assert list((root / layout.RELEASES).iterdir()) == []


@pytest.fixture
def empty(root, monkeypatch):
    monkeypatch.setattr(shutil, "chown", lambda *_, **__: None)
    shutil.rmtree(root)
    (root / layout.RELEASES).mkdir(parents=True)
    return root


SITES = (*CODE, "sites/default/settings.php", "sites/default/files/a.png")


@pytest.mark.parametrize("release", [NEW, LOCAL])
@pytest.mark.parametrize("docroot", ["", "web"])
def test_the_first_release_of_an_empty_volume(empty, release, docroot):
    place(empty, release, names=SITES, docroot=docroot)
    beginning.begin(empty, release)
    assert (empty / "index.php").read_text() == f"{release} index.php"
    settings = empty / "sites/default/settings.php"
    assert settings.read_text() == f"{release} sites/default/settings.php"
    assert settings.stat().st_mode & 0o777 == 0o640
    assert not (empty / "sites").is_symlink()
    served = layout.home(empty, release) / docroot
    assert (served / "sites/default/files/a.png").resolve() == empty / "sites/default/files/a.png"
    assert json.loads((empty / layout.MARKER).read_text())["version"] == "11.2.10"
    assert not (empty / beginning.STAGING).exists()


def test_a_beginning_that_was_cut_off_goes_on(empty, monkeypatch):
    place(empty, names=SITES)
    with monkeypatch.context() as patch:
        patch.setattr(layout, "switch", lambda *_: (_ for _ in ()).throw(OSError("cut")))
        with pytest.raises(OSError, match="cut"):
            beginning.begin(empty, LOCAL)
    assert (empty / beginning.STAGING).is_dir()
    assert not (empty / layout.MARKER).exists()
    beginning.begin(empty, LOCAL)
    assert layout.running(empty) == LOCAL


def test_a_name_of_somebodys_stops_it(empty):
    place(empty)
    (empty / "robots.txt").write_text("mine")
    with pytest.raises(layout.LayoutError, match="is there already, and not from this release"):
        beginning.begin(empty, LOCAL)
    assert not os.path.lexists(empty / layout.CURRENT)


def test_a_daemons_own_mask_takes_nothing_from_the_web_server(root):
    place(root)
    another_node()
    before = os.umask(0o077)
    try:
        spreading.spread(root, LOCAL)
    finally:
        os.umask(before)
    for path in (layout.LOCAL, layout.LOCAL / LOCAL, layout.LOCAL / LOCAL / "core"):
        assert path.stat().st_mode & 0o777 == 0o755


def test_another_release_of_the_same_name_is_not_taken_for_it(root):
    """A node that was away while it was removed, and placed anew with other modules."""
    home = place(root)
    before = json.loads((layout.LOCAL / f"{LOCAL}.json").read_text())
    layout.describe(root, LOCAL, layout.described(root, LOCAL) | {spreading.DIGEST: "another"})
    assert not spreading.here(root, LOCAL)
    assert spreading.lacking(root, LOCAL)
    layout.describe(root, LOCAL, layout.described(root, LOCAL) | before)
    assert spreading.here(root, LOCAL)
    assert home.exists()


def test_what_is_kept_of_another_place_is_roots_alone(root):
    home = place(root, names=(*CODE, "sites/default/settings.php"))
    assert (home / layout.OWN_SITES).stat().st_mode & 0o777 == 0o700
    assert spreading.file_of(root, LOCAL).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["../x", "a/b", ".x-local", "/etc"])
def test_no_name_of_a_release_leads_elsewhere(root, name):
    with pytest.raises(layout.LayoutError, match="is no name of a release"):
        layout.home(root, name)


def test_a_releases_own_sites_is_not_served(root):
    place(root, names=(*CODE, "sites/default/default.settings.php"))
    changed(Site(root, updates=0))
    assert (layout.home(root, LOCAL) / layout.OWN_SITES).is_dir()
    assert not os.path.lexists(root / layout.OWN_SITES)
