"""The lock's and the journal's typed values, and how they are written and read.

Both may hold anything by the time they are read: they come over as base64, and what is not in our form is None, never an error.
"""

import json
import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from webha.ground.forms import AsJson

LONGEST_WORD = 200  # characters of what a run says of itself
MOST_NAMES = 40  # operations in a line of the journal
_ID = re.compile(r"[0-9a-f]{32}")
_END_OF_TIME = 2**40  # seconds; what a clock may say


@dataclass(frozen=True)
class Run(AsJson):
    """One run, as it says of itself.

    ``who``: user@machine of the control machine; ``folder``: where it was started; ``task``: the deploy files; ``version``: this
    package's; ``since``: seconds since 1970, by the control machine's clock.
    """

    id: str
    who: str
    folder: str
    task: str
    version: str
    pid: int
    since: int

    def __post_init__(self) -> None:
        """Refuse what no run of ours would say."""
        words = (self.who, self.folder, self.task, self.version)
        if not (isinstance(self.id, str) and _ID.fullmatch(self.id)):
            raise ValueError(f"no id of a run: {self.id!r}")
        if not all(isinstance(word, str) and word.isprintable() and len(word) <= LONGEST_WORD for word in words):
            raise ValueError("a run's words are of one line")
        if not all(_is_number(number) for number in (self.pid, self.since)):
            raise ValueError("a run's numbers are whole")

    @property
    def raw(self) -> bytes:
        """The lock's content, the same on every node."""
        return f"{json.dumps(self.to_json())}\n".encode()

    @property
    def digest(self) -> str:
        """What the lock is known by on a node."""
        return sha256(self.raw).hexdigest()


@dataclass(frozen=True)
class Lock(AsJson):
    """A lock that is there: the SHA-256 of its content; ``run`` is None where that is in no form of ours."""

    digest: str
    run: Run | None


@dataclass(frozen=True)
class Entry(AsJson):
    """A line of the journal: a run that has ended at ``until``.

    ``result``: done, failed, refused, interrupted (by a person), displaced (its lock was taken over). ``changed``: operation to the
    hosts that it changed; ``unfinished``: to those where it failed or was cut off, and may have changed something. ``took``: locks
    of others that it took over; ``left``: nodes that it could not give its own back on.
    """

    run: Run
    until: int
    result: str
    changed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unfinished: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    took: tuple[Lock, ...] = ()
    left: tuple[str, ...] = ()

    @property
    def told(self) -> bool:
        """Whether there is anything to leave a line for."""
        return bool(self.changed or self.unfinished or self.took or self.left)

    @property
    def raw(self) -> bytes:
        """The line."""
        bounded = {"changed": _bounded(self.changed), "unfinished": _bounded(self.unfinished)}
        return f"{json.dumps({**self.to_json(), **bounded})}\n".encode()

    def tells_of_the_end_of(self, run: Run) -> bool:
        """Whether ``run`` has ended by itself, or was declared dead by a person."""
        return run.id in {self.run.id, *(lock.run.id for lock in self.took if lock.run is not None)}


@dataclass(frozen=True)
class Notes(AsJson):
    """What a node said: its lock, None where it is free; the journal's lines that were asked for, None where it cannot be read."""

    lock: Lock | None
    journal: tuple[Entry, ...] | None = ()


def printable(text: str) -> str:
    """Return ``text`` as a run may say it of itself."""
    return "".join(one if one.isprintable() else "?" for one in text)[:LONGEST_WORD]


def lock(encoded: str) -> Lock:
    """Read a lock from its content's base64. Raises ValueError where it is not that."""
    raw = b64decode(encoded, validate=True)
    return Lock(sha256(raw).hexdigest(), _made(_run, raw))


def entries(encoded: str) -> tuple[Entry, ...]:
    """Read the journal's lines, each run once; a line that is not in our form is passed over. Raises ValueError where it is no base64."""
    found = (_made(_entry, line) for line in b64decode(encoded, validate=True).splitlines())
    return tuple({one.run.id: one for one in found if one is not None}.values())


def _made(make: Any, raw: bytes) -> Any:
    try:
        return make(json.loads(raw))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _run(said: Any) -> Run:
    return Run(**{key: said[key] for key in ("id", "who", "folder", "task", "version", "pid", "since")})


def _entry(said: Any) -> Entry:
    words = (said["result"], *said["left"])
    if not all(map(_is_word, words)) or not _is_number(said["until"]):
        raise ValueError("no line of ours")
    return Entry(
        _run(said["run"]),
        said["until"],
        said["result"],
        _hosts(said["changed"]),
        _hosts(said["unfinished"]),
        tuple(Lock(str(one["digest"]), None if one["run"] is None else _run(one["run"])) for one in said["took"]),
        tuple(said["left"]),
    )


def _hosts(said: Any) -> dict[str, tuple[str, ...]]:
    if not all(_is_word(name) and all(map(_is_word, hosts)) for name, hosts in said.items()):
        raise ValueError("no operations of ours")
    return {name: tuple(hosts) for name, hosts in said.items()}


def _bounded(operations: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    more = len(operations) - MOST_NAMES
    shown = {printable(name): hosts for name, hosts in list(operations.items())[:MOST_NAMES]}
    return shown | ({f"and {more} more": ()} if more > 0 else {})


def _is_word(value: Any) -> bool:
    return isinstance(value, str) and value.isprintable() and len(value) <= LONGEST_WORD


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _END_OF_TIME
