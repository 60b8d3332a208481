"""Corosync and Pacemaker: one key, one configuration, all nodes online (the document's §2.3.2)."""

from collections.abc import Generator, Iterable

from pyinfra.api.command import PyinfraCommand, StringCommand
from pyinfra.api.operation import operation
from pyinfra.context import host, inventory

from webha import cluster
from webha.cluster import cib, conflicts
from webha.cluster.facts import (
    CONFIGURATION,
    KEY,
    LOOK_AT_PAGE,
    RUNNING_CONFIGURATION,
    RUNNING_KEY,
    Cluster,
    LiveCib,
    SitePage,
)
from webha.ground import shell
from webha.ground.forms import all_of
from webha.machine.operations import Commands
from webha.run import ending
from webha.run.across import done, everyone, given, read_secret, telling

_DIAGNOSIS = "timeout 10 crm_mon -1rf; journalctl -u corosync -u pacemaker -n 15 --no-pager -o cat"


@operation()
def stray_removed(cluster_name: str, nodes: Iterable[str]) -> Commands:
    """Own that no other cluster lives on this node: Debian's shipped one-node cluster "debian" is stopped and forgotten.

    Ours that runs as that one, its corosync.conf lost, is stopped; its configuration stays where no other of the ``nodes`` has it.
    Does nothing where the node is bare or ours; refuses where it belongs to somebody else's cluster.
    """
    peers = everyone(Cluster, nodes)
    verdict = cluster.stray(peers[host.name], cluster_name, peers)
    if verdict.action == "refuse":
        yield shell.refusal(verdict.reason)
    elif verdict.action == "nothing":
        host.noop(verdict.reason)
    elif verdict.action == "stop":
        yield shell.script("systemctl stop pacemaker.service corosync.service")
    else:
        yield shell.script(
            "systemctl stop pacemaker.service corosync.service; rm -rf /var/lib/pacemaker/cib/* /var/lib/corosync/ringid_*"
        )


@operation()
def key_made(nodes: Iterable[str]) -> Commands:
    """Own that some node has the ring's key; for the first node only. Made once, where no node has one."""
    verdict = cluster.key(everyone(Cluster, nodes))
    if verdict.action == "refuse":
        yield shell.refusal(verdict.reason)
    elif verdict.action == "make":
        yield shell.script(
            'umask 077; corosync-keygen -k "$1.new" >/dev/null; chmod 400 "$1.new"; mv "$1.new" "$1"', KEY
        )
    else:
        host.noop(verdict.reason)


@operation()
def key_carried(nodes: Iterable[str]) -> Commands:
    """Own that this node has the key that the others have. It passes through this run's memory, never through a file here."""
    peers = everyone(Cluster, nodes)
    verdict = cluster.key(peers)
    mine = peers[host.name]
    if verdict.source is None or mine is None:
        yield shell.refusal(verdict.reason)
    elif mine.key:
        host.noop(verdict.reason)
    else:
        content = read_secret(verdict.source, KEY)
        yield shell.script('umask 077; base64 -d > "$1.new"; chmod 400 "$1.new"; mv "$1.new" "$1"', KEY, stdin=content)


@operation()
def key_rotated(nodes: Iterable[str]) -> Generator[PyinfraCommand, None, None]:
    """Give the ring another key on all ``nodes`` while it runs; for one node only. A verb: it always does.

    The key comes to every node first; then corosync takes it on all of them in one reload of its own (corosync 3.1, knet). A run that
    was cut off leaves a key on disk that does not run: the next one goes on with another.
    """
    names, own = all_of(nodes), host.name
    peers = everyone(Cluster, names)
    if missing := [name for name, one in peers.items() if one is None or not one.runs]:
        yield shell.refusal(
            f"corosync of {', '.join(missing)} does not run, or does not say so: it would keep the former key"
        )
        return
    if apart := [line for one in peers.values() if one is not None for line in cluster.offline(one.status, names)]:
        yield shell.refusal(
            f"{'; '.join(dict.fromkeys(apart))}: who does not hear the others would keep the former key"
        )
        return
    more = given()

    def rotate() -> None:
        def on(name: str, text: str, stdin: str | None = None) -> str:
            return done(inventory.get_host(name), shell.script(text, KEY, stdin=stdin), 60, more)

        on(own, 'umask 077; corosync-keygen -k "$1.new" >/dev/null')
        content = read_secret(own, f"{KEY}.new")
        for name in names:
            on(name, 'umask 077; base64 -d > "$1.new"; chmod 400 "$1.new"', stdin=content)
        for name in names:
            on(name, 'mv "$1.new" "$1"')
        on(own, "corosync-cfgtool -R")
        for name in names:
            on(name, _note_running())

    command, said = telling(rotate)
    yield command
    if said:
        yield shell.refusal(f"{said[0]}: run this again")
    else:
        yield _online(names, 60)


