"""The node's Apache."""

from typing import ClassVar

from webha import apache
from webha.ground import probe
from webha.ground.fact import ABSENT, ANY, Probe

PID = "/run/apache2/apache2.pid"
RUNNING = f"[ -e {PID} ] && [ -d /proc/$(cat {PID}) ]"
SHOW_UNIT = f"systemctl show -p Type,ActiveState,SubState,UnitFileState {apache.UNIT}"
RELOADED = "/run/webha/apache.reloaded"  # holds the server's PID, as old as our last graceful reload of it


class Apache(Probe[apache.Server]):
    """One :class:`webha.apache.Server`; ``health_port`` is where the loopback vhost shows server-status."""

    statuses: ClassVar = {"installed": ABSENT, "running": (1,), "status": ANY, "unit": ANY}

    def command(self, health_port: int) -> str:
        """Ask the files, the process and the status page."""
        return probe.script(
            {
                "installed": "command -v apache2",
                "running": RUNNING,
                "modules": "ls /etc/apache2/mods-enabled 2>/dev/null || true",
                "sites": "ls /etc/apache2/sites-enabled 2>/dev/null || true",
                "confs": "ls /etc/apache2/conf-enabled 2>/dev/null || true",
                "unit": SHOW_UNIT,
                "status": f"curl -s -f -m 5 'http://127.0.0.1:{health_port}/server-status?auto'",
                "reloaded": f'[ "$(cat {RELOADED} 2>/dev/null)" != "$(cat {PID} 2>/dev/null)" ] || stat -c %Y {RELOADED} 2>/dev/null || true',
                "changed": "find /etc/apache2 /etc/php ! -type d -printf '%T@\\n' 2>/dev/null | sort -n | tail -n 1",
                "now": "date +%s",
            }
        )

    def answer(self, answers: probe.Answers) -> apache.Server:
        """Put the answers together."""
        running = answers["running"].ok
        now = float(answers["now"].text)
        started = apache.started_at(answers["status"].text, now) if running and answers["status"].ok else None
        reloaded = float(answers["reloaded"].text or 0)
        return apache.Server(
            installed=answers["installed"].ok,
            running=running,
            modules=frozenset(
                line.removesuffix(".load") for line in answers["modules"].lines if line.endswith(".load")
            ),
            sites=frozenset(line.removesuffix(".conf") for line in answers["sites"].lines),
            loaded_at=None if started is None else max(started, reloaded),
            changed_at=float(answers["changed"].text or 0),
            confs=frozenset(line.removesuffix(".conf") for line in answers["confs"].lines),
            handed=apache.handed(answers["unit"].text) if answers["unit"].ok else None,
            mpm=apache.running_mpm(answers["status"].text) if running and answers["status"].ok else None,
        )
