"""§2.1.2 Names: every node in every node's /etc/hosts."""

from webha import deploy
from webha.operations import hosts

if deploy.on_a_node():
    hosts.names(name="Hosts: every node by name", nodes=deploy.nodes())
