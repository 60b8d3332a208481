"""The programs that live on the nodes: Python's standard library only, 3.11 to 3.13, shipped as one zipapp.

A program is a module with a ``Values`` dataclass, its section of /etc/webha/node.json, and a ``main`` that takes them. It imports
what it needs when it starts and nothing later: the archive may be replaced under it.
"""

# The name on the command line, and of the section in node.json: its module.
PROGRAMS = {
    "aside": "webha_node.aside",
    "backup": "webha_node.backup.program",
    "departure": "webha_node.departure",
    "docroot-keeper": "webha_node.docroot",
    "galera-keeper": "webha_node.galera.keeper",
    "guard": "webha_node.guard",
    "handover": "webha_node.handover",
    "ready": "webha_node.ready",
    "site": "webha_node.site.program",
}
