"""The site over TLS: by the cluster's own authority from the first run on, with somebody's certificate, and without."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.lab.client import Client
from tests.lab.nodes import ROOT, VIP, Run, converge, everywhere, lab, on, pyinfra, refused, whole
from webha import certificates
from webha.run.keys import PUBLIC, SECRETS, SITE

pytestmark = [pytest.mark.usefixtures("deployed"), pytest.mark.any_release]
NAME = "www.gonzalonazareno.com"
TO_VIP = f"--resolve {NAME}:443:{VIP} --resolve {NAME}:80:{VIP}"
HELD = "sha256sum /etc/apache2/webha-site.pem; stat -c '%a %U' /etc/apache2/webha-site.pem"


def curl(words: str) -> str:
    """Return what curl prints of one request: the code, then what ``words`` ask for."""
    said = lab("run", "sh", "-c", f"curl -s -o /dev/null -m 10 {words}", check=False)
    return said.strip()


def code(words: str) -> str:
    return curl(f"-w '%{{http_code}} %{{redirect_url}}' {words}").strip()


def test_is_served_by_the_clusters_own_authority_beside_port_80() -> None:
    trusted = f"--cacert {ROOT / SECRETS / PUBLIC}"
    assert code(f"{trusted} https://{VIP}/") == "200"
    assert code(f"{trusted} {TO_VIP} https://{NAME}/") == "200"
    assert code(f"http://{VIP}/") == "200"
    assert curl(f"https://{VIP}/ -w '%{{http_code}}'") == "000", "a certificate that nobody knows was taken"
    held = set(everywhere(HELD).values())
    assert len(held) == 1
    assert held.pop().endswith("600 root")


def test_takes_no_old_protocol_and_says_nothing_of_hsts() -> None:
    assert curl(f"-k --ciphers DEFAULT@SECLEVEL=0 --tls-max 1.1 https://{VIP}/ -w '%{{http_code}}'") == "000"
    assert curl(f"-k --tls-max 1.2 https://{VIP}/ -w '%{{http_code}}'") == "200"
    assert "strict-transport" not in lab("run", "curl", "-skI", f"https://{VIP}/").lower()


def test_the_rules_of_the_site_hold_there_too() -> None:
    for path in (
        "sites/default/settings.php",
        "core/CHANGELOG.txt",
        ".htaccess",
        "vendor/x.php",
        "sites/default/files/a.php",
    ):
        assert [code(f"-k {scheme}://{VIP}/{path}") for scheme in ("http", "https")] == ["403"] * 2, path


def test_a_new_certificate_comes_without_a_failed_request() -> None:
    before = everywhere(HELD)
    (ROOT / SECRETS / SITE).unlink()
    with Client("https") as client:
        run = converge("tasks/apache.py")
    assert set(run.changed) == {
        "Apache: OpenSSL takes the site's key and certificate",
        "Apache: the site's key and certificate",
        "Apache: the configuration on disk is in force",
    }
    assert client.asked >= 20
    assert client.failed == 0
    assert everywhere(HELD) != before
    assert code(f"--cacert {ROOT / SECRETS / PUBLIC} https://{VIP}/") == "200"
    assert converge("tasks/apache.py").converged
    assert pyinfra("tasks/status.py").code == 0


@pytest.mark.any_release
class TestFiles:
    """Somebody's certificate, of an authority of theirs."""

    @pytest.fixture
    def data(self, tmp_path: Path) -> Iterator[tuple[str, ...]]:
        now = datetime.now(UTC)
        authority = certificates.authority("theirs", now)
        key, begin, chain = certificates.issue(authority, [NAME], now).partition("-----BEGIN CERTIFICATE-----")
        (tmp_path / "key.pem").write_text(key)
        (tmp_path / "chain.pem").write_text(begin + chain)
        (tmp_path / "ca.pem").write_text(begin + authority.partition(begin)[2])
        yield (
            "--data", "https=files", "--data", f"https_certificate={tmp_path / 'chain.pem'}",
            "--data", f"https_key={tmp_path / 'key.pem'}", "--data", "https_hsts=300",
        )  # fmt: skip
        converge("tasks/apache.py")
        assert converge("tasks/apache.py").converged

    def test_sends_visitors_from_port_80_under_its_name_alone(self, data: tuple[str, ...], tmp_path: Path) -> None:
        with Client("https") as client:
            converge("tasks/apache.py", *data)
        assert client.failed == 0
        assert converge("tasks/apache.py", *data).converged
        assert code(f"--cacert {tmp_path / 'ca.pem'} {TO_VIP} https://{NAME}/") == "200"
        for path in ("node/1?a=b%20c", "a%20b%25c%23d", ""):
            assert code(f"{TO_VIP} 'http://{NAME}/{path}'") == f"301 https://{NAME}/{path}"
        proof = ".well-known/acme-challenge/x"
        assert code(f"{TO_VIP} http://{NAME}/{proof}") == code(f"http://{VIP}/{proof}") != ""
        assert not code(f"http://{VIP}/{proof}").startswith("30")
        assert code(f"http://{VIP}/") == "200", "the cluster's own eyes"
        said = lab("run", "sh", "-c", f"curl -skI {TO_VIP} https://{NAME}/").lower()
        assert "strict-transport-security: max-age=300" in said
        assert pyinfra("tasks/status.py", *data).code == 0

    def test_of_another_name_a_key_or_age_lands_nowhere(self, data: tuple[str, ...], tmp_path: Path) -> None:
        before = everywhere(HELD)
        assert "it is for www.gonzalonazareno.com, and server_name is x.org" in refused(
            "tasks/apache.py", *data, "--data", "server_name=x.org"
        )
        own = certificates.authority("another", datetime.now(UTC))
        (tmp_path / "key.pem").write_text(own)
        assert "the key is not that of its first certificate" in refused("deploy.py", *data)
        old = certificates.issue(own, [NAME], datetime.now(UTC) - timedelta(days=900))
        for file in ("key.pem", "chain.pem"):
            (tmp_path / file).write_text(old)
        assert "ended on" in refused("tasks/apache.py", *data)
        assert everywhere(HELD) == before


