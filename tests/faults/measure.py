"""What the client saw, in numbers."""

import bisect
import itertools
import math
from collections.abc import Iterable, Mapping
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


Span = tuple[float, float]
BACK_AND_FORTH = 2.0  # seconds; a virtual IP that comes back later has moved twice


def without(spans: Iterable[Span], holes: Iterable[Span]) -> list[Span]:
    """Return the parts of ``spans`` that are in no hole."""
    left = sorted(spans)
    for start, stop in holes:
        left = [
            part
            for begin, end in left
            for part in ((begin, min(end, start)), (max(begin, stop), end))
            if part[0] < part[1]
        ]
    return left


def shared(spans: Mapping[str, Iterable[Span]]) -> float:
    """Return how long two or more have had something at the same time."""
    changes = sorted(
        (at, step) for ones in spans.values() for span in ones for at, step in zip(span, (1, -1), strict=True)
    )
    total, depth, since = 0.0, 0, 0.0
    for at, step in changes:
        if depth > 1:
            total += at - since
        depth, since = depth + step, at
    return total


def union(spans: Iterable[Span]) -> float:
    """Return how much time the spans cover."""
    total, covered = 0.0, float("-inf")
    for begin, end in sorted(spans):
        total += max(0.0, end - max(begin, covered))
        covered = max(covered, end)
    return total


def two_served(requests: Iterable[Request]) -> float:
    """Return how long two nodes answered by turns.

    One answered, then another, then the first again a request begun after that: from the other's answer to that
    request two served. Only within two seconds: a virtual IP may move, and move back.
    """
    good = sorted((one for one in requests if one.good and one.node), key=lambda one: one.begin)
    begins = [one.begin for one in good]
    spans = []
    for at, again in enumerate(good):
        recent = good[bisect.bisect_right(begins, again.begin - BACK_AND_FORTH) : at]
        first = min((one.end for one in recent if one.node == again.node), default=None)
        between = [
            one.end for one in recent
            if one.node != again.node and one.end <= again.begin and first is not None and first <= one.begin
        ]  # fmt: skip
        if between:
            spans.append((min(between), again.begin))
    return union(spans)


def series(requests: Iterable[Request], zero: float, start: float, stop: float) -> dict[str, Any]:
    """Return per second, counted from ``zero``, the good answers (when they came) and the requests asked in vain."""
    first, last = math.floor(start - zero), math.ceil(stop - zero)
    good, errors = [0] * (last - first), [0] * (last - first)
    for one in requests:
        counted, at = (good, one.end) if one.good else (errors, one.begin)
        second = math.floor(at - zero) - first
        if 0 <= second < len(counted):
            counted[second] += 1
    return {"from": first, "good": good, "errors": errors}
