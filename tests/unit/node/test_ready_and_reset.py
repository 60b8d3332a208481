"""Readiness writes to the volume while a reset erases the site."""

from webha_node import ready as module

from .test_ready import mounted  # noqa: F401 (a fixture)


def test_a_reset_that_erases_the_site_meanwhile_finds_nothing_of_ours_after_it(mounted, monkeypatch):  # noqa: F811 (the fixture)
    script, root = mounted
    marker = root / ".webha-release"
    marker.write_text("sha256:x\n")
    monkeypatch.setattr(module.os, "fsync", lambda _: marker.unlink())
    script.volume()
    assert list(root.iterdir()) == []
