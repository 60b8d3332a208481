"""pyinfra's own settings: no host may be lost silently, and only the release this was built against runs it."""

from pathlib import Path
from sys import argv

import pyinfra_cli.cli
from pyinfra import config

config.REQUIRE_PYINFRA_VERSION = ">=3.10,<3.11"
# One node that fails stops the run for all: nothing is decided for a cluster that is seen in part. The status changes
# nothing and has to answer just then, and soon.
looks_only = any(Path(word).name == "status.py" for word in argv)
config.FAIL_PERCENT = 100 if looks_only else 0
config.CONNECT_TIMEOUT = 4 if looks_only else 10
if looks_only:
    # Without -y pyinfra asks whether to go on without the nodes it did not reach. Nothing is executed, so: yes.
    pyinfra_cli.cli._do_confirm = lambda _question: True
