"""What goes wrong while a restore point is made, or comes back: ``script/bench mishaps``.

On the deployed lab with the stand-in (script/demo). Each mishap is done, what is said of it is kept, then it is undone and the same is asked again, which has to
succeed; a client saves files and rows meanwhile, and of what it was told is saved nothing may be missing. One JSON object.
"""

import argparse
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from tests.faults.points import STAGE, TARGET, WITH
from tests.faults.report import machine, told
from tests.faults.saving import FOLDER, clear, prepare, saving
from tests.lab.nodes import ADDRESSES, DOCROOT, Run, everywhere, holder, lab, on, pyinfra, whole
from tests.lab.restorepoints import status

BALLAST = f"{DOCROOT}/sites/default/files/ballast"
SLOW = ("--data", "backup_limit=200")  # KiB a second: a point of the ballast takes a minute
CONFIRM = ("--data", "confirm=hacloud")


def backup(*more: str) -> Run:
    """Ask for a point, however that ends."""
    return pyinfra("tasks/backup.py", *WITH, *more, "-y")


def refusal(run: Run) -> str:
    """Return the sentence with which a run ended, or that a point was made."""
    words = r"(?:refused|changed on any node): (.*)", r"(restore point [0-9a-f]{8,}, made on \w+)"
    found = next(filter(None, (re.search(one, run.text) for one in words)), None)
    return found[1] if found else run.text[-500:]


def heavier(megabytes: int, node: str = "nodoha") -> None:
    """Put so much on the volume that no repository has yet."""
    on(node, f"mkdir -p {BALLAST}; head -c {megabytes}M /dev/urandom > {BALLAST}/$(date +%s%N)", timeout=600)


