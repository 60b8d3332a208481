"""Apache with PHP on every node (§2.2): its typed state and its decisions, which know nothing of pyinfra."""

from webha.apache.state import (
    AGENT,
    PHP_VERSIONS,
    PROCESSES,
    THREADS,
    UNIT,
    Server,
    handed,
    mail,
    modules,
    running_mpm,
    started_at,
)

__all__ = [
    "AGENT",
    "PHP_VERSIONS",
    "PROCESSES",
    "THREADS",
    "UNIT",
    "Server",
    "handed",
    "mail",
    "modules",
    "running_mpm",
    "started_at",
]
