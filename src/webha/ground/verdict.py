"""The form of a decision: what to do, and the sentence that says why."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Verdict:
    """``action`` is ``nothing``, ``refuse``, or what the module that decides names; ``reason`` is for a person."""

    action: str
    reason: str
