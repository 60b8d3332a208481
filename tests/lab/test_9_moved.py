"""A site of somebody's, as composer builds it, comes from elsewhere with its database and its uploads, and goes out again."""

import io
import tarfile
from pathlib import Path

import pytest

from tests.lab.client import Client
from tests.lab.nodes import ADDRESSES, DOCROOT, VIP, converge, everywhere, lab, on, page, refused, whole
from tests.lab.standin import write

pytestmark = [pytest.mark.usefixtures("deployed"), pytest.mark.any_release, pytest.mark.long]
DUMP = Path(__file__).parents[1] / "unit" / "site" / "mysql8.sql"
SETTINGS = """<?php
// Of the place where the site was.
$databases['default']['default'] = ['database' => 'old_site', 'username' => 'old', 'password' => 'old', 'host' => 'db.old.example'];
$settings['hash_salt'] = 'theirs';
"""
DRUSH = r"""#!/usr/bin/env php
<?php
echo get_current_user(), ' ', implode(' ', array_slice($argv, 1)), PHP_EOL;
if (in_array('updatedb', $argv)) {
    require __DIR__ . '/../autoload.php';
    require __DIR__ . '/../../web/core/includes/update.inc';
    foreach (update_get_update_list() as $module => $one) {
        foreach (array_keys($one['pending']) as $number) {
            $context = [];
            update_do_one($module, $number, [], $context);
            \Drupal::state()->set('drush', 1);
        }
    }
}
exit(in_array('fail', $argv) ? 3 : 0);
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(
        tmp_path_factory.mktemp("site") / "project.tar",
        "5.0.0",
        schema=1,
        docroot="web",
        more={"web/sites/default/settings.php": SETTINGS, "vendor/bin/drush": DRUSH, "composer.json": "{}"},
    )


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("files") / "files.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name, content in {"2026-10/bild ä.png": b"an image", "b.txt": b"text"}.items():
            info = tarfile.TarInfo(f"files/{name}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def from_outside(path: str) -> str:
    return lab("run", "curl", "-sS", "-m", "20", f"http://{VIP}/{path}")


@pytest.fixture(scope="module", autouse=True)
def _moved(deployed: str, project: Path) -> None:
    assert deployed
    converge("tasks/reset.py", "--data", "confirm=hacloud", "--data", "layer=vip,drupal")
    for step in ("apache", "drupal", "vip"):
        converge(f"tasks/{step}.py", "--data", f"site_source={project}", "--data", "drupal_install=False")


def brought(files: Path) -> tuple[str, ...]:
    return "tasks/import_site.py", "--data", f"database={DUMP}", "--data", f"files={files}"


def test_it_comes_in_with_its_own_settings_by_two_commands(files: Path) -> None:
    """One update of the database that its code asks for is made, too, by its own drush."""
    converge(*brought(files))
    whole()
    assert "<title>Welcome! | Moved from elsewhere</title>" in page()
    assert "Stand-in for Drupal 5.0.0" in page()
    assert from_outside("sites/default/files/2026-10/bild%20%C3%A4.png") == "an image"
    settings = on(
        "nodoha", f"cat {DOCROOT}/sites/default/settings.php; stat -c %a:%G {DOCROOT}/sites/default/settings.php"
    )
    assert settings.startswith(SETTINGS.strip())
    assert "include $app_root . '/' . $site_path . '/settings.webha.php';" in settings
    assert settings.endswith("640:www-data")
    asked = "SELECT value FROM drupal.state WHERE name IN ('drush', 'said', 'schema') ORDER BY name; SELECT COUNT(*) FROM information_schema.tables WHERE table_schema='drupal' AND engine<>'InnoDB'"
    assert set(everywhere(f'mariadb -N -B -e "{asked}"').values()) == {
        "1\nCOLLATE utf8mb4_0900_ai_ci ENGINE=MyISAM\n1\n0"
    }
    left = on(
        "nodoha", "mariadb -N -B -e \"SHOW GRANTS FOR 'www-data'@localhost; SELECT @@log_bin_trust_function_creators\""
    )
    assert "drupal" not in left
    assert left.endswith("\n0")


def test_and_not_twice(files: Path, project: Path) -> None:
    assert converge(*brought(files)).converged
    for step in ("apache", "drupal", "vip"):
        again = converge(f"tasks/{step}.py", "--data", f"site_source={project}")
        assert again.converged, again.changed


def test_another_dump_is_refused_over_it(tmp_path: Path) -> None:
    other = tmp_path / "other.sql"
    other.write_text(DUMP.read_text().replace("Moved", "Another"))
    assert "the database has 3 tables, and a dump goes into an empty one alone" in refused(
        "tasks/import_site.py", "--data", f"database={other}"
    )
    assert "Moved from elsewhere" in page()


def test_its_own_drush_runs_where_the_site_writes() -> None:
    said = converge("tasks/drush.py", "--data", "run=status 'two words'").text
    assert f"--uri=http://{VIP} status two words" in said
    assert "fail" in refused("tasks/drush.py", "--data", "run=fail")


def test_it_is_updated_as_any_other(tmp_path: Path) -> None:
    """The next one lacks drush: that is said."""
    with Client() as client:
        converge(
            "tasks/site.py", "--data", f"site_source={write(tmp_path / 'next.tar', '5.1.0', schema=1, docroot='web')}"
        )
    assert client.failed <= client.asked // 50
    assert "Stand-in for Drupal 5.1.0" in page()
    assert "the site has no drush" in refused("tasks/drush.py", "--data", "run=status")


def test_it_goes_out_again(tmp_path: Path) -> None:
    out = tmp_path / "out"
    converge("tasks/export_site.py", "--data", f"to={out}")
    assert sorted(one.name for one in out.iterdir()) == ["code.tar.gz", "database.sql.gz", "files.tar.gz"]
    assert {oct(one.stat().st_mode & 0o777) for one in out.iterdir()} == {"0o600"}
    with tarfile.open(out / "code.tar.gz") as archive:
        names = archive.getnames()
    assert {"site/web/index.php", "site/vendor/autoload.php", "site/web/sites/default/settings.php"} <= set(names)
    assert not any("settings.webha.php" in one or "/files" in one for one in names)
    with tarfile.open(out / "files.tar.gz") as archive:
        assert {"files/2026-10/bild ä.png", "files/b.txt"} <= set(archive.getnames())
    assert everywhere("ls -d /var/tmp/webha-* 2>/dev/null || :") == dict.fromkeys(ADDRESSES, "")
    assert "is there already" in refused("tasks/export_site.py", "--data", f"to={out}")


def test_settings_of_somebodys_keep_a_reset_away() -> None:
    assert "settings.php is somebody's own" in refused("tasks/reset.py", "--data", "confirm=hacloud")
    on("nodoha", f"rm {DOCROOT}/sites/default/settings.php")
