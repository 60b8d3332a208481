"""What a restore point costs, and whether it is of one moment: ``script/bench points``.

On the deployed lab with the stand-in (script/demo). Files and rows are put on the site, a point is made, a second one of the same; then, under a client that
saves a file and its row twenty times a second, points one after the other, each looked into: every row's file is in it, and every file's row.
``--pages``: before that, what visitors get while a point of all files is made, and without one; ``--apart``: with the node that
serves and its visitors on one of this machine's processors and the other nodes on the rest, for nodes do not take each other's. ``--bare``: then the nodes are reset, and it comes back there.
One JSON object.
"""

import argparse
import os
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from lab import limits
from lab.layout import NODES
from tests.faults.report import machine, told
from tests.faults.saving import FOLDER, clear, prepare, saving
from tests.lab.nodes import DOCROOT, Run, converge, everywhere, holder, lab, on

TARGET = "/srv/share/points"
WITH = ("--data", f"backup_target={TARGET}")
STAGE = "/var/lib/webha/backup/point"
MANY = f"{DOCROOT}/sites/default/files/many"
WINDOW = 5  # seconds
ALL = os.sched_getaffinity(0)
_FILL = """
import concurrent.futures, os, sys
folder, count = sys.argv[1], int(sys.argv[2])
def some(part):
    for n in range(part, count, 16):
        os.makedirs(f"{folder}/{n // 500}", exist_ok=True)
        with open(f"{folder}/{n // 500}/{n}.bin", "wb") as file:
            file.write(os.urandom(4096))
with concurrent.futures.ThreadPoolExecutor(16) as pool:
    list(pool.map(some, range(16)))
"""
# saving.php writes its name, line after line.
_WHOLE = """
import pathlib
for path in pathlib.Path(".").iterdir():
    data, line = path.read_bytes(), f"{path.stem}\\n".encode()
    print(path.stem if data and data == line * (len(data) // len(line)) else f"{path.stem}:torn")
"""


