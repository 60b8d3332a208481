"""The cluster's names in /etc/hosts (the document's §2.1.2), and what must no longer win over them."""

from collections.abc import Iterable

from webha.run.inventory import Node

BEGIN = "# webha: the cluster's nodes"
END = "# webha: end"
HIDDEN = "# webha hides: "
CLOUD_INIT_NAMES = ("{{fqdn}}", "{{hostname}}")


def with_nodes(text: str, nodes: Iterable[Node], own_names: Iterable[str] = ()) -> str:
    """Return the hosts file ``text`` with a block naming every node, all other lines as they were.

    Debian maps a host's own name to 127.0.1.1; Galera, corosync and Gluster on that host would then announce an
    address nobody else reaches. Such a loopback line loses the nodes' names (and ``own_names``, the placeholders of
    a cloud-init template); a line left without a name is kept as a comment, so that :func:`without_nodes` restores it.
    """
    listed = list(nodes)
    taken = {name for node in listed for name in (node.name, node.fqdn)} | set(own_names)
    block = [BEGIN, *(f"{node.address} {node.fqdn} {node.name}" for node in listed), END]
    kept = [_hide(line, taken) for line in _lines(without_nodes(text))]
    return "\n".join([*kept, *block]) + "\n"


def without_nodes(text: str) -> str:
    """Return ``text`` as it was before :func:`with_nodes`. Of a block whose end is missing the lines stay: whose they are is unknown."""
    kept: list[str] = []
    block: list[str] | None = None
    for line in _lines(text):
        if line == BEGIN:
            kept += block or []
            block = []
        elif line == END and block is not None:
            block = None
        elif block is not None:
            block.append(line)
        else:
            kept.append(line)
    return "".join(f"{line.removeprefix(HIDDEN)}\n" for line in [*kept, *(block or [])])


def _lines(text: str) -> list[str]:
    """Take the file apart at its newlines alone; Python knows more ends of a line, which are the administrator's."""
    lines = text.split("\n")
    return lines if lines[-1] else lines[:-1]


def elsewhere(text: str, nodes: Iterable[Node], own: str) -> list[str]:
    """Say which lines of the hosts file ``text`` give a node's name another IPv4 address, on the node ``own``.

    Such a line wins over the block, or is answered beside it; nobody here asks for the full name. The node's own name on a loopback address is let be: only Gluster looks
    names up here, and takes that for itself.
    """
    found = []
    for line in _lines(text):
        address, *names = line.split("#", 1)[0].split() or [""]
        called = {one.lower() for one in names}
        for node in nodes:
            loopback = address.startswith("127.") and node.name == own
            if node.name.lower() in called and "." in address and address != node.address and not loopback:
                found.append(
                    f"{node.name} is {address} by a line of {own}'s /etc/hosts ({line.strip()}), and {node.address} is expected: take it out there"
                )
    return found


def _hide(line: str, taken: set[str]) -> str:
    words = line.split("#", 1)[0].split()
    if words and words[0].startswith("127.") and words[0] != "127.0.0.1" and taken & set(words[1:]):
        return HIDDEN + line
    return line
