"""What the tests of restore points have in common."""

import json
import re
import shlex
from collections.abc import Iterator
from typing import Any

from tests.faults.points import TARGET, WITH
from tests.faults.saving import clear, prepare
from tests.lab.nodes import DOCROOT, Run, converge, lab, on

DRUPAL = "mariadb -N -B drupal -e"
CONFIRM = ("--data", "confirm=hacloud")


def share() -> Iterator[None]:
    """An empty folder that all nodes share, and a page that writes; a fixture's."""
    on("nodoha", f"rm -rf {TARGET} {DOCROOT}/.webha-backup; mkdir {TARGET}")
    prepare()
    yield
    clear()
    on("nodoha", f"rm -rf {TARGET} {DOCROOT}/.webha-backup")
    converge("tasks/backups.py")  # off again, as the data of all other tests want it


def status(data: tuple[str, ...] = WITH) -> dict[str, Any]:
    run = lab(
        "run",
        "sh",
        "-c",
        f"pyinfra inventory.py tasks/status.py {shlex.join(data)} --data report=/tmp/webha-points.json >&2; cat /tmp/webha-points.json",
    )
    return dict(json.loads(run)["layers"]["backup"])


def point(run: Run) -> str:
    found = re.search(r"restore point ([0-9a-f]{8}), made on", run.text)
    assert found is not None, run.text[-3000:]
    return found[1]