def _note_running() -> str:
    return (
        f"mkdir -p /run/webha; sha256sum < {KEY} > {RUNNING_KEY}; "
        f"cp {CONFIGURATION} {RUNNING_CONFIGURATION}.new; mv {RUNNING_CONFIGURATION}.new {RUNNING_CONFIGURATION}"
    )


def _online(names: Iterable[str], seconds: int) -> StringCommand:
    conditions = " && ".join(
        f'printf \'%s\' "$s" | grep -q \'<node name="{name}".* online="true".* pending="false"\'' for name in names
    )
    return shell.until(
        f"s=$(timeout 10 crm_mon -1 --output-as=xml) && {conditions} && printf '%s' \"$s\" | grep -q 'with_quorum=\"true\"'",
        seconds,
        f"{', '.join(names)} online with quorum",
        _DIAGNOSIS,
    )


@operation()
def configuration_in_force(seconds: int = 120) -> Commands:
    """Own that a running corosync runs the configuration on disk; run it for one node at a time.

    Reloads where corosync can take a change over while it runs (the token, say), else restarts this node's cluster
    stack, resources moving away first. Does nothing where it runs that configuration, or does not run at all.
    Refuses a changed key: nodes with different keys do not see each other, so it needs a stop of the whole cluster.
    """
    verdict = cluster.in_force(host.get_fact(Cluster))
    if verdict.action == "refuse":
        yield shell.refusal(verdict.reason)
    elif verdict.action in ("nothing", "start"):
        host.noop(verdict.reason)
    elif "authkey" in verdict.differing:
        yield shell.refusal(
            "the corosync key on disk is not the one corosync runs with: 'tasks/rotate.py --data part=corosync' gives all nodes another one while they run"
        )
    elif verdict.action == "reload":
        yield shell.script(f"corosync -t -c {CONFIGURATION}; corosync-cfgtool -R; {_note_running()}")
    else:
        yield shell.script(
            f"corosync -t -c {CONFIGURATION}; systemctl stop pacemaker corosync; systemctl start corosync pacemaker"
        )
        yield _online([host.name], seconds)


@operation()
def online(nodes: Iterable[str], seconds: int = 120, wait: bool = True) -> Commands:
    """Own that all nodes, and no others, are online in one quorate cluster with a coordinator; waits for it (without ``wait``: refuses).

    Does nothing where that is so already. Fails after ``seconds`` with what crm_mon shows.
    """
    names = all_of(nodes)
    peer = host.get_fact(Cluster)
    wrong = cluster.offline(peer.status if peer else None, names)
    if not wrong:
        host.noop("all nodes are online with quorum")
        return
    unknown = cluster.strangers(peer.status if peer else None, names)
    if unknown:
        yield shell.refusal("; ".join(unknown) + ": remove it with 'crm_node -R NAME --force', then run this again")
        return
    if not wait:
        yield shell.refusal("; ".join(wrong) + ": run tasks/cluster.py first")
        return
    yield _online(names, seconds)


# Pacemaker replaces the section in one transaction; the version is compared so that nobody's change is overwritten.
_REPLACE = """
new=$(mktemp); trap 'rm -f "$new"' EXIT; cat > "$new"
version=$(timeout 20 cibadmin --query | sed -n '1,/>/p' | tr '\\n' ' ' | sed -n 's/.*<cib \\([^>]*\\)>.*/ \\1/p')
epoch=$(printf '%s' "$version" | sed -n 's/.* epoch="\\([0-9]*\\)".*/\\1/p')
admin=$(printf '%s' "$version" | sed -n 's/.*admin_epoch="\\([0-9]*\\)".*/\\1/p')
if [ "$admin.$epoch" != "$1" ]; then
  echo "the cluster's configuration changed while it was read ($1, now $admin.$epoch): run this again" >&2; exit 1
fi
timeout 60 cibadmin --replace --scope configuration --xml-file "$new" || {
  echo "pacemaker did not take the configuration" >&2; exit 1; }
"""


