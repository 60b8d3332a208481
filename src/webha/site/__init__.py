"""The site's releases: which lie on the volume, which one runs, and what may be done about them. Pure but for facts and operations."""

from webha.site.decisions import named, to_change, to_place, to_remove, to_return
from webha.site.state import Volume

__all__ = ["Volume", "named", "to_change", "to_place", "to_remove", "to_return"]
