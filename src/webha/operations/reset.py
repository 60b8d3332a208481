"""Taking a layer off a node (tasks/reset.py asks for the cluster's name before any of these runs)."""

from collections.abc import Iterable

from pyinfra.api.operation import operation
from pyinfra.context import host

from webha import cib, shell
from webha.facts.cluster import Cluster, LiveCib
from webha.facts.drupal import Drupal
from webha.facts.galera import SQL, Galera
from webha.facts.reset import Remains
from webha.operations.cluster import replace_configuration
from webha.operations.node import Commands

# What the removed packages brought along goes with them (autoremove), and what their scripts leave is removed by path.
_ERASE = """
prepare=$1; shift; packages=$1; shift
eval "$prepare"
if [ -n "$packages" ]; then
  export DEBIAN_FRONTEND=noninteractive
  known=$(dpkg-query -W -f='${db:Status-Abbrev} ${Package}\\n' $packages 2>/dev/null | grep -v '^un' | awk '{print $NF}' || :)
  [ -z "$known" ] || apt-get -q -y -o DPkg::Lock::Timeout=600 purge --auto-remove $known
fi
[ $# -eq 0 ] || rm -rf -- "$@"
systemctl daemon-reload; systemctl reset-failed
"""


@operation()
def erased(packages: Iterable[str], paths: Iterable[str], prepare: str = ":") -> Commands:
    """Own that the node has none of ``packages`` and ``paths``; ``prepare`` (a trusted script) stops and unmounts first.

    Does nothing where nothing of them is left.
    """
    purged, removed = tuple(packages), tuple(paths)
    remains = host.get_fact(Remains, packages=purged, paths=removed)
    if remains is None:
        yield shell.refusal("what is left of this layer cannot be read")
    elif not remains:
        host.noop("nothing is left of it")
    else:
        yield shell.script(_ERASE, prepare, " ".join(purged), *removed)


@operation()
def unconfigured(ids: Iterable[str], seconds: int = 120) -> Commands:
    """Own that the cluster has none of the objects ``ids``: resources are stopped and their constraints go with them.

    Does nothing where Pacemaker does not run (its configuration goes with the layer ``cluster``) or has none of them.
    """
    peer = host.get_fact(Cluster)
    if peer is None:
        yield shell.refusal("the cluster's state is unknown")
        return
    if not peer.installed or peer.pacemaker != "active":
        host.noop("pacemaker does not run here")
        return
    live = host.get_fact(LiveCib)
    if live is None:
        yield shell.refusal("pacemaker does not answer, so what is configured is unknown")
        return
    configuration, removed = cib.without(live, ids)
    if not removed:
        host.noop("none of them is configured")
        return
    yield replace_configuration(live, configuration)
    yield shell.run("crm_resource", "--wait", "--timeout", f"{seconds}s")


@operation()
def site_erased(root: str, database: str, user: str, code: bool = True) -> Commands:
    """Own that the site's database and account, and with ``code`` all that is on the volume, are gone; for one node only.

    Does nothing where a layer below is gone already (its data went with it). Refuses while the node is in no primary
    component although MariaDB runs: the drop would stay on this node alone.
    """
    site = host.get_fact(Drupal, root=root, database=database, user=user)
    member = host.get_fact(Galera)
    if site is None or member is None:
        yield shell.refusal("what is left of the site cannot be read")
        return
    if member.runs and not member.synced:
        yield shell.refusal("the database is not in a reachable primary component")
        return
    erase_database = member.synced and (site.database or site.password_hash is not None)
    erase_code = code and site.mounted and site.code != "none"
    if not erase_database and not erase_code:
        host.noop("no site is left")
        return
    if erase_database:
        yield shell.script(f"{SQL} \"DROP DATABASE IF EXISTS $1; DROP USER IF EXISTS '$2'@localhost\"", database, user)
    if erase_code:
        yield shell.script('cd "$1"; find . -mindepth 1 -maxdepth 1 -exec rm -rf {} +', root)
