"""What the faults need on the site: a page, a table, a folder; and the client that uses them."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lab import visitor
from tests.faults import measure
from tests.faults.audit import FOLDER, NUMBERS_PER_FOLDER
from tests.faults.reach import ask
from tests.lab.nodes import DOCROOT, VIP, on

HERE = Path(__file__).parent
RATE = 20.0


STAND_IN = "the tests' stand-in for Drupal"
_VERSION = r"s/^ *const VERSION = '\([^']*\)'.*$/Drupal \1/p; s/^define('VERSION', '\([^']*\)').*$/Drupal \1/p; s/^.wp_version = '\([^']*\)'.*$/WordPress \1/p"


def application() -> tuple[str, ...]:
    """Return what a deploy has to be told of what is installed."""
    return ("--data", "app=wordpress") if installed().startswith("WordPress") else ()


def installed() -> str:
    """Return what serves: Drupal or WordPress and its version, or the stand-in, which has none."""
    files = " ".join(
        f"{DOCROOT}/{one}" for one in ("core/lib/Drupal.php", "includes/bootstrap.inc", "wp-includes/version.php")
    )
    said = on("nodoha", f'sed -n "{_VERSION}" {files} 2>/dev/null || :')
    return said or STAND_IN


class Site:
    """The page while the faults run; every number is written once."""

    def __init__(self) -> None:
        """Nothing has been written yet."""
        self.next_number = NUMBERS_PER_FOLDER
        self.acknowledged: set[int] = set()
        self.latest: set[int] = set()  # of those, the last fault's

    def prepare(self) -> None:
        """Put the page, its table and its folder on the site."""
        page = (HERE / "probe.php").read_text()
        on(
            "nodoha",
            f"""
set -e
mariadb -e "CREATE DATABASE IF NOT EXISTS webha_faults; CREATE OR REPLACE TABLE webha_faults.writes (id INT AUTO_INCREMENT PRIMARY KEY, number INT NOT NULL);
GRANT ALL ON webha_faults.* TO 'www-data'@localhost"
rm -rf {FOLDER}; install -d -o www-data -g www-data {FOLDER}; echo 0 > {FOLDER}/read
cat > {DOCROOT}/webha-probe.php <<'PAGE'
{page}
PAGE
""",
        )

    def clear(self) -> None:
        """Take it away again."""
        ask(
            "nodoha",
            f"rm -rf {FOLDER} {DOCROOT}/webha-probe.php; mariadb -e 'DROP DATABASE IF EXISTS webha_faults'",
            300,
        )

    @contextmanager
    def client(self) -> Iterator[list[measure.Request]]:
        """Let the client run; its requests are in the list when it has ended."""
        requests: list[measure.Request] = []
        first = -(-self.next_number // NUMBERS_PER_FOLDER) * NUMBERS_PER_FOLDER
        with tempfile.TemporaryFile("w+") as out:
            # Not ip netns exec: its mounts are a copy, and would hold a node's disk while that is taken out and checked.
            process = subprocess.Popen(
                ["nsenter", f"--net=/run/netns/{visitor.NAMESPACE}", sys.executable, str(HERE / "client.py"), VIP, str(RATE), str(first)],
                stdin=subprocess.PIPE, stdout=out, text=True,
            )  # fmt: skip
            try:
                yield requests
            finally:
                try:
                    process.communicate(timeout=60)
                except subprocess.TimeoutExpired:
                    process.kill()
                out.seek(0)
                requests += [measure.Request(**json.loads(line)) for line in out if line.endswith("}\n")]
                self.latest = {one.number for one in requests if one.kind == "write" and one.good}
                self.acknowledged |= self.latest
                self.next_number = max((one.number for one in requests), default=first) + 1
