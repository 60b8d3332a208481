"""Apache's sites and modules; the server itself is Pacemaker's (the document's §2.2 and §3)."""

from base64 import b64encode
from collections.abc import Iterable, Mapping

from pyinfra.api.operation import operation
from pyinfra.context import host

from webha import apache
from webha.apache.facts import PID, RELOADED, RUNNING, Apache
from webha.apache.trial import APPLY, sites_and
from webha.ground import shell
from webha.ground.forms import all_of
from webha.machine.facts import Files
from webha.machine.operations import Commands, File
from webha.machine.trial import tried


@operation()
def sites(
    contents: Mapping[str, str], protections: Mapping[str, str], modules: Iterable[str], health_port: int
) -> Commands:
    """Own the named sites and the server's ``protections`` (name to content), and that they, the ``modules``, and not Debian's default
    site, are enabled.

    Where processes are among the modules, threads are not: PHP's module takes no part in them.

    ``apache2 -t`` must accept the whole before a file lands. Does nothing where all is so already. The running server
    reads it with :func:`configuration_in_force`.
    """
    server = host.get_fact(Apache, health_port=health_port)
    kinds = {"site sites": contents, "conf conf": protections}
    files = [
        File(f"/etc/apache2/{kind.split()[1]}-available/{name}.conf", content)
        for kind, named in kinds.items()
        for name, content in named.items()
    ]
    states = host.get_fact(Files, paths=tuple(file.path for file in files))
    wanted = set(all_of(modules))
    others = apache.THREADS - wanted if apache.PROCESSES in wanted else frozenset[str]()
    if server is None or states is None:
        yield shell.refusal("Apache's configuration cannot be read")
    elif not server.installed:
        yield shell.refusal("Apache is not installed")
    elif foreign := [path for path, one in states.items() if one.exists and not one.ours]:
        yield shell.refusal(f"{', '.join(foreign)} is there and does not say that it is ours: move it away first")
    elif (
        any(file.differs(states[file.path]) for file in files)
        or not wanted <= server.modules
        or others & server.modules
        or not set(contents) <= server.sites
        or not set(protections) <= server.confs
        or "000-default" in server.sites
    ):
        lines = "".join(
            f"{kind} {name} {b64encode(content.encode()).decode()}\n"
            for kind, named in kinds.items()
            for name, content in named.items()
        )
        on, off = " ".join(sorted(wanted)), " ".join(sorted(others))
        yield tried(sites_and(on, off), lines.encode())
        yield shell.script(f'{APPLY}\napply /etc/apache2 "$1" "$2"', on, off, stdin=lines)
    else:
        host.noop("sites and modules are as they should be")


_END = f"pid=$(cat {PID}); kill -TERM $pid; for i in $(seq 150); do [ -d /proc/$pid ] || break; sleep 0.2; done"
_BACK = f"! systemctl -q is-active pacemaker || {{ {RUNNING}; }}"


@operation()
def configuration_in_force(health_port: int) -> Commands:
    """Own that a running Apache has read the configuration on disk (its own and PHP's): graceful, no request is lost.

    Decides from the time the server last read its configuration. One that somebody started with threads is ended, for Pacemaker to
    start anew: no reload changes that, and what it hands out is no page. Does nothing where Apache does not run: Pacemaker
    starts it. Refuses to reload what ``apache2 -t`` does not accept.
    """
    server = host.get_fact(Apache, health_port=health_port)
    if server is None:
        yield shell.refusal("Apache's state cannot be read")
    elif not server.running:
        host.noop("Apache is not running; it reads its configuration when Pacemaker starts it")
    elif server.of_another_kind:
        yield shell.script(f"apache2ctl -t 2>/dev/null || apache2ctl -t; {_END}")
        yield shell.until(_BACK, 90, "Apache started again by Pacemaker", "crm_mon -1rf | tail -n 20")
    elif not server.stale:
        host.noop("Apache runs the configuration on disk")
    else:
        # Times count whole seconds: that of the reload must end up past those of the files.
        yield shell.script(
            f"apache2ctl -t 2>/dev/null || apache2ctl -t; sleep 1.1; kill -USR1 $(cat {PID}); mkdir -p $(dirname {RELOADED}); cp {PID} {RELOADED}"
        )


# A running unit with processes is a server that systemd started itself, before the unit was handed over. It goes on (KillMode=none).
_HAND_OVER = f"""
systemctl daemon-reload
[ "$(systemctl show -p SubState --value {apache.UNIT})" != running ] || systemctl stop {apache.UNIT}
systemctl -q enable {apache.UNIT}; systemctl reset-failed {apache.UNIT} 2>/dev/null || :
systemctl start {apache.UNIT} || {{ journalctl -q -n 15 --no-pager -o cat -u {apache.UNIT} >&2; exit 1; }}
"""


@operation()
def handed_over(health_port: int) -> Commands:
    """Own that systemd's unit of Apache is the cluster's: it starts, restarts and stops nothing, and a reload is graceful.

    A server that systemd runs itself goes on, as Pacemaker's. Does nothing where the unit is handed over already.
    """
    server = host.get_fact(Apache, health_port=health_port)
    if server is None or server.handed is None:
        yield shell.refusal(f"systemd says nothing of {apache.UNIT}")
    elif server.handed:
        host.noop(f"{apache.UNIT} is the cluster's")
    else:
        yield shell.script(_HAND_OVER)


@operation()
def ready_for_the_cluster(health_port: int) -> Commands:
    """Assert that Apache is there for Pacemaker to start, with its health site; never changes anything."""
    server = host.get_fact(Apache, health_port=health_port)
    if server is None or not server.installed or "webha-health" not in server.sites:
        yield shell.refusal("Apache and its sites are not here for Pacemaker to start: run tasks/apache.py first")
    else:
        host.noop("Apache is Pacemaker's to start")
