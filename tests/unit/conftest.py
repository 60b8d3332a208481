"""pyinfra's command line patches the standard library (gevent): before anything that speaks TLS is imported."""

import pyinfra_cli  # noqa: F401
