"""The lab's kinds of machines: each has its scripts, and what lies over what."""

import subprocess
from pathlib import Path

import pytest

from lab import access, layers, variant
from lab.layout import NODES
from lab.variant import PLAIN, VARIANTS

SCRIPTS = sorted(Path(layers.__file__).with_name("variants").glob("*.sh"))


def test_every_script_is_of_some_variant():
    named = {name for one in VARIANTS.values() for name in (*one.everywhere, *one.first)}
    assert named == {path.stem for path in SCRIPTS}
    assert set(VARIANTS) == {PLAIN, "hardened", "spanish", "used"}


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_is_one_that_the_shell_can_read(path):
    subprocess.run(["sh", "-n"], input=layers._PRELUDE + path.read_text(), text=True, check=True)


@pytest.fixture
def made(tmp_path, monkeypatch):
    """The layers that were made, in their order; the images of a machine that has none yet."""
    names = []

    def build(name, made, images, script):
        names.append(name)
        assert "install_packages()" in script
        assert all(one.exists() for one in images)
        made.mkdir(parents=True)

    base = tmp_path / "images/trixie-0123"
    base.mkdir(parents=True)
    monkeypatch.setattr(layers, "STATE", tmp_path)
    monkeypatch.setattr(layers, "_build", build)
    monkeypatch.setattr(layers.image, "ensure", lambda _suite: base)
    return names


def test_layers_lie_over_the_image_and_are_made_once(made):
    images = layers.below("trixie", VARIANTS["used"])
    assert made == ["used", "used-first"]
    names = [[one.name.rsplit("-", 1)[0] for one in images[node]] for node in NODES]
    assert names == [["used-first", "used", "trixie"], ["used", "trixie"], ["used", "trixie"]]
    assert layers.below("trixie", VARIANTS["used"]) == images
    assert made == ["used", "used-first"]
    assert {len(one) for one in layers.below("trixie", VARIANTS[PLAIN]).values()} == {1}


def test_a_layer_over_another_image_is_another(made, tmp_path, monkeypatch):
    over = layers.below("trixie", VARIANTS["hardened"])[NODES[0]][0]
    other = tmp_path / "images/bookworm-4567"
    other.mkdir()
    monkeypatch.setattr(layers.image, "ensure", lambda _suite: other)
    assert layers.below("bookworm", VARIANTS["hardened"])[NODES[0]][0] != over
    assert made == ["hardened"] * 2


@pytest.mark.parametrize(
    ("name", "given", "user"),
    [(None, None, None), ("spanish", None, None), ("hardened", None, "debian"), ("hardened", "root", "root")],
)
def test_who_logs_in_is_the_variants_unless_it_is_given(tmp_path, monkeypatch, name, given, user):
    monkeypatch.setattr(variant, "VARIANT", tmp_path / "variant")
    monkeypatch.delenv("WEBHA_SSH_USER", raising=False)
    if name:
        (tmp_path / "variant").write_text(name)
    if given:
        monkeypatch.setenv("WEBHA_SSH_USER", given)
    assert variant.chosen().name == (name or PLAIN)
    assert access.environment().get("WEBHA_SSH_USER") == user
