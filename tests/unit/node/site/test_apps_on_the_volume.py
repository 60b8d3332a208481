"""What an application that is no Drupal shares lies at the top under a name of ours, and every release leads to it."""

import json

import pytest

from webha_node.site import apps, beginning, incoming, layout, outgoing, placing

from .volume import archive

CODE = (
    "index.php",
    "wp-settings.php",
    "wp-admin/index.php",
    "wp-includes/version.php",
    "wp-content/themes/a/style.css",
)
OLD, NEW = "6.8.3-aaaaaaaa", "6.8.4-bbbbbbbb"


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setattr(layout, "LOCAL", tmp_path / "disk")
    monkeypatch.setattr(beginning.shutil, "chown", lambda *_, **__: None)
    for folder in ("www", "www/.webha-releases", "disk"):
        (tmp_path / folder).mkdir()
    return tmp_path / "www"


def begun(root, release, names, more=()):
    path = archive(root.parent / f"{release}.tar.gz", release, (*names, *more))
    placing.place(root, path, release, {"checksum": release, "version": release})
    beginning.begin(root, release)


@pytest.mark.parametrize("local", ["", layout.ON_DISK])
def test_settings_and_uploads_are_those_of_all_releases(root, local):
    begun(root, OLD + local, CODE, ("wp-config.php", "wp-content/uploads/2026/a.png"))
    shared = root / ".webha-site"
    assert sorted(one.name for one in shared.iterdir()) == ["uploads"]
    assert (root / "wp-content/uploads/2026/a.png").read_text().endswith("a.png")
    (shared / "wp-config.php").write_text("ours")
    assert (root / "wp-config.php").read_text() == "ours"
    placing.place(
        root, archive(root.parent / "b.tar.gz", NEW, (*CODE, "new.php")), NEW + local, {"checksum": NEW, "version": NEW}
    )
    layout.switch(root, NEW + local)
    assert (root / "index.php").read_text() == f"{NEW} index.php"
    assert (root / "wp-config.php").read_text() == "ours"
    assert (root / "wp-content/uploads/2026/a.png").exists()
    assert json.loads((root / layout.MARKER).read_text())["version"] == NEW
    assert [path.name for path in incoming.uploads(root)] == ["2026"]


MINE = (
    "wp-content/plugins/mine/mine.php",
    "wp-content/plugins/single.php",
    "wp-content/mu-plugins/must.php",
    "wp-content/languages/es_ES.mo",
)


def test_what_is_no_cores_comes_along_to_a_core_alone(root):
    begun(root, OLD, CODE, (*MINE, "wp-content/plugins/akismet/old.php"))
    what = {"checksum": NEW, "version": NEW, "archive": "debian:6.8.4"}
    placing.place(root, archive(root.parent / "b.tar.gz", NEW, CODE), NEW, what)
    home = layout.home(root, NEW)
    assert all((home / name).read_text().startswith(OLD) for name in MINE)
    assert (home / "wp-content/themes/a/style.css").read_text().startswith(NEW)
    assert not (home / "wp-content/plugins/akismet").exists()


def test_and_not_to_a_folder_of_ones_own_from_which_it_was_taken(root):
    begun(root, OLD, CODE, MINE)
    what = {"checksum": NEW, "version": NEW, "archive": "project-1.tar"}
    placing.place(root, archive(root.parent / "b.tar.gz", NEW, CODE), NEW, what)
    assert not any((layout.home(root, NEW) / name).exists() for name in MINE)


def test_settings_beside_ours_come_in_and_those_in_their_place_do_not(root):
    begun(root, OLD, CODE, ("wp-config.php", "wp-config.local.php"))
    assert (root / ".webha-site/wp-config.local.php").read_text().startswith(OLD)
    assert not (root / ".webha-site/wp-config.php").exists()
    assert (root / ".webha-site/wp-config.local.php").stat().st_mode & 0o777 == 0o640


def test_what_a_docroot_of_ones_own_has_in_the_place_of_ours_is_left(root):
    begun(root, OLD, ("index.php", "webha.php", "sites/a.php"))
    assert not (root / ".webha-site/webha.php").exists()
    assert outgoing._names(layout.home(root, OLD), apps.PHP) == ["files", "index.php", "sites", "webha.php"]


def test_a_docroot_of_ones_own_is_served_from_public(root):
    begun(root, OLD, ("public/index.php", "src/Kernel.php", "public/files/a.png"))
    assert (root / "index.php").read_text() == f"{OLD} public/index.php"
    assert not (root / "src").exists()
    assert (root / "files/a.png").resolve() == root / ".webha-site/files/a.png"
