"""What a value may be, in words for a person and as a question: the pieces that the table of the data is made of."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_LONGEST, _MOST, _LARGEST = 4096, 1000, 10**18  # of a text, of a list, of a number


@dataclass(frozen=True)
class Kind:
    """What is allowed, for a person, and whether a value is that."""

    allowed: str
    fits: Callable[[Any], bool]


# What no line and no XML can hold, and bytes of the command line that are no text.
NO_TEXT = "\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029\\ud800-\\udfff\\ufffe\\uffff"

# Where restore points may be kept, besides a folder: another machine by ssh, and S3.
SFTP = r"sftp://[A-Za-z0-9._-]+@(?!-)[A-Za-z0-9.-]+(:[1-9]\d{0,4})?//[^\x00-\x20\x7f'\"\\]*[^\x00-\x20\x7f'\"\\/]"
S3 = r"s3:https?://(?!-)[A-Za-z0-9.-]+(:[1-9]\d{0,4})?/[a-z0-9][a-z0-9.-]+(/[A-Za-z0-9._-]+)*"


def text(pattern: str = f"[^{NO_TEXT}]+", allowed: str = "a text of one line") -> Kind:
    """A text that is like ``pattern`` from end to end."""
    return Kind(allowed, lambda value: isinstance(value, str) and re.fullmatch(pattern, value, re.ASCII) is not None)


def number(least: float, most: float, whole: bool = True) -> Kind:
    """A number from ``least`` to ``most``; True and False are none."""
    kinds = (int,) if whole else (int, float)
    return Kind(
        f"{'a whole number' if whole else 'a number'} from {least:g} to {most:g}",
        lambda value: isinstance(value, kinds) and not isinstance(value, bool) and least <= value <= most,
    )


def none_or(kind: Kind, empty: bool = False) -> Kind:
    """None, or one of that kind. ``empty``: an empty text is none, too."""
    return Kind(
        f"None (on the command line: null) or {kind.allowed}",
        lambda value: value is None or (empty and value == "") or (value != "None" and kind.fits(value)),
    )


def all_of(kind: Kind, least: int = 0) -> Kind:
    """A list of ``least`` or more of that kind."""
    return Kind(
        f"a list, each {kind.allowed}",
        lambda value: isinstance(value, (list, tuple)) and len(value) >= least and all(map(kind.fits, value)),
    )


def pairs(value_kind: Kind, keys: Iterable[str] = ()) -> Kind:
    """Names with a value each, for these ``keys`` where some are given. A name stands at the beginning of a line, or in an XML id."""
    wanted = set(keys)
    return Kind(
        "names of letters, digits, ., - and _ with a value each, "
        + value_kind.allowed
        + (f", for {', '.join(sorted(wanted))}" if wanted else ""),
        lambda value: (
            isinstance(value, Mapping)
            and all(isinstance(key, str) and re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]*", key) for key in value)
            and all(map(value_kind.fits, value.values()))
            and (not wanted or set(value) == wanted)
        ),
    )


def any_of(*kinds: Kind) -> Kind:
    """One of these kinds."""
    return Kind(" or ".join(kind.allowed for kind in kinds), lambda value: any(kind.fits(value) for kind in kinds))


def huge(value: Any) -> str:
    """Say what is too much in a value for anybody to have meant it, and for a command line to take; empty where nothing is."""
    if isinstance(value, str) and len(value) > _LONGEST:
        return f"a text of {len(value)} characters, and {_LONGEST} are taken"
    if isinstance(value, int) and abs(value) >= _LARGEST:
        return "a number of more than 18 digits"
    if not isinstance(value, (list, tuple, Mapping)):
        return ""
    if len(value) > _MOST:
        return f"{len(value)} values, and {_MOST} are taken"
    inner = [*value, *value.values()] if isinstance(value, Mapping) else value
    return next(filter(None, map(huge, inner)), "")
