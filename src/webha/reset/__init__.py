"""Back to bare machines, whole or by layer: its typed state and its decisions, which know nothing of pyinfra."""

from webha.reset.decisions import (
    LAYERS,
    OUR_APT,
    SUPERFLUOUS,
    Belongings,
    Plan,
    Remains,
    installed_by_us,
    of_others,
    packages,
    plan,
)

__all__ = [
    "LAYERS",
    "OUR_APT",
    "SUPERFLUOUS",
    "Belongings",
    "Plan",
    "Remains",
    "installed_by_us",
    "of_others",
    "packages",
    "plan",
]