def replace_configuration(live: cib.Cib, configuration: str) -> StringCommand:
    """Return the command that puts ``configuration`` in place of ``live``, in one transaction."""
    return shell.script(_REPLACE, live.version, stdin=configuration)


@operation()
def configured(wanted: cib.Wanted) -> Commands:
    """Own the properties, resources and constraints of ``wanted`` in the CIB; for one node only.

    Compares with the live CIB first and sends nothing where all is there. Everything of an administrator's own stays:
    other resources, target-role, parameters not named here. Refuses where that is in the way: an object under a name of ours, a
    clone, bundle or group around a resource of ours that cannot run as it should in there.
    """
    live = host.get_fact(LiveCib)
    if live is None:
        yield shell.refusal("pacemaker does not answer, so what is configured is unknown; run tasks/cluster.py first")
        return
    if wrong := conflicts.unfit(live, wanted):
        yield shell.refusal("; ".join(wrong))
        return
    configuration, changes = cib.merged(live, wanted)
    if not changes:
        host.noop("the cluster's configuration is as it should be")
        return
    yield replace_configuration(live, configuration)


@operation()
def running(everywhere: str, once: str, nodes: Iterable[str], seconds: int = 180) -> Commands:
    """Own that the cloned resource ``everywhere`` is active on all ``nodes`` and ``once`` on one of them; waits for it.

    Forgets failed actions first where they keep a resource stopped or blocked (their cause may be mended since).
    What an administrator left in Pacemaker is said at the run's end; where that is what keeps them from running, it is refused at
    once, with the command that ends it. Does nothing where all run as they should.
    """
    names = all_of(nodes)
    peer = host.get_fact(Cluster)
    if peer is None or peer.status is None:
        yield shell.refusal("pacemaker does not answer; run tasks/cluster.py first")
        return
    left = cluster.administration(peer, (everywhere, f"{everywhere}-clone", once))
    for line in left:
        ending.say_at_end(line)
    if not cluster.misplaced(peer.status, everywhere, once, names):
        host.noop(f"{everywhere} runs on all nodes, {once} on {', '.join(peer.status.places(once))}")
        return
    if forbidden := cluster.forbidden(peer, everywhere, once):
        yield shell.refusal("; ".join(forbidden))
        return
    for name in (everywhere, once):
        yield shell.run("crm_resource", "--cleanup", "--resource", name)
    located = "timeout 10 crm_resource --resource {} --locate 2>/dev/null | grep -c ' running on: '"
    yield shell.until(
        f'[ "$({located.format(everywhere)})" = {len(names)} ] && [ "$({located.format(once)})" = 1 ]',
        seconds,
        f"{everywhere} running on all nodes and {once} on one",
        _DIAGNOSIS,
    )


@operation()
def served(
    address: str,
    resource: str,
    site: str,
    schemes: Iterable[str] = ("http",),
    *,
    empty: bool = False,
    seconds: int = 60,
) -> Commands:
    """Own that a page of ``site`` answers at ``address`` by each of the ``schemes`` (any status below 500), seen from this node; waits for it.

    ``empty``: a site that still waits for its database answers with any status.

    Tells the run's end which node has ``resource``, the address.
    """
    missing = []
    for url in (f"{scheme}://{address}/" for scheme in all_of(schemes)):
        page = host.get_fact(SitePage, url=url)
        if page is None or not page.served(site, empty):
            missing.append(url)
    for url in missing:
        probe = LOOK_AT_PAGE.format(seconds=15, url=url)
        yield shell.until(
            f'case "$({probe})" in [{"12345" if empty else "1234"}]??" {site}") true;; *) false;; esac',
            seconds,
            f"a page of this site at {url} (another one's is none: run tasks/apache.py, then 'apachectl -S' on its holder)",
            f"{probe}; {_DIAGNOSIS}",
        )
    if not missing:
        host.noop(f"a page of this site answers at {address}")
    peer = host.get_fact(Cluster)
    if peer is not None and peer.status is not None:
        ending.served(address, " and ".join(sorted(peer.status.places(resource))) or "no node")
