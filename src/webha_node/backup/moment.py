"""One moment for the database and the files: the node that makes the point asks the virtual IP's holder to shut the gate.

They speak by names in a folder of the volume, which both list (the docroot's mount caches what it was asked by name): ``ID.shut``, the answer
``ID.ready`` or ``ID.busy``, then ``ID.taken``, and ``ID.intime`` or ``ID.late``. The holder opens by itself after a second, whatever it hears: then the moment was none, and what was taken in it is
taken again.
"""

import threading
import time
import uuid
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from webha_node.backup import gate

FOLDER = ".webha-backup"
SHUT = 1.0  # seconds that the gate is shut, at most, the waiting for those inside included
ANSWER = 4.0  # seconds for the holder to answer
ATTEMPTS = 8
AGAIN = 2.0  # seconds between them
_STEP = 0.02


def take(folder: Path, holds: Callable[[], bool], work: Callable[[], None], undo: Callable[[], None]) -> str:
    """Have ``work`` done while no page of the site runs, again where it took too long; return why there was no such moment, or nothing.

    ``holds``: whether this node is the holder itself. ``undo``: what has to be before the work is done again, pages run then. Without such a moment the work is done nevertheless, at last.
    """
    why = "no attempt was made"
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(AGAIN)
        why = _alone(work) if holds() else _asked(folder, work)
        if not why:
            return ""
        print(f"no moment: {why}", flush=True)
        undo()
    work()
    return why


def _alone(work: Callable[[], None]) -> str:
    shut = gate.shut(SHUT / 2)
    if shut is None:
        return "a request of the site did not end in time"
    with _opened_in_time(shut):
        work()
        lasted = time.monotonic() - shut.since
    return "" if lasted < SHUT else f"it took {lasted:.1f} s, pages wait for {SHUT:.0f}"


@contextmanager
def _opened_in_time(shut: gate.Gate) -> Generator[None]:
    """Have the gate open at the end, and after a second whatever keeps this program: a volume that does not answer, say."""
    timer = threading.Timer(max(0.0, shut.since + SHUT - time.monotonic()), shut.open)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        shut.open()


def _asked(folder: Path, work: Callable[[], None]) -> str:
    name = uuid.uuid4().hex[:12]
    try:
        (folder / f"{name}.shut").touch()
        answer = _heard(folder, name, ("ready", "busy"))
        if answer == "busy":
            return "a request of the site did not end in time"
        if answer is None:
            return "the holder of the virtual IP did not answer"
        begun = time.monotonic()
        work()
        lasted = time.monotonic() - begun
        (folder / f"{name}.taken").touch()
        answer = _heard(folder, name, ("late", "intime"))
        return (
            ""
            if answer == "intime"
            else f"it took longer than the {SHUT:.0f} s for which pages wait, {lasted:.1f} s of them here"
        )
    finally:
        for path in folder.glob(f"{name}.*"):
            path.unlink(missing_ok=True)


def _heard(folder: Path, name: str, words: tuple[str, ...]) -> str | None:
    end = time.monotonic() + ANSWER
    while time.monotonic() < end:
        said = {one.name for one in folder.iterdir()}
        for word in words:
            if f"{name}.{word}" in said:
                return word
        time.sleep(_STEP)
    return None


def serve(folder: Path, served: set[str], holds: Callable[[], bool]) -> None:
    """Do what a node that makes a point asks this one for, which is the holder, as long as it ``holds`` the virtual IP. ``served``: the names that were answered before."""
    for path in sorted(folder.glob("*.shut")):
        name = path.stem
        if name in served:
            continue
        served.add(name)
        shut = gate.shut(SHUT / 2)
        if shut is None:
            (folder / f"{name}.busy").touch()
            continue
        taken = False
        with _opened_in_time(shut):
            (folder / f"{name}.ready").touch()
            while not taken and time.monotonic() < shut.since + SHUT:
                taken = f"{name}.taken" in {one.name for one in folder.iterdir()}
                time.sleep(0.0 if taken else _STEP)
            lasted = time.monotonic() - shut.since
            intime = taken and lasted < SHUT and holds()  # pages elsewhere passed no gate of this node
        print(
            f"pages waited {min(lasted, SHUT):.2f} s for a restore point"
            + ("" if intime else ", which was not taken in that time")
        )
        (folder / f"{name}.{'intime' if intime else 'late'}").touch()
