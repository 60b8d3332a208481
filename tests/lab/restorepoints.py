"""What the tests of restore points have in common."""

import json
import re
import shlex
from collections.abc import Iterator
from typing import Any

from tests.faults.points import TARGET, WITH
from tests.faults.saving import clear, prepare
from tests.lab.nodes import DOCROOT, ROOT, Run, converge, lab, on

DRUPAL = "mariadb -N -B drupal -e"
CONFIRM = ("--data", "confirm=hacloud")
# Of a cluster that keeps binary logs, which it did not on its first day.
LOGGED = (*WITH, "--data", "galera_binlog=True", "--data", "backup_log_minutes=1")


def begin() -> None:
    """Have an empty folder that all nodes share, and a page that writes."""
    on("nodoha", f"rm -rf {TARGET} {DOCROOT}/.webha-backup; mkdir {TARGET}")
    prepare()


def share() -> Iterator[None]:
    """The same as a fixture, which takes them away again."""
    begin()
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
    found = re.search(r"restore point ([0-9a-f]{8,}), made on", run.text)
    assert found is not None, run.text[-3000:]
    return found[1]


def hashes() -> str:
    """Return the sum of every file of the volume that a point brings back as it was."""
    ours = "! -name '.*' ! -name 'settings*' ! -path './.webha-backup/*' ! -path './.webha-releases/*.sql.gz'"
    return on("nodoha", f"cd {DOCROOT}; find . -type f {ours} -print0 | sort -z | xargs -0 sha256sum")


def only_the_password() -> None:
    """Have the control machine be gone, too: all secrets but the repository's password."""
    for path in (ROOT / "secrets").glob("*"):
        if path.name != "backup_password":
            path.unlink()
