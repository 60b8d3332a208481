"""Apache: what runs, with which configuration."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from webha.ground.forms import AsJson

PHP_VERSIONS: Mapping[int, str] = {12: "8.2", 13: "8.4"}  # of Debian's releases

# PHP runs inside Apache, in its processes and not in threads.
PROCESSES, THREADS = "mpm_prefork", frozenset({"mpm_event", "mpm_worker"})

AGENT = "/usr/lib/ocf/resource.d/webha/apache"  # ours, ocf:webha:apache
_CLOCK = "%A, %d-%b-%Y %H:%M:%S"


@dataclass(frozen=True)
class Server(AsJson):
    """Apache on one node. Times are seconds since 1970; ``loaded_at`` None: it is not running, or does not tell.

    ``mpm``: the module of processes or threads that the running server has, None where it does not tell.
    """

    installed: bool
    running: bool
    modules: frozenset[str]
    sites: frozenset[str]
    loaded_at: float | None
    changed_at: float
    mpm: str | None = None

    @property
    def of_another_kind(self) -> bool:
        """Whether the running server has another MPM than the one on disk: a reload would end it ("cannot be changed during restart")."""
        return self.running and self.mpm is not None and self.mpm not in self.modules

    @property
    def stale(self) -> bool:
        """Whether a configuration file is newer than the configuration that the running server has read."""
        return self.running and (self.loaded_at is None or self.changed_at > self.loaded_at)


def running_mpm(status: str) -> str | None:
    """Return the module of processes or threads that the running Apache has (``mpm_event``), from ``server-status?auto``."""
    found = re.search(r"^ServerMPM: (\w+)$", status, re.MULTILINE)
    return f"mpm_{found[1].lower()}" if found else None


def modules(asked: Iterable[str], debian: int) -> tuple[str, ...]:
    """Return the modules that are enabled on this Debian release: those ``asked`` for, and what makes the pages."""
    return tuple(dict.fromkeys((*asked, PROCESSES, f"php{PHP_VERSIONS[debian]}")))


def started_at(status: str, now: float) -> float | None:
    """Return when the running Apache was started, from ``server-status?auto``.

    RestartTime is that of the last start (a graceful reload does not count, seen on 2.4); like CurrentTime it is in the
    server's zone, so only their difference is used.
    """
    values = dict(line.split(": ", 1) for line in status.splitlines() if ": " in line)
    try:
        current, restarted = (
            datetime.strptime(values[key].rsplit(" ", 1)[0], _CLOCK) for key in ("CurrentTime", "RestartTime")
        )
    except (KeyError, ValueError):
        return None
    return now - (current - restarted).total_seconds()
