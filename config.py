"""pyinfra's own settings: no host may be lost silently, and only the release this was built against runs it."""

from pyinfra import config

config.REQUIRE_PYINFRA_VERSION = ">=3.10,<3.11"
# One node that fails stops the run for all: nothing is decided for a cluster that is seen in part.
config.FAIL_PERCENT = 0
