"""Which release answers, and for how long: asked through the virtual IP ten times a second, from the visitor's namespace, until standard input ends.

Each node's PHP says which code it runs (a page of ours at the docroot's top). Prints JSON: the releases one after the other, with seconds.
"""

import http.client
import json
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from tests.lab.nodes import DOCROOT, VIP, on

PAGE = "webha-version.php"
SOON = 2.0  # seconds: what is served for less, between others, is a mixture
TEXT = "<?php require __DIR__ . '/core/lib/Drupal.php'; header('Cache-Control: no-store'); echo Drupal::VERSION;"


@contextmanager
def page() -> Iterator[None]:
    """Have the page at the docroot's top."""
    on("nodoha", f"cat > {DOCROOT}/{PAGE} <<'END'\n{TEXT}\nEND")
    try:
        yield
    finally:
        on("nodoha", f"rm -f {DOCROOT}/{PAGE}")


def runs(seen: Sequence[tuple[float, str]]) -> list[tuple[str, float]]:
    """Return what answered, one after the other, with the seconds from its first to its last answer. Answers that were none are left out."""
    found: list[tuple[str, float, float]] = []
    for at, version in seen:
        if not version:
            continue
        if found and found[-1][0] == version:
            found[-1] = (version, found[-1][1], at)
        else:
            found.append((version, at, at))
    return [(version, round(last - first, 2)) for version, first, last in found]


def mixed(found: Sequence[tuple[str, float]]) -> list[tuple[str, float]]:
    """Return what answered in passing, between two others."""
    return [one for one in found[1:-1] if one[1] < SOON]


def ask() -> str:
    """Return the version that answers; empty: none did."""
    connection = http.client.HTTPConnection(VIP, timeout=2)
    try:
        connection.request("GET", f"/{PAGE}")
        answer = connection.getresponse()
        said = answer.read(40).decode("ascii", "replace")
    except (OSError, http.client.HTTPException):
        return ""
    else:
        return said if answer.status == http.client.OK else ""
    finally:
        connection.close()


def main() -> dict[str, Any]:
    """Ask until standard input ends."""
    ended = threading.Event()

    def wait() -> None:
        sys.stdin.read()
        ended.set()

    threading.Thread(target=wait, daemon=True).start()
    seen = []
    while not ended.wait(0.1):
        seen.append((time.monotonic(), ask()))
    found = runs(seen)
    return {"served": found, "mixed": mixed(found)}


if __name__ == "__main__":
    print(json.dumps(main()))
