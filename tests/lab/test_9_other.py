"""Another application: Debian's own WordPress, which needs no archive at hand; used by a person, and updated."""

import json
import re
import tarfile
import urllib.parse
from pathlib import Path

import pytest

from lab.layout import NODES
from tests.lab.client import Client
from tests.lab.nodes import ADDRESSES, DOCROOT, VIP, Run, converge, everywhere, holder, lab, on, page, refused, whole

pytestmark = [pytest.mark.usefixtures("deployed"), pytest.mark.any_release]
APP = ("--data", "app=wordpress", "--data", "site_code=local")
SHARED = f"{DOCROOT}/.webha-site"


def each(*more: str) -> list[Run]:
    return [converge(f"tasks/{step}.py", *APP, *more) for step in ("apache", "drupal", "vip")]


@pytest.fixture(scope="module", autouse=True)
def _installed(deployed: str) -> None:
    assert deployed
    converge("tasks/reset.py", "--data", "confirm=hacloud", "--data", "layer=vip,drupal")
    each()


class Person:
    """Somebody with a browser, who keeps cookies."""

    def __init__(self, folder: Path) -> None:
        self._jar = folder / "cookies"

    def ask(self, path: str, *words: str) -> str:
        return lab(
            "run",
            "curl",
            "-sS",
            "-m",
            "30",
            "-L",
            "-b",
            str(self._jar),
            "-c",
            str(self._jar),
            *words,
            f"http://{VIP}/{path}",
        )

    def log_in(self) -> None:
        """As the administrator."""
        secret = Path("secrets/drupal_admin_password").read_text().strip()
        self.ask("wp-login.php")
        form = urllib.parse.urlencode({"log": "admin", "pwd": secret, "wp-submit": "x", "testcookie": "1"})
        assert "wpadminbar" in self.ask("wp-login.php", "--data", form)
        self.nonce = self.ask("wp-admin/admin-ajax.php?action=rest-nonce").strip()

    def rest(self, path: str, *words: str) -> dict[str, object]:
        """Ask the interface that WordPress' editor uses."""
        found = json.loads(self.ask(f"wp-json/wp/v2/{path}", "-H", f"X-WP-Nonce: {self.nonce}", *words))
        assert isinstance(found, dict)
        assert "code" not in found, found
        return found


def status_of(path: str) -> str:
    return lab("run", "curl", "-s", "-o", "/dev/null", "-m", "20", "-w", "%{http_code}", f"http://{VIP}/{path}")


def test_its_page_is_served_and_a_second_run_changes_nothing() -> None:
    whole()
    assert "<title>Servidor Web HA</title>" in page()
    assert "generator" not in page()
    for again in each():
        assert again.converged, again.changed
    asked = "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema='drupal' AND engine<>'InnoDB'"
    assert set(everywhere(f'mariadb -N -B -e "{asked}"').values()) == {"0"}


def test_somebody_logs_in_writes_and_uploads(tmp_path: Path) -> None:
    person = Person(tmp_path)
    person.log_in()
    image = tmp_path / "image.png"
    image.write_bytes(
        bytes.fromhex(
            "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360000002000001000500"
            "0d0a2db40000000049454e44ae426082"
        )
    )
    media = person.rest(
        "media",
        "-H",
        "Content-Disposition: attachment; filename=image.png",
        "-H",
        "Content-Type: image/png",
        "--data-binary",
        f"@{image}",
    )
    url = str(media["source_url"])
    assert url.startswith(f"http://{VIP}/wp-content/uploads/")
    assert status_of(url.removeprefix(f"http://{VIP}/")) == "200"
    person.rest("posts", "--data", "title=Written through the VIP&content=words&status=publish")
    assert "Written through the VIP" in page()
    found = "SELECT COUNT(*) FROM drupal.wp_posts WHERE post_title='Written through the VIP' AND post_status='publish'"
    assert set(everywhere(f'mariadb -N -B -e "SET SESSION wsrep_sync_wait=1; {found}"').values()) == {"1"}


@pytest.mark.parametrize(
    "path",
    [
        "wp-config.php",
        ".webha-site/wp-config.php",
        "wp-content/uploads/x.php",
        "wp-admin/install.php",
        "wp-admin/includes/admin.php",
        "wp-includes/version.php",
        "wp-content/plugins/akismet/akismet.php",
        "readme.html",
    ],
)
def test_what_nobody_gets(path: str) -> None:
    on("nodoha", f"echo '<?php echo 1;' > {SHARED}/uploads/x.php")
    assert status_of(path) == "403"


def test_what_a_plugin_keeps_among_the_uploads_is_its_own() -> None:
    on(
        "nodoha",
        f"mkdir -p {SHARED}/uploads/kept; echo 'deny from all' > {SHARED}/uploads/kept/.htaccess; echo x > {SHARED}/uploads/kept/a.txt; echo y > {SHARED}/uploads/b.txt",
    )
    assert (status_of("wp-content/uploads/kept/a.txt"), status_of("wp-content/uploads/b.txt")) == ("403", "200")


def test_it_answers_under_its_own_names_alone() -> None:
    asked = ("curl", "-s", "-o", "/dev/null", "-m", "20", "-w", "%{http_code}", "-H")
    assert lab("run", *asked, "Host: evil.example", f"http://{VIP}/") == "400"
    assert lab("run", *asked, "Host: www.gonzalonazareno.com", f"http://{VIP}/") == "200"


