"""Every node's name on every node (§2.1.2): its typed state and its decisions, which know nothing of pyinfra."""

from webha.hosts.decisions import BEGIN, CLOUD_INIT_NAMES, END, HIDDEN, elsewhere, with_nodes, without_nodes

__all__ = ["BEGIN", "CLOUD_INIT_NAMES", "END", "HIDDEN", "elsewhere", "with_nodes", "without_nodes"]
