"""Apache: what runs, with which configuration."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from shlex import quote

from webha.ground.forms import AsJson

PHP_VERSIONS: Mapping[int, str] = {12: "8.2", 13: "8.4"}  # of Debian's releases

UNIT = "apache2.service"
# PHP runs inside Apache, in its processes and not in threads.
PROCESSES, THREADS = "mpm_prefork", frozenset({"mpm_event", "mpm_worker"})

AGENT = "/usr/lib/ocf/resource.d/webha/apache"  # ours, ocf:webha:apache
_CLOCK = "%A, %d-%b-%Y %H:%M:%S"


@dataclass(frozen=True)
class Server(AsJson):
    """Apache on one node. Times are seconds since 1970; ``loaded_at`` None: it is not running, or does not tell.

    ``confs``: pieces of configuration that are enabled beside the sites; ``handed``: systemd's unit is handed to the cluster, None unknown.
    ``mpm``: the module of processes or threads that the running server has, None where it does not tell.
    """

    installed: bool
    running: bool
    modules: frozenset[str]
    sites: frozenset[str]
    loaded_at: float | None
    changed_at: float
    confs: frozenset[str] = frozenset()
    handed: bool | None = None
    mpm: str | None = None

    @property
    def of_another_kind(self) -> bool:
        """Whether the running server has another MPM than the one on disk: a reload would end it ("cannot be changed during restart")."""
        return self.running and self.mpm is not None and self.mpm not in self.modules

    @property
    def stale(self) -> bool:
        """Whether a configuration file is newer than the configuration that the running server has read."""
        return self.running and (self.loaded_at is None or self.changed_at > self.loaded_at)


# What systemd says of a unit that is the cluster's: see templates/apache/apache2.service.conf.j2.
_HANDED = {"Type": "oneshot", "ActiveState": "active", "SubState": "exited", "UnitFileState": "enabled"}


def handed(shown: str) -> bool | None:
    """Whether ``systemctl show`` tells of a unit that is handed to the cluster; None where it tells nothing."""
    values = dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)
    return None if not values.keys() >= _HANDED.keys() else {key: values[key] for key in _HANDED} == _HANDED


def running_mpm(status: str) -> str | None:
    """Return the module of processes or threads that the running Apache has (``mpm_event``), from ``server-status?auto``."""
    found = re.search(r"^ServerMPM: (\w+)$", status, re.MULTILINE)
    return f"mpm_{found[1].lower()}" if found else None


def modules(asked: Iterable[str], debian: int, *, encrypted: bool = False) -> tuple[str, ...]:
    """Return the modules that are enabled on this Debian release: those ``asked`` for, what makes the pages, and TLS where wanted."""
    return tuple(dict.fromkeys((*asked, PROCESSES, f"php{PHP_VERSIONS[debian]}", *(("ssl",) if encrypted else ()))))


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


def mail(relay: str | None, sender: str) -> dict[str, str]:
    """Return PHP's setting by which mail leaves (msmtp(1)): to ``relay``, a host with or without a port; encrypted where the relay offers it at 587.

    Nothing where there is no relay: PHP then finds no program, and says so. Raises ValueError for a ``sender`` that a shell would read otherwise.
    """
    if relay is None:
        return {}
    if quote(sender) != sender:
        raise ValueError(
            f"drupal_admin_mail {sender!r} cannot stand in a command line, by which mail would leave (site_mail_relay): name a plainer one"
        )
    server, _, port = relay.partition(":")
    words = ["/usr/bin/msmtp", f"--host={server}", f"--port={port or 25}", f"--from={sender}", "--timeout=20"]
    words += ["--tls=on", "--tls-trust-file=system"] if port == "587" else ["--tls=off"]
    return {"sendmail_path": " ".join((*words, "-t"))}
