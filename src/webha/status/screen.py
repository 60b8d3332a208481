"""The status on the screen, and the run's exit code."""

import json
import sys
import time
from pathlib import Path

from pyinfra.api.exceptions import PyinfraError

from webha.status.state import Report


def show(report: Report, file: str | None) -> None:
    """Print ``report``, write it to ``file`` as JSON, and end the run: exit code 0 only where all is healthy.

    Ends it here because pyinfra would ask, without ``-y``, whether to execute the nothing that there is to do.
    """
    print(report.screen(time.time()))
    if file is not None:
        Path(file).write_text(json.dumps(report.to_json(), indent=2) + "\n")
    if not report.healthy:
        raise PyinfraError("not healthy: " + ", ".join(name for name, one in report.layers.items() if not one.healthy))
    sys.exit(0)
