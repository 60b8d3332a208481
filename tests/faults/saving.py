"""A client that has the site save files and the rows that name them, twenty times a second: ``python -m tests.faults.saving`` in the lab's network.

Ends with its standard input; says then, as JSON, what was acknowledged, what was taken away, how many requests failed, and the longest wait.
"""

import http.client
import json
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

from tests.lab.nodes import DOCROOT, ROOT, VIP, on

PAGE = "webha-saving.php"
FOLDER = f"{DOCROOT}/sites/default/files/saving"
RATE, WORKERS = 20, 4


class Saving:
    """What was asked for and answered."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.ended = threading.Event()
        self.saved: list[str] = []
        self.gone: list[str] = []
        self.tried: list[str] = []
        self.log: list[tuple[float | str, ...]] = []
        self.failed = 0
        self.waits: list[float] = []

    def save(self, worker: int) -> None:
        """Have one saved after the other, in this worker's part of the rate."""
        number, begin = 0, time.monotonic()
        prefix = f"w{worker}-{int(time.time())}"
        while not self.ended.is_set():
            number += 1
            name = f"{prefix}-{number}"
            self.tried.append(name)
            asked, since = time.time(), time.monotonic()
            status, said = _asked(f"/{PAGE}?name={name}")
            self.waits.append(time.monotonic() - since)
            words = said.replace(",", "").split()
            if status == http.client.OK and words[:2] == ["saved", name]:
                self.saved.append(name)
                self.gone += words[3:4]
                self.log.append((asked, time.time(), name, *words[3:4]))
            else:
                self.failed += 1
            time.sleep(max(0.0, begin + number * WORKERS / RATE - time.monotonic()))


def _asked(path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection(VIP, timeout=30)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode("utf-8", "replace")
    except (OSError, http.client.HTTPException):
        return 0, ""
    finally:
        connection.close()


@contextmanager
def saving(result: dict[str, Any]) -> Iterator[None]:
    """Have the client run on the lab's network; ``result`` gets what it says."""
    command = [str(ROOT / "script/lab"), "run", sys.executable, "-m", "tests.faults.saving"]
    with Popen(command, cwd=ROOT, stdin=PIPE, stdout=PIPE, text=True) as running:
        time.sleep(3)
        try:
            yield
        finally:
            time.sleep(1)
            said, _ = running.communicate("")
            result |= json.loads(said.splitlines()[-1])


def prepare() -> None:
    """Put the page, its table and its folder on the site."""
    page = Path(__file__).with_name("saving.php").read_text()
    on(
        "nodoha",
        f"mariadb drupal -e 'CREATE OR REPLACE TABLE saving (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(64) UNIQUE)'; "
        f"rm -rf {FOLDER}; install -d -o www-data -g www-data {FOLDER}; cat > {DOCROOT}/{PAGE} <<'PAGE'\n{page}\nPAGE",
    )


def clear() -> None:
    """Take them away again."""
    on("nodoha", f"rm -rf {FOLDER} {DOCROOT}/{PAGE}; mariadb drupal -e 'DROP TABLE IF EXISTS saving'")


def main() -> None:
    """Save until standard input ends."""
    one = Saving()
    threads = [threading.Thread(target=one.save, args=(number,)) for number in range(WORKERS)]
    for thread in threads:
        thread.start()
    sys.stdin.read()
    one.ended.set()
    for thread in threads:
        thread.join()
    print(
        json.dumps(
            {
                "saved": one.saved,
                "gone": one.gone,
                "log": one.log,
                "tried": len(one.tried),
                "failed": one.failed,
                "longest_s": round(max(one.waits, default=0.0), 2),
            }
        )
    )


if __name__ == "__main__":
    main()
