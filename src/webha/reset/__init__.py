"""Back to bare machines, whole or by layer: its typed state and its decisions, which know nothing of pyinfra."""

from webha.reset.decisions import (
    LAYERS,
    OURS,
    SUPERFLUOUS,
    Belongings,
    Plan,
    Remains,
    of_others,
    ours,
    packages,
    plan,
)

__all__ = [
    "LAYERS",
    "OURS",
    "SUPERFLUOUS",
    "Belongings",
    "Plan",
    "Remains",
    "of_others",
    "ours",
    "packages",
    "plan",
]
