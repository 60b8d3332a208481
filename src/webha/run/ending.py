"""What a run says at its end, after pyinfra's own results: where the site is, what is at risk, and what else it found."""

import atexit
import sys

from pyinfra.api.state import StateStage
from pyinfra.context import state

_ROWS = ("virtual IP", "page", "log in", "at risk", "next")
_said: list[str] = []
_rows: dict[str, str] = {}
_always = {"at risk"}  # the others only of a run that saw the page


def say_at_end(sentence: str) -> None:
    """Print ``sentence`` once, on standard error, after pyinfra's own results."""
    _register()
    if sentence not in _said:
        _said.append(sentence)


def close_with(**rows: str) -> None:
    """End the run with one block of these rows: ``page``, ``log_in``, ``next``, and ``at_risk``, which every run shows."""
    _register()
    _rows.update({name.replace("_", " "): text for name, text in rows.items()})


def served(address: str, holder: str) -> None:
    """Tell that the page is served at ``address`` by the node ``holder``: only then are addresses worth showing.

    Passed over while pyinfra prepares: what was served before a run that fails is no news.
    """
    if state.current_stage < StateStage.Execute:
        return
    _register()
    _rows["virtual IP"] = f"{address}, at {holder} now"


def text() -> str:
    """Return what is said at the end."""
    shown = [name for name in _ROWS if name in _rows and (name in _always or "virtual IP" in _rows)]
    return "\n".join(["", *(f"{name:12}{_rows[name]}" for name in shown), *_said])


def _register() -> None:
    if not _said and not _rows:
        atexit.register(lambda: print(text(), file=sys.stderr))