@pytest.mark.any_release
def test_one_that_ends_soon_differs_or_is_lost_is_said() -> None:
    held = "/etc/apache2/webha-site.pem"
    authority = (ROOT / SECRETS / "ca.pem").read_text()
    old = certificates.issue(authority, [NAME, VIP], datetime.now(UTC) - timedelta(days=800))
    on("nodoha", f"cp -p {held} /root/kept.pem; cat > {held} << 'END'\n# Written by pyinfra-webha\n{old}\nEND")
    on("nodoha2", f"mv {held} /root/kept.pem")
    try:
        said = refused("tasks/status.py")
        assert (
            f"the certificate '{NAME}' ends in 24 days" in said or f"the certificate '{NAME}' ends in 25 days" in said
        )
        assert "the site's certificates are not the other nodes'" in said
        assert "nodoha2: the site's key and certificate are not there" in said
    finally:
        for name in ("nodoha", "nodoha2"):
            on(name, f"cp -p /root/kept.pem {held}; rm /root/kept.pem")


@pytest.mark.any_release
@pytest.mark.long
def test_off_leaves_nothing_and_comes_back() -> None:
    off = ("--data", "https=off")

    def steps(*data: str) -> list[Run]:
        return [converge(f"tasks/{step}.py", *data) for step in ("firewall", "apache", "vip")]

    steps(*off)
    try:
        assert set(
            everywhere(
                "ls /etc/apache2/webha-site.pem 2>/dev/null; grep -c 443 /etc/webha/firewall.nft || true"
            ).values()
        ) == {"0"}
        assert code(f"http://{VIP}/") == "200"
        assert pyinfra("tasks/status.py", *off).code == 0
        assert "port 443: run tasks/firewall.py with the same data first" in refused("tasks/vip.py")
    finally:
        steps()
    assert all(one.converged for one in steps())
    assert code(f"-k https://{VIP}/") == "200"


THEIRS = "/etc/apache2/sites-enabled/www-ssl.conf"
OTHERS = {
    "a site called": (
        f"printf '<VirtualHost *:443>\\nServerName {NAME}\\nSSLEngine on\\nSSLCertificateFile /etc/apache2/webha-site.pem\\n</VirtualHost>\\n' > {THEIRS}",
        f"rm {THEIRS}",
    ),
    "port 443 is held by python3": (
        "crm node standby nodoha3; sleep 8; systemd-run -q --unit=theirs python3 -m http.server 443; sleep 1",
        "systemctl stop theirs; crm node online nodoha3",
    ),
}


@pytest.mark.any_release
@pytest.mark.parametrize(
    "words", ["a site called", pytest.param("port 443 is held by python3", marks=pytest.mark.long)]
)
def test_what_somebody_has_at_443_is_neither_taken_over_nor_run_into(words: str) -> None:
    """By a program: on a node where Apache is not wanted for the time, so that its port is free."""
    breaks, mends = OTHERS[words]
    on("nodoha3", breaks)
    try:
        said = refused(
            "tasks/apache.py",
            "--data",
            'apache_modules=["rewrite","headers","expires","status","unique_id"]',
        )
        assert words in said
        assert "or set https to off" in said
    finally:
        on("nodoha3", mends)
    whole()
    converge("tasks/apache.py")  # what landed on the others is in force
    assert converge("tasks/apache.py").converged
