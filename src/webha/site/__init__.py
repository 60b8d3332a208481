"""The site's releases: which lie on the volume, which one runs, and what may be done about them. Pure but for facts and operations."""

from webha.site.decisions import (
    NO_HOLDER,
    named,
    shown,
    to_begin,
    to_bring,
    to_change,
    to_clear,
    to_place,
    to_remove,
    to_return,
    unwell,
)
from webha.site.state import Volume

__all__ = [
    "NO_HOLDER",
    "Volume",
    "named",
    "shown",
    "to_begin",
    "to_bring",
    "to_change",
    "to_clear",
    "to_place",
    "to_remove",
    "to_return",
    "unwell",
]
