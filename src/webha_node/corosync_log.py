"""What Corosync writes of its memberships: its log is read because almost all of its services are silent while they come and go."""

import re
from collections.abc import Mapping
from pathlib import Path

LOG = Path("/var/log/corosync/corosync.log")
BACK = 65536  # bytes from which to begin


class Log:
    """The whole lines that were written since the last look, the first time those at the log's end."""

    def __init__(self) -> None:
        """Begin with what was written last."""
        self.at = max(0, self._size() - BACK)

    def _size(self) -> int:
        try:
            return LOG.stat().st_size
        except OSError:
            return 0

    def told(self) -> str:
        """Return them."""
        size = self._size()
        if size < self.at:
            self.at = 0  # the log was rotated
        if size == self.at:
            return ""
        with LOG.open("rb") as log:
            log.seek(self.at)
            text = log.read(size - self.at)
        whole = text[: text.rfind(b"\n") + 1]
        self.at += len(whole)
        return whole.decode(errors="replace")


_FORMED = re.compile(r"A new membership \(\S+\) was formed\.(?: Members)?(?: joined: ([\d ]+))?(?: ?left: ([\d ]+))?")
_FAILED = re.compile(r"Failed to receive the leave message\. failed: ([\d ]+)")


class Departures:
    """Which nodes left in order and are not back: their Corosync was stopped, the machine goes on. ``nodes``: number to name.

    Votequorum itself calls a node that left and one that was lost alike (seen on 3.1.9: LEAVING is never told without
    allow_downscale). What is not in the log has not left in order.
    """

    def __init__(self, nodes: Mapping[int, str]) -> None:
        """What the log told last counts."""
        self.nodes, self.log = nodes, Log()
        self.names: set[str] = set()

    def read(self) -> None:
        """Take in what was written since the last look."""
        for line in self.log.told().splitlines():
            if formed := _FORMED.search(line):
                self.names |= self._named(formed[2])
                self.names -= self._named(formed[1])
            elif failed := _FAILED.search(line):
                self.names -= self._named(failed[1])

    def _named(self, numbers: str | None) -> set[str]:
        return {self.nodes[int(one)] for one in (numbers or "").split() if int(one) in self.nodes}
