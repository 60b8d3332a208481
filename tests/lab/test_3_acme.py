"""A certificate by ACME, renewed: docs/machines.md's way with certbot on the control machine, against the lab's own authority."""

import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab import acme
from tests.lab.client import Client
from tests.lab.nodes import ROOT, VIP, converge, lab, pyinfra

pytestmark = [pytest.mark.usefixtures("deployed"), pytest.mark.long]
NAME = "www.gonzalonazareno.com"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[acme.Acme]:
    acme.install()
    with acme.running(tmp_path) as found:
        yield found
    converge("tasks/apache.py")


def shown(server: acme.Acme, folder: Path) -> str:
    """The serial number of what the virtual IP shows to a visitor who knows the authority."""
    (folder / "root.pem").write_text(server.root)
    ask = f"curl -s -o /dev/null -m 10 --cacert {folder}/root.pem --resolve {NAME}:443:{VIP} -w '%{{http_code}}' https://{NAME}/"
    assert lab("run", "sh", "-c", ask) == "200"
    serial = (
        f"openssl s_client -connect {VIP}:443 -servername {NAME} </dev/null 2>/dev/null | openssl x509 -noout -serial"
    )
    return lab("run", "sh", "-c", serial).strip()


def test_a_renewal_reaches_the_nodes_by_its_hook_without_a_failed_request(server: acme.Acme, tmp_path: Path) -> None:
    proof = tmp_path / "proof"
    proof.write_text(f"#!/bin/sh\n{acme.PROOF}\n")
    proof.chmod(0o700)
    asked = ("--manual", "--preferred-challenges=dns", f"--manual-auth-hook={proof}", "--agree-tos")
    server.certbot("certonly", *asked, "--register-unsafely-without-email", "-d", NAME)
    names = {
        "https": "files",
        "https_certificate": server.live(NAME, "fullchain.pem"),
        "https_key": server.live(NAME, "privkey.pem"),
    }
    data = [word for key, value in names.items() for word in ("--data", f"{key}={value}")]
    converge("tasks/apache.py", *data)
    before = shown(server, tmp_path)
    assert pyinfra("tasks/status.py", *data).code == 0
    run = shlex.join([str(ROOT / "script/lab"), "run", "pyinfra", "inventory.py", "tasks/apache.py", "-y", *data])
    hook = tmp_path / "webha"  # a file, for certbot looks for the first word of a hook among the programs: "cd" is none
    hook.write_text(f"#!/bin/sh\ncd {ROOT} && {run}\n")
    hook.chmod(0o700)
    with Client("https") as client:
        server.certbot("renew", "--force-renewal", "--no-random-sleep-on-renew", f"--deploy-hook={hook}")
    assert client.asked >= 20
    assert client.failed == 0
    assert shown(server, tmp_path) != before
    assert converge("tasks/apache.py", *data).converged
