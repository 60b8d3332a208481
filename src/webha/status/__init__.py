"""The state of the whole stack on one screen: its typed state and its decisions, which know nothing of pyinfra."""

from webha.status.decisions import FULL, LAYERS, Nodes, report
from webha.status.state import Expected, Layer, Report, Seen

__all__ = ["FULL", "LAYERS", "Expected", "Layer", "Nodes", "Report", "Seen", "report"]
