"""What ``pyinfra … fact`` prints of a fact's value."""

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any


def all_of(given: str | Iterable[str]) -> tuple[str, ...]:
    """Return the names that are ``given``: pyinfra's command line gives a single one as a text, which is not its letters."""
    return (given,) if isinstance(given, str) else tuple(given)


class AsJson:
    """Base of a fact's dataclass: pyinfra makes JSON of it. Fields with ``repr=False`` stay out."""

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON's own types."""
        return dict(_plain(self))


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value) if one.repr}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        value = value._asdict()
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted((_plain(one) for one in value), key=str)
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value
