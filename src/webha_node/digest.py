"""What a program is made of: its own code, its own values and its unit, as one digest.

A daemon notes it when it starts; the deploy compares the note with what is on disk and restarts a daemon only where they differ.
"""

import json
import sys
from hashlib import sha256
from importlib import import_module
from pathlib import Path

from webha_node import PROGRAMS, values

UNITS = Path("/etc/systemd/system")
NOTES = Path("/run/webha")


def of(program: str, unit: str) -> str:
    """Return the digest of ``program`` as it is on disk now. Raises ValuesError, OSError, and what its import raises.

    Its code is every module of ours that has been imported with it. Only in a process that has no other program's in it.
    """
    import_module(PROGRAMS[program])
    told = sha256()
    for name in sorted(one for one in sys.modules if one.partition(".")[0] == "webha_node"):
        told.update(f"{name}\n{_source(name)}\n".encode())
    told.update(f"{json.dumps(values.section(program))}\n".encode())
    told.update((UNITS / unit).read_bytes())
    return told.hexdigest()


def note(program: str, unit: str) -> None:
    """Leave the digest where the deploy looks for it."""
    NOTES.mkdir(parents=True, exist_ok=True)
    (NOTES / f"{unit}.sha256").write_text(f"{of(program, unit)}\n")


def _source(name: str) -> str:
    loader = getattr(sys.modules[name].__spec__, "loader", None)
    return str(loader.get_source(name)) if loader is not None else ""
