"""§2.1.2 Names: every node in every node's /etc/hosts."""

from webha.hosts import operations as hosts
from webha.run import context

if context.on_a_node():
    hosts.names(name="Hosts: every node by name", nodes=context.nodes())
