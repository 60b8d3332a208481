"""What every application has in common: its settings are known on the volume, its archive by what lies in it."""

import re
import subprocess
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webha.drupal import Packaged, ReleaseError, fetching, of_others, unwell, verified, written
from webha.drupal.facts import Drupal
from webha.drupal.feed import Wish
from webha.drupal.fetching import chosen
from webha.drupal.project import packed
from webha.ground import probe
from webha.site.release import by_links
from webha_node.site.apps import APPS, DRUPAL, PHP, WORDPRESS, recognised
from webha_node.site.apps import of as known_of

from ..captured_facts import CONVERGED, text
from ..prepared import prepare
from ..run.skeleton import of
from .test_drupal import site


@pytest.mark.parametrize("app", APPS.values(), ids=list(APPS))
def test_closed_settings_are_known_from_open_ones(app, tmp_path):
    """As they are rendered, by the fact's own question; and whose they are, of each application."""
    values = {
        "database": "d",
        "user": "u",
        "password": "p",
        "hash_salt": "s",
        "trusted_hosts": [],
        "trusted_proxies": [],
        "twig_cache": "/c",
        "server_name": "www.example.org",
        "certified": True,
    }
    path = tmp_path / app.settings
    path.parent.mkdir(parents=True)
    script = Drupal().command(str(tmp_path), "drupal", "drupal")
    for closed in (True, False):
        path.write_text(written.settings(app, str(tmp_path), values, closed=closed).raw.decode())
        done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=False)
        said = probe.read(done.stdout.splitlines())["settings"].lines
        assert said == ["ours", *(["closed"] if closed and app.tables else []), f"app {app.name}"]


WISH = Wish(None, None, None, False, ("https://example.org/d.tar.gz", "sha256:" + "0" * 64), WORDPRESS)


def made(path, *names, top="site"):
    with tarfile.open(path, "w") as archive:
        for name in names:
            archive.addfile(tarfile.TarInfo(f"{top}/{name}"))
    return path


WORDPRESS_FILES = ("index.php", "wp-settings.php", "wp-admin/index.php", "wp-includes/version.php")


def test_an_archive_of_another_application_is_refused_by_its_name(tmp_path):
    path = made(tmp_path / "w.tar", *WORDPRESS_FILES)
    verified(path, None, WORDPRESS)
    with pytest.raises(ReleaseError, match=r"is WordPress, the data say app = 'php'"):
        verified(path, None, PHP)
    with pytest.raises(ReleaseError, match=r"has no site/core, site/vendor: not a complete Drupal"):
        verified(path, None)
    verified(made(tmp_path / "p.tar", "public/index.php", "src/Kernel.php"), None, PHP)


def test_debians_package_is_the_release_where_none_is_named(tmp_path):
    release = chosen(WISH, 13, None, False, Packaged("6.8.3+dfsg1-0+deb13u1", fresh=True))
    assert release.packaged == "6.8.3+dfsg1-0+deb13u1"
    assert by_links(release, False).name.startswith("6.8.3+dfsg1-0+deb13u1-")
    assert by_links(release, True).name.endswith("-local")
    assert chosen(WISH, 13, None, True) is None
    for unknown, words in (
        (None, "wordpress: see"),
        (Packaged(None, fresh=False), "could not be brought up to date: see"),
    ):
        with pytest.raises(ReleaseError, match=f"apt on the first node knows no package .*{words}"):
            chosen(WISH, 13, None, False, unknown)
    path = made(tmp_path / "w.tar", *WORDPRESS_FILES)
    assert chosen(replace(WISH, archive=str(path)), 13, None, False, None).packaged is None


def test_a_docroot_of_ones_own_begins_with_a_page_that_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(fetching, "CACHE", tmp_path)
    release = chosen(replace(WISH, app=PHP), 13, None, False)
    verified(Path(release.archive), None, PHP)
    first = by_links(release, False)
    assert first.name.startswith("site-")
    assert by_links(chosen(replace(WISH, app=PHP), 13, None, False), False) == first
    with pytest.raises(ReleaseError, match="a docroot of your own has no newest release: name yours"):
        chosen(replace(WISH, app=PHP), 13, None, None)


def test_a_project_goes_without_its_uploads_and_needs_vendor_only_where_composer_builds_it(tmp_path):
    for name in (*WORDPRESS_FILES, "wp-content/uploads/2026/a.png", "wp-content/themes/x/style.css"):
        (tmp_path / "project" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "project" / name).write_text("")
    path = packed(tmp_path / "project", tmp_path / "cache", WORDPRESS)
    with tarfile.open(path) as archive:
        names = archive.getnames()
    assert "project/wp-content/themes/x/style.css" in names
    assert not [name for name in names if "uploads" in name]
    with pytest.raises(ReleaseError, match="composer install"):
        packed(tmp_path / "project", tmp_path / "cache")


