"""What a file costs on the volume: ``script/bench files``, on the deployed lab.

Makes, changes, reads and removes small files in the site's folder, one after the other, on the node that holds the virtual IP. One JSON
object: milliseconds each, median of the rounds, and whether the bricks were spoken to in TLS.
"""

import argparse
import json
import sys
from pathlib import Path
from statistics import median

from tests.faults.report import machine, told
from tests.faults.scenarios import holder
from tests.lab.nodes import DOCROOT, on

FOLDER = f"{DOCROOT}/sites/default/files/webha-bench"
# Each is waited for: what a self-heal does with a file, and what an upload does, goes one step after the other like this.
_PROGRAM = """
import json, os, sys, time
folder, count = sys.argv[1], int(sys.argv[2])
os.makedirs(folder, exist_ok=True)
def make(path):
    with open(path, "wb") as file:
        file.write(b"x" * 200); file.flush(); os.fsync(file.fileno())
def read(path):
    with open(path, "rb") as file:
        file.read()
found = {}
for name, act in (("make, synced", make), ("change its time", os.utime), ("read", read), ("remove", os.unlink)):
    begin = time.monotonic()
    for number in range(count):
        act(f"{folder}/{number}")
    found[name] = (time.monotonic() - begin) / count * 1000
os.rmdir(folder)
print(json.dumps(found))
"""


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(prog="script/bench files")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--files", type=int, default=150, help="in each round")
    parser.add_argument("--json", type=Path, help="write the result to this file too")
    asked = parser.parse_args()
    node = holder()
    if node is None:
        raise SystemExit("nobody, or more than one node, holds the virtual IP: script/demo deploys the lab")
    rounds = []
    for _ in range(asked.rounds):
        rounds.append(json.loads(on(node, f"python3 -c '{_PROGRAM}' {FOLDER} {asked.files}")))
        print(rounds[-1], file=sys.stderr)
    result = {
        "machine": machine(),
        "tls": "on" in on(node, "gluster volume get fs_ha client.ssl | tail -n 1").split(),
        "files": asked.files,
        "ms": {name: round(median(one[name] for one in rounds), 2) for name in rounds[0]},
    }
    told(result, asked.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
