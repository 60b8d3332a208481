"""Apache's sites and modules; the server itself is Pacemaker's (the document's §2.2 and §3)."""

from base64 import b64encode
from collections.abc import Iterable, Mapping

from pyinfra.api.operation import operation
from pyinfra.context import host

from webha.apache.facts import PID, RELOADED, Apache
from webha.apache.trial import APPLY, sites_and
from webha.ground import shell
from webha.ground.forms import all_of
from webha.machine.facts import Files
from webha.machine.operations import Commands, File
from webha.machine.trial import tried


@operation()
def sites(contents: Mapping[str, str], modules: Iterable[str], health_port: int) -> Commands:
    """Own the named sites (name to content) and that they, the ``modules``, and not Debian's default site, are enabled.

    ``apache2 -t`` must accept the whole before a file lands. Does nothing where all is so already. The running server
    reads it with :func:`configuration_in_force`.
    """
    server = host.get_fact(Apache, health_port=health_port)
    files = [File(f"/etc/apache2/sites-available/{name}.conf", content) for name, content in contents.items()]
    states = host.get_fact(Files, paths=tuple(file.path for file in files))
    wanted = set(all_of(modules))
    if server is None or states is None:
        yield shell.refusal("Apache's configuration cannot be read")
    elif not server.installed:
        yield shell.refusal("Apache is not installed")
    elif foreign := [path for path, one in states.items() if one.exists and not one.ours]:
        yield shell.refusal(f"{', '.join(foreign)} is there and does not say that it is ours: move it away first")
    elif (
        any(file.differs(states[file.path]) for file in files)
        or not wanted <= server.modules
        or not set(contents) <= server.sites
        or "000-default" in server.sites
    ):
        lines = "".join(f"{name} {b64encode(content.encode()).decode()}\n" for name, content in contents.items())
        listed = " ".join(sorted(wanted))
        yield tried(sites_and(listed), lines.encode())
        yield shell.script(f'{APPLY}\napply /etc/apache2 "$1"', listed, stdin=lines)
    else:
        host.noop("sites and modules are as they should be")


@operation()
def configuration_in_force(health_port: int) -> Commands:
    """Own that a running Apache has read the configuration on disk (its own and PHP's): graceful, no request is lost.

    Decides from the time the server last read its configuration. Does nothing where Apache does not run: Pacemaker
    starts it. Refuses to reload what ``apache2 -t`` does not accept.
    """
    server = host.get_fact(Apache, health_port=health_port)
    if server is None:
        yield shell.refusal("Apache's state cannot be read")
    elif not server.running:
        host.noop("Apache is not running; it reads its configuration when Pacemaker starts it")
    elif not server.stale:
        host.noop("Apache runs the configuration on disk")
    else:
        # Times count whole seconds: that of the reload must end up past those of the files.
        yield shell.script(
            f"apache2ctl -t 2>/dev/null || apache2ctl -t; sleep 1.1; kill -USR1 $(cat {PID}); mkdir -p $(dirname {RELOADED}); cp {PID} {RELOADED}"
        )


@operation()
def ready_for_the_cluster(health_port: int) -> Commands:
    """Assert that Apache is there for Pacemaker to start, with its health site; never changes anything."""
    server = host.get_fact(Apache, health_port=health_port)
    if server is None or not server.installed or "webha-health" not in server.sites:
        yield shell.refusal("Apache and its sites are not here for Pacemaker to start: run tasks/apache.py first")
    else:
        host.noop("Apache is Pacemaker's to start")
