"""This node's values: /etc/webha/node.json, one section a program, checked when it is read."""

import json
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

T = TypeVar("T")
PATH = Path("/etc/webha/node.json")
# What a value may be, and how a person is told.
_KINDS: dict[Any, str] = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    dict[str, str]: "names with their addresses",
}


class ValuesError(ValueError):
    """Why the values cannot be used: the file, what was found, what was expected."""


def section(program: str, path: Path = PATH) -> dict[str, Any]:
    """Return the values of ``program`` as they stand there. Raises ValuesError."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValuesError(f"{path} cannot be read: {error}; deploy again") from error
    values = found.get(program) if isinstance(found, dict) else None
    if not isinstance(values, dict):
        raise ValuesError(f"{path} has no section {program!r}; deploy again")
    return values


def read(kind: type[T], program: str, path: Path = PATH) -> T:
    """Return the values of ``program`` as its dataclass ``kind``: all of them, each of its type. Raises ValuesError.

    What a newer version added is passed over: its values land before its code.
    """
    hints = get_type_hints(kind)
    known = {name: value for name, value in section(program, path).items() if name in hints}
    try:
        return checked(kind, known, f"{path}: {program}")
    except ValuesError as error:
        raise ValuesError(f"{error}; deploy again") from error


def checked(kind: type[T], found: dict[str, Any], where: str = "values") -> T:
    """Return ``found`` as the dataclass ``kind``. Raises ValuesError."""
    hints = get_type_hints(kind)
    names = [one.name for one in fields(kind)]  # type: ignore[arg-type]
    missing = [name for name in names if name not in found]
    unknown = [name for name in found if name not in hints]
    if missing or unknown:
        told = [
            f"{word} {', '.join(those)}" for word, those in (("lacks", missing), ("does not know", unknown)) if those
        ]
        raise ValuesError(f"{where} {' and '.join(told)}")
    for name in names:
        if not _fits(found[name], hints[name]):
            raise ValuesError(f"{where}.{name} is {found[name]!r}, expected {_KINDS[hints[name]]}")
    return kind(**found)


def _fits(value: Any, kind: Any) -> bool:
    if isinstance(value, bool):
        return False
    if kind == dict[str, str]:
        return isinstance(value, dict) and bool(value) and all(isinstance(one, str) and one for one in value.values())
    if kind is float:
        return isinstance(value, (int, float))
    return isinstance(value, kind) and value != ""
