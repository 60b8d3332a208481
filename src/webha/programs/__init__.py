"""What of our own programs lands on a node: the archive of ``webha_node``, and the values that they read there."""

from webha.programs.archive import archive
from webha.programs.daemons import daemon
from webha.programs.values import files

__all__ = ["archive", "daemon", "files"]
