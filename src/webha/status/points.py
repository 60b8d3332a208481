"""What the status says of restore points."""

import time
from collections.abc import Mapping

from webha import backup
from webha.status.state import Expected, Layer, Seen


def judged(known: Mapping[str, Seen], expected: Expected) -> Layer:
    """Judge what the nodes say of them; where none are wanted, that is said."""
    if expected.backup is None:
        return Layer("off, as backup_target = None wants it")
    seen, now = {name: one.points for name, one in known.items()}, time.time()
    return Layer(
        backup.shown(seen, now),
        tuple(backup.unwell(seen, expected.backup, now, expected.backup_age, expected.log_minutes)),
    )
