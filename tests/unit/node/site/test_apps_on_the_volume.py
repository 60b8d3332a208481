"""What an application that is no Drupal shares lies at the top under a name of ours, and every release leads to it."""

import json

import pytest

from webha_node.site import beginning, incoming, layout, placing

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


def test_plugins_come_along_and_themes_of_the_release_are_its_own(root):
    begun(root, OLD, CODE, ("wp-content/plugins/mine/mine.php",))
    placing.place(root, archive(root.parent / "b.tar.gz", NEW, CODE), NEW, {"checksum": NEW, "version": NEW})
    home = layout.home(root, NEW)
    assert (home / "wp-content/plugins/mine/mine.php").read_text().startswith(OLD)
    assert (home / "wp-content/themes/a/style.css").read_text().startswith(NEW)


def test_a_docroot_of_ones_own_is_served_from_public(root):
    begun(root, OLD, ("public/index.php", "src/Kernel.php", "public/files/a.png"))
    assert (root / "index.php").read_text() == f"{OLD} public/index.php"
    assert not (root / "src").exists()
    assert (root / "files/a.png").resolve() == root / ".webha-site/files/a.png"
