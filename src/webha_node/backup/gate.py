"""The gate of this node's pages: shut, no request comes in; then those that are inside are waited for.

Every request of the site goes through the gate and is inside until it ends (``templates/site/gate.part``): two locks of flock(2), which go
with whoever holds them, so that nothing stays shut for a process that has died. A page waits one and a half seconds at a shut gate, then
it goes in all the same.
"""

import fcntl
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

NOTES = Path("/run/webha")  # tmpfiles.d makes both at boot
GATE, INSIDE = NOTES / "pages.gate", NOTES / "pages.inside"
_STEP = 0.005  # seconds


class Gate:
    """The gate while it is shut. ``since``: when, by the clock that only goes forward."""

    def __init__(self, gate: IO[str], inside: IO[str]) -> None:
        self._files = gate, inside
        self.since = time.monotonic()

    def open(self) -> float:
        """Open it; return for how many seconds it was shut."""
        for file in reversed(self._files):
            file.close()
        return time.monotonic() - self.since


def shut(seconds: float) -> Gate | None:
    """Shut the gate and wait until nobody is inside; None, and open again: somebody still was after so many ``seconds``."""
    gate, inside = _opened(GATE), _opened(INSIDE)
    shut = Gate(gate, inside)
    for file in (gate, inside):
        if not _taken(file, shut.since + seconds):
            shut.open()
            return None
    return shut


@contextmanager
def passing() -> Generator[None]:
    """Be inside, as a page is; for tests and for programs of ours."""
    with _opened(GATE) as gate, _opened(INSIDE) as inside:
        for file in (gate, inside):
            _taken(file, float("inf"), fcntl.LOCK_SH)
        fcntl.flock(gate, fcntl.LOCK_UN)
        yield


def _opened(path: Path) -> IO[str]:
    path.parent.mkdir(exist_ok=True)
    path.touch()
    path.chmod(0o644)  # pages open it, whatever this program's umask is
    return path.open()


def _taken(file: IO[str], end: float, kind: int = fcntl.LOCK_EX) -> bool:
    while True:
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                return False
            time.sleep(_STEP)
        else:
            return True
