"""What goes wrong while a restore point is made, or comes back: said in a sentence, nothing lost, and the next one succeeds."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.faults.mishaps import BALLAST, MISHAPS, tried
from tests.faults.points import TARGET, WITH
from tests.lab.nodes import converge, on
from tests.lab.restorepoints import share

pytestmark = [pytest.mark.usefixtures("deployed"), pytest.mark.any_release, pytest.mark.long]
MADE = r"restore point [0-9a-f]{8,}, made on \w+"
SAID = {
    "target full": rf"^nodoha\d?: {TARGET} is full: make room there, or keep fewer points \(backup_keep\)",
    "target read-only": rf"^nodoha, nodoha2, nodoha3: {TARGET} cannot be written",
    "target gone": rf"{TARGET} has no repository \(any more\): is the disk or the share mounted\?",
    "a full copy under way": MADE,
    "files to heal": MADE,
    "target slow": MADE,
    "a clock that was ahead": MADE,
    "a deploy at the same time": r"^a run of .*deploy\.py.* holds the cluster's lock",
    "power cut while it is saved": MADE,
    "power cut while it comes back": "the connection was lost",
}


_a_share = pytest.fixture(scope="module")(share)


@pytest.fixture(scope="module", autouse=True)
def _a_point(_a_share: None) -> Iterator[None]:
    converge("tasks/backup.py", *WITH)
    yield
    on("nodoha", f"rm -rf {BALLAST}")


def right(name: str, found: dict[str, Any]) -> bool:
    """Return whether what came after it is as it should be."""
    if name == "power cut while it comes back":
        return found["code"] != 0 and found["again"] == 0 and found["as it was"] and found["users"].isdigit()
    if name == "target slow" and found["seconds"] < 4e6 / 200e3:
        return False
    if name == "power cut while it is saved" and f"made on {found['node']}" in found["said"]:
        return False
    return re.search(MADE, found["again"]) is not None and found.get("right", True) and not found.get("deploy", 0)


@pytest.mark.parametrize("name", MISHAPS)
def test_it_is_said_and_nothing_is_lost(name: str) -> None:
    found = tried(name)
    assert re.search(SAID[name], found["said"]), found
    assert right(name, found), found
    assert found["lost"] == 0, found