def test_one_application_does_not_become_the_other():
    (said,) = of_others({"a": site(tables=12, app="wordpress")}, "/srv/www", None, "drupal")
    assert "the volume holds a site of WordPress, the data say app = 'drupal'" in said
    assert of_others({"a": site(tables=12, app="wordpress")}, "/srv/www", None, "wordpress") == []
    assert of_others({"a": site(tables=12, app="wordpress", mounted=False)}, "/srv/www", None, "drupal") == []


@pytest.mark.parametrize("app", ["wordpress", "php"])
def test_what_somebody_unpacked_by_hand_is_no_release(app):
    (said,) = of_others({"a": site(tables=0, release=None, settings="absent", made=False)}, "/srv/www", None, app)
    assert "holds code that somebody put there: move it away, and name it as site_source" in said
    (said,) = of_others({"a": site(tables=0, settings="foreign", app=app)}, "/srv/www", None, app)
    assert f"/srv/www/{APPS[app].settings} does not say any more that it is ours" in said
    assert of_others({"a": site(tables=0, release=None, unmarked=True, app=app)}, "/srv/www", None, app) == []


@pytest.mark.parametrize("suite", CONVERGED)
def test_a_release_of_before_there_was_another_application_is_drupals(suite):
    whole = text(suite, "drupal").replace("app drupal\n", "")
    assert Drupal().process(whole.splitlines()).app == "drupal"
    named = whole.replace('"checksum"', '"app": "wordpress", "checksum"', 1)
    assert Drupal().process(named.splitlines()).app == "wordpress"


@pytest.mark.parametrize("app", APPS)
@pytest.mark.parametrize("proxies", [[], ["10.9.0.0/16"]])
def test_apaches_files_are_whole_for_each(app, proxies):
    found = {
        template: text for _, template, _, text in prepare("tasks/apache.py", app=app, trusted_proxies=proxies).rendered
    }
    for template in ("apache/webha.conf.j2", "apache/webha-protection.conf.j2"):
        of(template, found[template])
    sections = found["apache/webha-protection.conf.j2"]
    for kind in ("Directory", "DirectoryMatch", "FilesMatch", "Files"):
        assert len(re.findall(f"<{kind} ", sections)) == sections.count(f"</{kind}>")
    assert ("HTTPS=on" in found["apache/webha.conf.j2"]) == bool(proxies and app != "drupal")


def test_a_docroot_of_ones_own_is_there_without_tables():
    one = site(tables=0, app="php")
    assert one.installed
    assert not one.emptied
    assert unwell(one, "/srv/www") == []
    assert unwell(site(tables=0, app="wordpress"), "/srv/www") != []
    (said,) = unwell(site(tables=12, app="wordpress", writable=("index.php",)), "/srv/www")
    assert "-path /srv/www/.webha-site -prune" in said


@pytest.mark.parametrize(
    ("files", "app", "docroot"),
    [
        (("index.php", "core/lib/Drupal.php"), DRUPAL, ""),
        (("web/index.php", "web/core/lib/Drupal.php", "vendor/autoload.php"), DRUPAL, "web"),
        (WORDPRESS_FILES, WORDPRESS, ""),
        (("public/index.php", "public/wp-includes/version.php"), WORDPRESS, "public"),
        (("index.php", "core/Kernel.php"), PHP, ""),
        (("public/index.php", "src/Kernel.php"), PHP, "public"),
    ],
)
def test_code_is_known_by_what_lies_in_it(files, app, docroot, tmp_path):
    assert recognised(files) == (app, docroot)
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    assert known_of(tmp_path) == (app, docroot)


def test_what_has_no_index_is_nothing(tmp_path):
    assert recognised(("core/lib/Drupal.php", "readme.txt")) is None
    assert known_of(tmp_path) is None


@given(st.sampled_from(sorted(APPS)), st.text(max_size=40), st.text(max_size=40))
@settings(max_examples=60)
def test_nothing_of_a_secret_ends_the_string_that_it_stands_in(app, password, salt):
    known = {
        "database": "d",
        "user": "u",
        "password": password,
        "hash_salt": salt,
        "trusted_hosts": [r"^a\.example$"],
        "trusted_proxies": [],
        "twig_cache": "/c",
        "server_name": "www.example.org",
        "certified": False,
    }
    text = written.settings(APPS[app], "/srv/www", known).raw.decode()
    escaped = password.replace("\\", "\\\\").replace("'", "\\'")
    assert f"'{escaped}'" in text
