"""What the client saw, in numbers."""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Request:
    """One request of the client; ``status`` 0: no answer in time. Times in seconds."""

    kind: str
    number: int
    begin: float
    end: float
    status: int
    node: str

    @property
    def good(self) -> bool:
        """Whether it was answered as it should be."""
        return self.status == 200


def longest_gap(requests: Iterable[Request], start: float, stop: float) -> float:
    """Return the longest time between two good answers, the ends of the measured time counted as answers."""
    ends = sorted(one.end for one in requests if one.good and start <= one.end <= stop)
    times = [start, *ends, stop]
    return max(later - earlier for earlier, later in itertools.pairwise(times))


def summary(requests: list[Request], start: float, stop: float) -> dict[str, Any]:
    """Return what a person wants to know of the time between ``start`` (the fault) and ``stop``."""
    reads = [one for one in requests if one.kind == "read"]
    writes = [one for one in requests if one.kind == "write"]
    during = [one for one in requests if start <= one.begin <= stop]
    good = sorted(one.end - one.begin for one in during if one.good)
    return {
        "gap_s": round(longest_gap(requests, start, stop), 2),
        "read_gap_s": round(longest_gap(reads, start, stop), 2),
        "write_gap_s": round(longest_gap(writes, start, stop), 2),
        "requests": len(during),
        "errors": sum(not one.good for one in during),
        "p99_ms": round(1000 * good[int(len(good) * 0.99)]) if good else None,
        "acknowledged_writes": sum(one.good for one in writes),
    }