def working(seconds: float = 60) -> str:
    """Return the node that makes a point: the one whose restic saves."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for name, said in everywhere("pgrep -fc '[r]estic .* backup ' || :").items():
            if int(said or 0):
                return name
    raise SystemExit("no node saves anything")


def full() -> Iterator[None]:
    everywhere(
        f"mkdir -p /srv/kept; cp -a {TARGET}/. /srv/kept; size=$(($(du -sk /srv/kept | cut -f1) + 3000)); "
        f"mount -t tmpfs -o size=${{size}}k tmpfs {TARGET}; cp -a /srv/kept/. {TARGET}"
    )
    heavier(8)
    yield
    everywhere(f"umount {TARGET}; rm -rf /srv/kept")


def read_only() -> Iterator[None]:
    everywhere(f"mount --bind {TARGET} {TARGET}; mount -o remount,ro,bind {TARGET}")
    yield
    everywhere(f"umount {TARGET}")


def gone() -> Iterator[None]:
    on("nodoha", f"mv {TARGET} {TARGET}.away; mkdir {TARGET}")
    yield
    on("nodoha", f"rmdir {TARGET}; mv {TARGET}.away {TARGET}")


def full_copy() -> Iterator[None]:
    """A node gets a full copy of the database meanwhile."""
    node = next(name for name in ADDRESSES if name != holder())
    on(node, "systemctl stop mariadb; rm -rf /var/lib/mysql/*; systemctl start --no-block mariadb")
    yield
    whole(300)


def healing() -> Iterator[None]:
    """A node comes back that missed files."""
    serving = holder()
    node = next(name for name in ADDRESSES if name != serving)
    lab("cut", node)
    time.sleep(15)
    heavier(20, serving)
    lab("boot", node)
    time.sleep(20)
    yield
    whole(400)


SIMPLE: dict[str, Callable[[], Iterator[None]]] = {
    "target full": full,
    "target read-only": read_only,
    "target gone": gone,
    "a full copy under way": full_copy,
    "files to heal": healing,
}


def simple(name: str) -> dict[str, Any]:
    """Make a point in that condition, and one after it."""
    with contextmanager(SIMPLE[name])():
        begin = time.monotonic()
        run = backup()
        found = {"said": refusal(run), "code": run.code, "seconds": round(time.monotonic() - begin)}
        found["status"] = status()["problems"]
    if name == "files to heal":
        found["right"] = has_the_ballast(run)
    return {**found, "again": refusal(backup())}


def has_the_ballast(run: Run) -> bool:
    """Return whether the point that a run made has every file of the ballast as the volume has it."""
    made = re.search(r"restore point ([0-9a-f]{8,})", run.text)
    if made is None:
        return False
    sums, inner = "sha256sum * | sort", BALLAST.removeprefix(DOCROOT)
    there = on(
        "nodoha",
        f"set -a; . /etc/webha/backup.env; rm -rf /var/tmp/point; restic restore {made[1]} --target /var/tmp/point --include {STAGE}/volume{inner} >&2; "
        f"cd /var/tmp/point{STAGE}/volume{inner} && {sums}; rm -rf /var/tmp/point",
    )
    return there == on("nodoha", f"cd {BALLAST} && {sums}") != ""


def slow() -> dict[str, Any]:
    """A target that takes 200 KiB a second."""
    heavier(4)
    begin = time.monotonic()
    said = refusal(backup(*SLOW))
    return {"said": said, "seconds": round(time.monotonic() - begin), "again": refusal(backup())}


def cut_while_saved() -> dict[str, Any]:
    """The node that makes the point loses its power in the middle; another one makes it."""
    heavier(8)
    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(backup, *SLOW)
        node = working()
        time.sleep(3)
        lab("cut", node)
        said = refusal(run.result())
    found = {"node": node, "said": said}
    known = status()["problems"]
    lab("boot", node)
    whole(400)
    return {**found, "status": known, "again": refusal(backup())}


def cut_while_it_comes_back() -> dict[str, Any]:
    """The node that brings a point back loses its power in the middle; the same again brings all of it."""
    heavier(40)
    first = refusal(backup())
    made = re.search(r"restore point ([0-9a-f]{8,})", first)
    if made is None:
        raise SystemExit(f"no point: {first}")
    files = f"cd {DOCROOT} && find . -type f ! -path './.webha-*' ! -path '*/saving/*' -print0 | sort -z | xargs -0 sha256sum | sha256sum"
    before, node = on("nodoha", files, timeout=600), holder()
    words = ("tasks/restore.py", *WITH, *CONFIRM, "--data", f"point={made[1]}", "--data", "before=False", "-y")
    with ThreadPoolExecutor(1) as pool:
        on("nodoha", f"rm -rf {BALLAST}/* {DOCROOT}/core; mariadb drupal -e 'DROP TABLE users'")
        run = pool.submit(pyinfra, *words)
        end = time.monotonic() + 120
        while on(node, "pgrep -c rsync || :") in ("", "0"):
            if time.monotonic() > end:
                raise SystemExit("nothing was seen to come back")
        lab("cut", node)
        ended = run.result()
    lab("boot", node)
    whole(400)
    again = pyinfra(*words, "--data", "takeover=True")
    whole(400)
    return {
        "node": node,
        "said": refusal(ended),
        "code": ended.code,
        "again": again.code,
        "as it was": on("nodoha", files, timeout=600) == before,
        "users": on("nodoha", "mariadb -N -B drupal -e 'SELECT COUNT(*) FROM users'", check=False),
    }


def two_at_once() -> dict[str, Any]:
    """A deploy runs while somebody asks for a point."""
    with ThreadPoolExecutor(1) as pool:
        deploy = pool.submit(pyinfra, "deploy.py", *WITH, "-y")
        time.sleep(8)
        said = refusal(backup())
        code = deploy.result().code
    return {"said": said, "deploy": code, "again": refusal(backup())}


def a_clock_that_was_ahead() -> dict[str, Any]:
    """A point of next year is in the repository: the newest is not that one."""
    on(
        "nodoha",
        "set -a; . /etc/webha/backup.env; mkdir -p /var/tmp/ahead; restic backup -q --host hacloud --tag webha --time '2035-01-01 00:00:00' /var/tmp/ahead",
    )
    made = refusal(backup())
    drill = pyinfra("tasks/drill.py", *WITH, "-y")
    found = re.search(r"the point ([0-9a-f]{8,}) restores|refused: (.*)", drill.text)
    on(
        "nodoha",
        'set -a; . /etc/webha/backup.env; restic forget -q $(restic snapshots --json | python3 -c \'import json,sys; print(*[one["short_id"] for one in json.load(sys.stdin) if one["time"] > "2034"])\')',
    )
    return {
        "said": made,
        "drill": found[0] if found else drill.text[-300:],
        "right": bool(found and found[1] and found[1] in made),
        "again": refusal(backup()),
    }


MISHAPS: dict[str, Callable[[], dict[str, Any]]] = {
    **{name: partial(simple, name) for name in SIMPLE},
    "target slow": slow,
    "a clock that was ahead": a_clock_that_was_ahead,
    "a deploy at the same time": two_at_once,
    "power cut while it is saved": cut_while_saved,
    "power cut while it comes back": cut_while_it_comes_back,
}


def tried(name: str) -> dict[str, Any]:
    """Return what is said of that mishap, and how much of what was acknowledged meanwhile is lost."""
    client: dict[str, Any] = {}
    with saving(client):
        found = MISHAPS[name]()
    there = set(on("nodoha", "mariadb -N -B drupal -e 'SELECT name FROM saving'").split())
    files = {one.removesuffix(".txt") for one in on("nodoha", f"ls {FOLDER}").split()}
    kept = set(client["saved"]) - set(client["gone"])
    lost = 0 if "comes back" in name else len(kept - there | kept - files)  # the database is another one then
    return {**found, "acknowledged": len(client["saved"]), "lost": lost}


def main() -> None:
    """Go through them, on the lab that is up."""
    parser = argparse.ArgumentParser(prog="script/bench mishaps")
    parser.add_argument("names", nargs="*", choices=[*MISHAPS, []], help="all, where none is named")
    parser.add_argument("--json", type=Path, help="keep the result there")
    given = parser.parse_args()
    result: dict[str, Any] = {"machine": machine(), "mishaps": {}}
    on("nodoha", f"rm -rf {TARGET} {DOCROOT}/.webha-backup; mkdir {TARGET}")
    prepare()
    try:
        backup()
        for name in given.names or MISHAPS:
            result["mishaps"][name] = tried(name)
            print(name, result["mishaps"][name], flush=True)
    finally:
        on("nodoha", f"rm -rf {BALLAST}", check=False)
        clear()
        on("nodoha", f"rm -rf {TARGET} {DOCROOT}/.webha-backup")
    told(result, given.json)


if __name__ == "__main__":
    main()
