"""Says of an operation that takes long, while it lasts, for how long already and on which nodes: pyinfra is silent meanwhile."""

import sys
import time
from typing import Any

import gevent
from pyinfra.api.host import Host
from pyinfra.api.state import BaseStateCallback, State

FIRST, LONGEST = 5.0, 30.0  # seconds until the first line, and between two at most


class Progress(BaseStateCallback):
    """What pyinfra calls as operations begin and end; it declares these static and calls them on the handler."""

    def __init__(self) -> None:
        """No operation has begun."""
        self.operation, self.begun, self.due = "", 0.0, FIRST
        self.at_work: set[str] = set()

    def operation_start(self, state: State, op_hash: str) -> None:  # type: ignore[override]
        """An operation begins on all hosts."""
        (name,) = list(state.get_op_meta(op_hash).names)[:1] or [""]
        self.operation, self.begun = name, time.monotonic()
        self.due = FIRST
        self.at_work = set()

    def operation_host_start(self, state: State, host: Host, op_hash: str) -> None:  # type: ignore[override]
        """It begins on one; pyinfra says so of those too that have nothing to do with it."""
        if op_hash in state.ops[host]:
            self.at_work.add(host.name)

    def operation_host_success(self, _state: State, host: Host, _op_hash: str, _retry_count: int = 0) -> None:  # type: ignore[override]
        """It ended well on one."""
        self.at_work.discard(host.name)

    def operation_host_error(self, _state: State, host: Host, _op_hash: str, *_more: Any) -> None:  # type: ignore[override]
        """It failed on one."""
        self.at_work.discard(host.name)

    def operation_end(self, _state: State, _op_hash: str) -> None:  # type: ignore[override]
        """It ended everywhere."""
        self.operation, self.at_work = "", set()

    def line(self, now: float) -> str | None:
        """Return what is to be said now, if anything: after 5 s, 10, 20, 40, then every 30."""
        lasted = now - self.begun
        if not self.operation or not self.at_work or lasted < self.due:
            return None
        self.due += min(self.due, LONGEST)
        return f"    {lasted:.0f} s: {self.operation} ({', '.join(sorted(self.at_work))})"


def show(state: State) -> None:
    """Begin to tell how long the operations of this run take; once a run."""
    if any(isinstance(one, Progress) for one in state.callback_handlers):
        return
    progress = Progress()
    state.callback_handlers.append(progress)
    gevent.spawn(_tell, progress)


def _tell(progress: Progress) -> None:
    while True:
        gevent.sleep(1)
        said = progress.line(time.monotonic())
        if said is not None:
            print(said, file=sys.stderr, flush=True)
