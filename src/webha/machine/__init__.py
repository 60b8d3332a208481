"""A Debian machine: its files, packages and units, and whether it is fit to become a node: its typed state and its decisions, which know nothing of pyinfra."""

from webha.machine.decisions import shortcomings
from webha.machine.state import DaemonState, FileState, Listener, Machine, Needs, PackageState, UnitState

__all__ = ["DaemonState", "FileState", "Listener", "Machine", "Needs", "PackageState", "UnitState", "shortcomings"]
