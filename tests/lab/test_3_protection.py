"""What nobody gets of the site, whatever virtual host reaches it; whose page it is; and habits around systemd's unit of Apache."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.lab.client import Client
from tests.lab.nodes import ADDRESSES, DOCROOT, VIP, everywhere, holder, on, pyinfra, refused

pytestmark = [pytest.mark.usefixtures("deployed"), pytest.mark.any_release]


FILES = f"{DOCROOT}/sites/default/files"
DENIED = (
    "Require all denied\\nSetHandler Drupal_Security\\nOptions None\\n"  # as Drupal writes it: more than we let it say
)
SECRETS = {
    "sites/default/files/private/a.txt": "secret",
    "sites/default/files/backup_migrate/x.sql.gz": "secret",
    "sites/default/files/config_x/sync/a.yml.txt": "secret",
    "sites/default/files/php/twig/a.txt": "secret",
    "sites/default/files/a_modules_own/a.txt": "secret",
    "sites/default/files/x.php": "<?php echo 6*7;",
    "sites/default/files/x.phtml": "<?php echo 6*7;",
    "sites/default/files/x.php.jpg": "<?php echo 6*7;",
    "sites/default/files/deep/x.php": "<?php echo 6*7;",
    ".webha-release": "",
    "sites/default/settings.php": "",
    "autoload.php": "",
    "core/lib/Drupal.php": "",
    "core/install.php": "",
    "core/CHANGELOG.txt": "",
    "INSTALL.txt": "",
}
OURS = ("private", "backup_migrate", "config_x", "php/twig", "deep", "a_modules_own")


@contextmanager
def configured(here: str, file: str, text: str, more: str = ":") -> Iterator[None]:
    """Another administrator's site in Apache on the node ``here``, for a while."""
    on(here, f"printf '{text}' > /etc/apache2/sites-enabled/{file}; {more}; systemctl reload apache2; sleep 1.5")
    try:
        yield
    finally:
        on(here, f"rm -f /etc/apache2/sites-enabled/{file}; systemctl reload apache2; sleep 1.5")


@pytest.fixture(scope="module")
def uploads(deployed: str) -> Iterator[None]:  # noqa: ARG001 (needed before)
    folders = " ".join(f"{FILES}/{one}" for one in (*OURS, "config_x/sync", "deep/private"))
    files = "; ".join(f"echo '{text}' > {DOCROOT}/{path}" for path, text in SECRETS.items() if text)
    on(
        "nodoha",
        f"mkdir -p {folders}; {files}; for f in deep/a.css deep/config_guide.pdf deep/private/a.jpg deep/acme.inc.pdf; do echo public > {FILES}/$f; done",
    )
    on("nodoha", f"printf '{DENIED}' > {FILES}/a_modules_own/.htaccess; chown -R www-data: {FILES}")
    yield
    on("nodoha", f"cd {FILES} && rm -rf {' '.join(OURS)} php x.php x.phtml x.php.jpg")


def answers(here: str, base: str, paths: list[str]) -> dict[str, str]:
    asked = "; ".join(f"curl -sk -m 20 -o /dev/null -w '{path} %{{http_code}}\\n' {base}/{path}" for path in paths)
    return dict(line.split() for line in on(here, asked).splitlines())