def fill(files: int, megabytes: int) -> None:
    """Put so many files of 4 KB, and rows, on the site."""
    on(
        "nodoha",
        f"mkdir -p {MANY}; python3 - {MANY} {files} <<'END'\n{_FILL}\nEND\nchown -R www-data:www-data {MANY}",
        timeout=3000,
    )
    on(
        "nodoha",
        "mariadb drupal -e 'CREATE OR REPLACE TABLE many (id INT AUTO_INCREMENT PRIMARY KEY, word MEDIUMTEXT)'",
    )
    row = "SELECT REPEAT(SHA2(CONCAT(seq, RAND()), 512), 80) FROM seq_1_to_1000"  # 10 MB
    for _ in range(megabytes // 10):
        on("nodoha", f"mariadb drupal -e 'INSERT INTO many (word) {row}'", timeout=300)


def point(run: Run) -> dict[str, Any]:
    """Return what a run says of the point that it made."""
    found = re.search(
        r"restore point ([0-9a-f]{8,}), made on (\w+) in (\d+) s: (\d+) files, (\d+) rows, (\d+) MB, of which ([0-9.]+) MB",
        run.text,
    )
    assert found is not None, run.text[-3000:]
    whole = "not of one moment" not in run.text
    return dict(zip(("point", "node", "seconds", "files", "rows", "mb", "added_mb"), found.groups(), strict=True)) | {
        "moment": whole
    }


def inside(one: str) -> tuple[set[str], set[str]]:
    """Return the names that rows of a point have, and those of its files which are whole; of others with what is wrong."""
    said = on(
        "nodoha",
        f"set -a; . /etc/webha/backup.env; rm -rf /var/tmp/point; restic restore {one} --target /var/tmp/point --include {STAGE}/database.sql "
        f"--include {STAGE}/volume/sites/default/files/saving >&2; cd /var/tmp/point{STAGE}; "
        "sed -n '/^INSERT INTO `saving`/,/;$/p' database.sql; echo ---; cd volume/sites/default/files/saving; "
        f"python3 - <<'END'\n{_WHOLE}\nEND\nrm -rf /var/tmp/point",
    )
    rows, files = said.split("---")
    return set(re.findall(r"'(w[0-9-]+)'", rows)), set(files.split())


def waits() -> list[float]:
    """Return how long pages waited for each point so far, on whichever node served."""
    said = everywhere("journalctl -q -o cat -u webha-backup | sed -n 's/^pages waited \\([0-9.]*\\) s.*/\\1/p'")
    return [float(word) for one in said.values() for word in one.split()]


def speed(clients: int) -> float:
    """Return how many pages a second so many ``clients`` get now, asking for one after the other."""
    words = f"from tests.faults.pages import Way, pages; print(pages(Way('http', kept=True), {WINDOW}, {clients}))"
    return float(lab("run", ".venv/bin/python", "-c", words, timeout=120).split()[-1])


@contextmanager
def apart() -> Iterator[None]:
    """Have the virtual IP's holder, and what this thread starts, compute on one processor, and the other nodes on the rest."""
    first, *rest = sorted(ALL)
    try:
        for one in NODES:
            limits.pin(one, [first] if one.name == holder() else rest)
        os.sched_setaffinity(0, [first])
        yield
    finally:
        os.sched_setaffinity(0, ALL)
        for one in NODES:
            limits.unpin(one)


def aside() -> dict[str, Any]:
    """Have a point made, by a run that computes where this thread's own work does not, if that is on some processors only."""
    os.sched_setaffinity(0, ALL - os.sched_getaffinity(0) or ALL)
    return point(converge("tasks/backup.py", *WITH))


def beside(clients: int, rounds: int) -> dict[str, Any]:
    """Return the pages a second without, and with, a point being made of all files anew, in turns: the machine is faster in one minute than in the next."""
    speed(clients)  # caches fill
    plain = [speed(clients) for _ in range(3)]
    during: list[float] = []
    made: list[dict[str, Any]] = []
    for _ in range(rounds):
        everywhere("rm -rf /var/lib/webha/backup/point /var/lib/webha/backup/known.json /var/lib/webha/backup/cache")
        with ThreadPoolExecutor(1) as pool:
            run = pool.submit(aside)
            time.sleep(4)  # what pyinfra itself takes of this machine
            while not run.done():
                found = speed(clients)
                during += [] if run.done() else [found]
            made.append(run.result())
        plain += [speed(clients) for _ in range(3)]
    return {
        "clients": clients,
        "without": [round(one, 1) for one in plain],
        "with": [round(one, 1) for one in during],
        "ratio": round(sum(during) / len(during) / (sum(plain) / len(plain)), 2) if during else None,
        "seconds": [int(one["seconds"]) for one in made],
        "of one moment": sum(one["moment"] for one in made),
    }


def bare(one: str, held: tuple[set[str], set[str]]) -> dict[str, Any]:
    """Return how long it takes to have the point, which ``held`` those rows and files, on three machines with nothing on them, and what is there then."""
    hashes = f"cd {DOCROOT}/sites/default/files && find . -type f ! -path '*/saving/*' -print0 | sort -z | xargs -0 sha256sum | sha256sum"
    rows = "mariadb -N -B -e 'CHECKSUM TABLE drupal.many, drupal.users'"
    before = on("nodoha", hashes, timeout=900), on("nodoha", rows, timeout=300)
    lab("reset")
    begin = time.monotonic()
    converge("tasks/restore.py", *WITH, "--data", f"point={one}")
    seconds = round(time.monotonic() - begin)
    after = on("nodoha", hashes, timeout=900), on("nodoha", rows, timeout=300)
    names = set(on("nodoha", "mariadb -N -B drupal -e 'SELECT name FROM saving'").split())
    files = {name.removesuffix(".txt") for name in on("nodoha", f"ls {FOLDER}").split()}
    again = converge("deploy.py", *WITH)
    return {
        "seconds": seconds,
        "as it was": before == after and (names, files) == held,
        "a second run changes": again.changed,
    }


def main() -> None:
    """Measure, on the lab that is up."""
    parser = argparse.ArgumentParser(prog="script/bench points")
    parser.add_argument("--files", type=int, default=24000, help="of 4 KB each")
    parser.add_argument("--megabytes", type=int, default=500, help="of rows")
    parser.add_argument("--times", type=int, default=10, help="points under writes")
    parser.add_argument("--bare", action="store_true", help="then the lab is reset, and the last point comes back")
    parser.add_argument(
        "--pages", type=int, nargs="*", default=[1, 4], help="visitors at once, beside whom a point is made"
    )
    parser.add_argument("--apart", action="store_true", help="while pages are counted, nodes do not share processors")
    parser.add_argument("--rounds", type=int, default=4, help="points beside each number of visitors")
    parser.add_argument("--json", type=Path, help="keep the result there")
    given = parser.parse_args()
    result: dict[str, Any] = {"machine": machine(), "files": given.files, "megabytes": given.megabytes}
    on("nodoha", f"rm -rf {TARGET} {DOCROOT}/.webha-backup; mkdir {TARGET}")
    prepare()
    try:
        fill(given.files, given.megabytes)
        result["first"] = point(converge("tasks/backup.py", *WITH))
        result["again"] = point(converge("tasks/backup.py", *WITH))
        with apart() if given.apart else nullcontext():
            result["pages"] = [{"apart": given.apart, **beside(clients, given.rounds)} for clients in given.pages]
        before, client = len(waits()), dict[str, Any]()
        with saving(client):
            made = [point(converge("tasks/backup.py", *WITH)) for _ in range(given.times)]
        looked = [inside(one["point"]) for one in made]
        if not all(rows and files for rows, files in looked):
            raise SystemExit("a point has nothing of what was saved")
        there = set(on("nodoha", "mariadb -N -B drupal -e 'SELECT name FROM saving'").split())
        result["under writes"] = {
            "points": len(made),
            "of one moment": sum(one["moment"] for one in made),
            "rows without a file": [len(rows - files) for rows, files in looked],
            "files without a row": [len(files - rows) for rows, files in looked],
            "seconds": [int(one["seconds"]) for one in made],
            "pages_waited_s": waits()[before:],
            "longest_request_s": client["longest_s"],
            "acknowledged": len(client["saved"]),
            "lost": len(set(client["saved"]) - set(client["gone"]) - there),
            "failed": client["failed"],
        }
        if given.bare:
            result["three bare machines"] = bare(made[-1]["point"], looked[-1])
    finally:
        on("nodoha", f"rm -rf {MANY}; mariadb drupal -e 'DROP TABLE IF EXISTS many'", timeout=900)
        clear()
        on("nodoha", f"rm -rf {TARGET} {DOCROOT}/.webha-backup")
    told(result, given.json)


if __name__ == "__main__":
    main()
