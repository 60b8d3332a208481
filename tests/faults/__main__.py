"""Run faults against the deployed lab: ``script/bench faults [--times N] [NAME…]``; the last line is one JSON object."""

import argparse
import json
import random
import sys
import tempfile
from pathlib import Path

from lab import visitor
from tests.faults import reach, report
from tests.faults.catalogue import FAULTS, NOT_SHOWN, SHORT
from tests.faults.course import bench, order, sound
from tests.lab.nodes import converge


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="script/bench faults")
    parser.add_argument("names", nargs="*", metavar="NAME", help="default: all; --list names them")
    parser.add_argument("--times", type=int, default=1, help="how often each")
    parser.add_argument("--failover", choices=("fast", "document"), help="deploy this first; default: what is deployed")
    parser.add_argument("--short", action="store_true", help=f"only {', '.join(SHORT)}")
    parser.add_argument("--walk", type=int, default=0, metavar="N", help="N faults in random order, of those given")
    parser.add_argument("--seed", type=int, help="the walk that had this seed, again")
    parser.add_argument(
        "--json",
        type=Path,
        nargs="?",
        metavar="FILE",
        help="keep the result there, from the first fault on; the last line of the output is the same JSON",
    )
    parser.add_argument("--docs", action="store_true", help="write docs/failures.md and its pictures from this result")
    parser.add_argument("--list", action="store_true", help="name the faults and do nothing")
    given = parser.parse_args()
    unknown = sorted(set(given.names) - set(FAULTS))
    if unknown:
        parser.error(f"no fault {', '.join(unknown)}; there are {', '.join(FAULTS)}")
    return given


def main() -> int:
    """Run what the command line asks for."""
    given = arguments()
    if given.list:
        for one in FAULTS.values():
            aim = f"<= {one.bound:g} s" if one.bound is not None else ""
            print(f"{one.name:34} {aim:10} {'short' if one.short else '':6} {one.hands}".rstrip())
        print("\nnot to be shown in this lab:", *(f"{what}: {why}" for what, why in NOT_SHOWN.items()), sep="\n  ")
        return 0
    if given.failover:
        converge("deploy.py", "--data", f"failover={given.failover}")
    seed = None
    if given.walk:
        seed = given.seed if given.seed is not None else random.SystemRandom().randrange(10**6)
        print(f"faults: a walk of {given.walk}, --seed {seed}", file=sys.stderr)
    names = order(given.names or (SHORT if given.short else list(FAULTS)), given.times, given.walk, seed or 0)
    file = given.json or Path(tempfile.mkdtemp(prefix="webha-faults-")) / "result.json"
    print(f"faults: {len(names)} runs, kept in {file}", file=sys.stderr)
    visitor.arrive()
    try:
        result = bench([FAULTS[name] for name in names], given.failover or reach.failover(), file, seed)
    finally:
        visitor.leave()
    if given.docs:
        report.write([result])
    print(json.dumps(result))
    return 0 if sound(result) and len(result["runs"]) == len(names) else 1


if __name__ == "__main__":
    sys.exit(main())