@pytest.mark.usefixtures("uploads")
class TestProtection:
    def test_holds_at_the_sites_own_address(self) -> None:
        assert set(answers("nodoha", f"http://{VIP}", list(SECRETS)).values()) == {"403"}
        public = [
            f"sites/default/files/deep/{name}"
            for name in ("a.css", "config_guide.pdf", "private/a.jpg", "acme.inc.pdf")
        ]
        assert set(answers("nodoha", f"http://{VIP}", public).values()) == {"200"}

    def test_the_server_does_not_say_what_it_is_made_of(self) -> None:
        said = on("nodoha", f"curl -sI http://{VIP}/").lower()
        assert re.findall(r"^server: (.*?)\s*$", said, re.MULTILINE) == ["apache"]
        assert not re.search(r"^(x-powered-by|x-generator):", said, re.MULTILINE)
        assert re.findall(r"^(x-frame-options|x-content-type-options|referrer-policy):", said, re.MULTILINE)
        assert "apache/" not in on("nodoha", f"curl -s http://{VIP}/sites/default/settings.php").lower()
        assert on("nodoha", f"curl -s -o /dev/null -w '%{{http_code}}' -X TRACE http://{VIP}/") == "405"

    def test_holds_in_a_virtual_host_of_somebodys(self) -> None:
        site = "Listen 8443\\n<VirtualHost *:8443>\\nDocumentRoot /var/www/html\\n</VirtualHost>\\n"
        with configured("nodoha2", "somebodys.conf", site):
            base = f"http://{ADDRESSES['nodoha2']}:8443/drupal"
            assert set(answers("nodoha2", base, list(SECRETS)).values()) == {"403"}
            assert (
                answers("nodoha2", base, ["sites/default/files/deep/a.css"])["sites/default/files/deep/a.css"] == "200"
            )


def test_a_site_of_somebodys_that_sorts_first_gets_its_own_name_alone_and_the_status_knows_ours() -> None:
    here = holder()
    site = "<VirtualHost *:80>\\nServerName intranet.example\\nDocumentRoot /srv/intranet\\n<Directory /srv/intranet>\\nRequire all granted\\n</Directory>\\n</VirtualHost>\\n"
    with configured(
        here, "000-intranet.conf", site, "mkdir -p /srv/intranet; echo intranet > /srv/intranet/index.html"
    ):
        assert "<title>" in on(here, f"curl -s http://{VIP}/")
        assert on(here, f"curl -s -H 'Host: intranet.example' http://{VIP}/") == "intranet"
        assert pyinfra("tasks/status.py").code == 0
    taken = site.replace("*:80", f"{VIP}:80")
    with configured(here, "000-intranet.conf", taken):
        assert on(here, f"curl -s http://{VIP}/") == "intranet"
        said = refused("tasks/status.py")
        assert f"http://{VIP}/ answers 200 with a page that is not this site's" in said
        assert "Traceback" not in said
    on(here, "rm -rf /srv/intranet")


def test_a_habit_of_restarting_stopping_or_rotating_fails_no_request() -> None:
    here = holder()
    with Client() as client:
        for habit in ("restart apache2", "reload apache2", "stop apache2", "start apache2", "try-restart apache2"):
            on(here, f"systemctl {habit}")
        on(here, "logrotate -f /etc/logrotate.d/apache2")
    assert client.asked >= 20
    assert client.failed == 0
    marked = f"/webha-rotated-{time.time():.0f}"
    on(here, f"sleep 1; curl -s -o /dev/null http://{VIP}{marked}; sleep 0.5")
    assert marked in on(here, "cat /var/log/apache2/access.log")
    assert on(here, "systemctl is-failed apache2", check=False) == "active"


def test_every_log_of_the_stack_is_rotated() -> None:
    assert set(everywhere("systemctl is-active logrotate.timer").values()) == {"active"}
    on("nodoha3", "logrotate -f /etc/logrotate.conf")
    for log in ("/var/log/corosync/corosync.log", "/var/log/glusterfs/glusterd.log"):
        assert on("nodoha3", f"ls {log}.1*")


def test_a_unit_that_somebody_took_back_is_said_and_handed_over_again() -> None:
    on("nodoha2", "systemctl disable --now -q apache2")
    said = refused("tasks/status.py")
    assert "nodoha2: apache2.service is not handed to the cluster" in said
    run = pyinfra("tasks/apache.py", "-y")
    assert run.changed == {"Apache: not systemd's": ["nodoha2"]}
    assert pyinfra("tasks/status.py").code == 0
