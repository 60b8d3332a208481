"""What a run says at its end, after pyinfra's own results."""

import atexit
import sys

_said: list[str] = []


def say_at_end(sentence: str) -> None:
    """Print ``sentence`` once, on standard error, after pyinfra's own results."""
    if not _said:
        atexit.register(_say)
    if sentence not in _said:
        _said.append(sentence)


def _say() -> None:
    print("", *_said, sep="\n", file=sys.stderr)
