"""An ACME server of the lab's (Debian's pebble, on loopback), and certbot as an administrator runs it on the control machine."""

import json
import os
import ssl
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from webha import certificates

DIRECTORY, MANAGEMENT, NAMES = 14000, 15000, 8055  # the server's ports; of the one that answers for names
DNS = "127.0.0.1:8053"
PACKAGES = ("pebble", "certbot")
# What an administrator's DNS takes from certbot's hook.
PROOF = f'curl -s -d "{{\\"host\\":\\"_acme-challenge.$CERTBOT_DOMAIN.\\",\\"value\\":\\"$CERTBOT_VALIDATION\\"}}" http://127.0.0.1:{NAMES}/set-txt'


def install() -> None:
    """Install both where they are not; certbot's own timer is not for a machine under test."""
    missing = [
        one for one in PACKAGES if subprocess.run(["dpkg", "-s", one], capture_output=True, check=False).returncode
    ]
    if missing:
        words = ["apt-get", "install", "-q", "-y", "--no-install-recommends", *missing]
        subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, check=True, timeout=300)
        subprocess.run(["systemctl", "disable", "--now", "--quiet", "certbot.timer"], capture_output=True, check=False)


@dataclass(frozen=True)
class Acme:
    """The server's folder: its own authority, and certbot's configuration, work and logs."""

    folder: Path

    @property
    def root(self) -> str:
        """The certificate that vouches for what it issues."""
        trusted = ssl.create_default_context(cafile=str(self.folder / "ca.pem"))
        with urlopen(f"https://127.0.0.1:{MANAGEMENT}/roots/0", context=trusted) as answer:
            return str(answer.read().decode())

    def live(self, name: str, file: str) -> Path:
        """Where certbot keeps the newest of a name's files."""
        return self.folder / "live" / name / file

    def certbot(self, verb: str, *words: str) -> None:
        """Run certbot against the server."""
        own = [f"--{one}-dir={self.folder}" for one in ("config", "work", "logs")]
        server = f"--server=https://localhost:{DIRECTORY}/dir"
        done = subprocess.run(
            ["certbot", verb, "-n", *own, server, *words],
            env={**os.environ, "REQUESTS_CA_BUNDLE": str(self.folder / "ca.pem")},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def running(folder: Path) -> Iterator[Acme]:
    """The server and its DNS, until the end of the block."""
    authority = certificates.authority("lab", datetime.now(UTC))
    key, certificate = certificates.key_and_certificate(
        certificates.issue(authority, ["localhost", "127.0.0.1"], datetime.now(UTC))
    )
    for name, text in {"ca.pem": certificates.public(authority), "key.pem": key, "cert.pem": certificate}.items():
        (folder / name).write_text(text)
    (folder / "pebble.json").write_text(json.dumps({"pebble": {
        "listenAddress": f"127.0.0.1:{DIRECTORY}", "managementListenAddress": f"127.0.0.1:{MANAGEMENT}",
        "certificate": str(folder / "cert.pem"), "privateKey": str(folder / "key.pem"), "httpPort": 5002, "tlsPort": 5001,
    }}))  # fmt: skip
    names = [
        "pebble-challtestsrv",
        f"-dns01={DNS}",
        f"-management=127.0.0.1:{NAMES}",
        "-http01=",
        "-https01=",
        "-tlsalpn01=",
    ]
    server = ["pebble", f"-config={folder / 'pebble.json'}", f"-dnsserver={DNS}"]
    started = [_started(words, folder) for words in (names, server)]
    try:
        acme = Acme(folder)
        _answers(acme)
        yield acme
    finally:
        for one in started:
            one.terminate()
            one.wait(10)


def _started(words: Sequence[str], folder: Path) -> subprocess.Popen[bytes]:
    with (folder / f"{words[0]}.log").open("wb") as log:
        # It refuses one nonce in twenty otherwise, to try clients, and waits up to 15 s before it asks for a proof.
        environment = {**os.environ, "PEBBLE_WFE_NONCEREJECT": "0", "PEBBLE_VA_NOSLEEP": "1"}
        return subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)


def _answers(acme: Acme) -> None:
    end = time.monotonic() + 20
    while True:
        try:
            assert acme.root
        except (URLError, OSError):
            assert time.monotonic() < end, (acme.folder / "pebble.log").read_text()
            time.sleep(0.2)
        else:
            return
