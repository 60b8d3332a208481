"""Every node's name in every node's /etc/hosts (the document's §2.1.2)."""

from collections.abc import Iterable

from pyinfra.api.operation import operation
from pyinfra.context import host

from webha.ground import shell
from webha.hosts import CLOUD_INIT_NAMES, elsewhere, with_nodes, without_nodes
from webha.hosts.facts import HOSTS, TEMPLATE, Hosts
from webha.machine.operations import Commands, File, place
from webha.run.inventory import Node

# cloud-init writes /etc/hosts anew at each boot where manage_etc_hosts is on: its template is given the same lines,
# for user data outranks this file.
CLOUD_INIT = File(
    "/etc/cloud/cloud.cfg.d/99-webha-hosts.cfg",
    "# The cluster's names come from /etc/hosts.\nmanage_etc_hosts: false\n",
)


@operation()
def names(nodes: Iterable[Node], present: bool = True) -> Commands:
    """Own one block of /etc/hosts (and of cloud-init's template of it), and hide the loopback line of the node's own name.

    Does nothing where the lines are there. ``present=False`` restores the file as it was. Refuses where it cannot be read, and where a
    line of somebody's says that a node is elsewhere.
    """
    state = host.get_fact(Hosts)
    if state is None:
        yield shell.refusal(
            f"{HOSTS} (or {TEMPLATE}) cannot be read, or is no UTF-8 text and would lose what it is written back without: "
            f"iconv -f latin1 -t utf-8 {HOSTS}"
        )
        return
    listed = list(nodes)
    # Lines that the block's making hides are no longer read.
    if present and (wrong := elsewhere(with_nodes(state.hosts, listed), listed, host.name)):
        yield shell.refusal("; ".join(wrong))
        return
    changes = []
    for path, text in ((HOSTS, state.hosts), (TEMPLATE, state.template)):
        if text is None:
            continue
        own = CLOUD_INIT_NAMES if path == TEMPLATE else ()
        wanted = with_nodes(text, listed, own) if present else without_nodes(text)
        if wanted != text:
            changes.append(File(path, wanted))
    if not changes:
        host.noop("names are as they should be")
        return
    if state.template is not None:  # first: a run that dies here finds the names still to change and does this again
        yield place(CLOUD_INIT) if present else shell.run("rm", "-f", CLOUD_INIT.path)
    for change in changes:
        yield place(change)


@operation()
def known(nodes: Iterable[Node]) -> Commands:
    """Assert that this node's hosts file names every node, and none of them elsewhere; never changes anything."""
    state = host.get_fact(Hosts)
    listed = list(nodes)
    missing = [
        node.name for node in listed if state is None or f"{node.address} {node.fqdn} {node.name}\n" not in state.hosts
    ]
    if state is None or missing:
        yield shell.refusal(f"{HOSTS} does not name {', '.join(missing)}: run tasks/hosts.py first")
    elif wrong := elsewhere(state.hosts, listed, host.name):
        yield shell.refusal("; ".join(wrong))
    else:
        host.noop("every node is known by name")