def test_cron_runs_on_the_holder() -> None:
    name = holder()
    on(name, "systemctl start webha-cron.service")
    assert on(name, "systemctl show -p Result --value webha-cron.service") == "success"


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same WordPress, with a number more and a database that it brings up to one more."""
    path = tmp_path_factory.mktemp("wordpress") / "newer.tar.gz"
    on(
        "nodoha",
        "rm -rf /var/tmp/newer; mkdir /var/tmp/newer; cd /var/tmp/newer; cp -a $(dirname $(readlink -f "
        f"{DOCROOT}/index.php)) wordpress; find wordpress -type l -delete; "
        "v=wordpress/wp-includes/version.php; n=$(sed -n 's/^.wp_db_version = \\([0-9]*\\);/\\1/p' $v); "
        "sed -i \"s/^.wp_version = .*/\\$wp_version = '99.1';/; s/^.wp_db_version = .*/\\$wp_db_version = $((n + 1));/\" $v; "
        "tar -czf /root/newer.tar.gz wordpress; cd /; rm -rf /var/tmp/newer",
    )
    path.write_bytes((NODES[0].root / "root/newer.tar.gz").read_bytes())
    on("nodoha", "rm /root/newer.tar.gz")
    return path


def running() -> str:
    """The release that the volume says."""
    return on("nodoha", f'sed -n \'s/.*"id": "\\([^"]*\\)".*/\\1/p\' {DOCROOT}/.webha-release')


def versions() -> tuple[str, str]:
    """The number that the code says, and that of the database."""
    said = on("nodoha", f"sed -n \"s/^.wp_version = '\\(.*\\)';/\\1/p\" {DOCROOT}/wp-includes/version.php")
    return said, on(
        "nodoha", "mariadb -N -B -e \"SELECT option_value FROM drupal.wp_options WHERE option_name='db_version'\""
    )


@pytest.mark.long  # test_4_site does that with Drupal
def test_it_is_updated_with_its_database_and_goes_back(newer: Path) -> None:
    before = versions()
    with Client() as client:
        converge("tasks/site.py", *APP, "--data", f"site_source={newer}")
    assert versions() == ("99.1", str(int(before[1]) + 1))
    assert set(everywhere(f"readlink -f {DOCROOT}/index.php | cut -d/ -f6").values()) == {running()}
    # Closed for some seconds, of a run that takes half a minute.
    assert client.failed <= client.asked // 4
    assert converge("tasks/site.py", *APP, "--data", f"site_source={newer}").converged
    assert "Written through the VIP" in page()
    assert "repeat with --data confirm=" in refused("tasks/rollback.py", *APP)
    converge("tasks/rollback.py", *APP, "--data", "confirm=hacloud")
    assert versions() == before
    assert "Written through the VIP" in page()
    assert set(everywhere(f"readlink -f {DOCROOT}/index.php | cut -d/ -f6").values()) == {running()}
    assert running().startswith(before[0])


@pytest.mark.parametrize("step", ["drupal", "apache", "site", "rollback"])
def test_it_does_not_become_another_one(step: str) -> None:
    assert "the volume holds a site of WordPress, the data say app = 'drupal'" in refused(f"tasks/{step}.py")


def test_it_goes_out(tmp_path: Path) -> None:
    out = tmp_path / "out"
    converge("tasks/export_site.py", *APP, "--data", f"to={out}")
    with tarfile.open(out / "files.tar.gz") as archive:
        assert any(re.search(r"image\.png$", name) for name in archive.getnames())
    with tarfile.open(out / "code.tar.gz") as archive:
        names = archive.getnames()
    assert "site/wp-settings.php" in names
    assert not [name for name in names if name.endswith("wp-config.php") or "/uploads" in name]
    assert everywhere("ls -d /var/tmp/webha-* 2>/dev/null || :") == dict.fromkeys(ADDRESSES, "")


@pytest.mark.long
def test_a_docroot_of_ones_own_takes_its_place(tmp_path: Path) -> None:
    """``app = "php"``: a page that says what belongs there, then a site by tasks/site.py."""
    converge("tasks/reset.py", "--data", "confirm=hacloud", "--data", "layer=vip,drupal")
    own = ("--data", "app=php")
    for step in ("apache", "drupal", "vip"):
        converge(f"tasks/{step}.py", *own)
    whole()
    assert "Your own site goes here" in page()
    for step in ("apache", "drupal", "vip"):
        again = converge(f"tasks/{step}.py", *own)
        assert again.converged, again.changed
    site = tmp_path / "site"
    (site / "public").mkdir(parents=True)
    (site / "public/cron.php").write_text("<?php file_put_contents(__DIR__ . '/files/cron', 'ran');")
    (site / "public/index.php").write_text(
        "<?php $w = require __DIR__ . '/webha.php'; $db = new mysqli($w['host'], $w['username'], $w['password'], $w['database'], 0, $w['unix_socket']); "
        "file_put_contents(__DIR__ . '/files/written', 'x'); echo 'mine ', $db->query('SELECT 42')->fetch_row()[0], ' ', file_get_contents(__DIR__ . '/files/written');"
    )
    converge("tasks/site.py", *own, "--data", f"site_source={site}")
    assert page() == "mine 42 x"
    on("nodoha", f"echo '<?php echo 1;' > {SHARED}/files/x.php; echo text > {SHARED}/files/a.txt")
    assert [status_of(one) for one in ("webha.php", "cron.php", "files/x.php", "files/a.txt")] == [
        "403",
        "403",
        "403",
        "200",
    ]
    assert "name yours (site_source)" in refused("tasks/site.py", *own)
    on(holder(), "systemctl start webha-cron.service")
    assert status_of("files/cron") == "200"
    converge("tasks/rollback.py", *own)
    assert "Your own site goes here" in page()
