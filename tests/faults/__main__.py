"""Run faults against the deployed lab: ``script/bench faults [--times N] [NAME…]``; the last line is one JSON object."""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from lab import visitor
from lab.layout import LabError
from tests.faults import reach, report
from tests.faults.acts import NotDoneError
from tests.faults.audit import audit
from tests.faults.catalogue import FAULTS, NOT_SHOWN, SHORT
from tests.faults.site import Site, installed
from tests.faults.trial import audited, repair, run
from tests.lab.nodes import converge

Run = dict[str, Any]


def summarised(runs: Iterable[Run]) -> dict[str, Any]:
    """Return for each fault what its runs have in common."""
    by_fault: dict[str, list[Run]] = {}
    for one in runs:
        by_fault.setdefault(one["fault"], []).append(one)
    return {
        name: {
            "times": len(ones),
            "whole": sum(one["outcome"] == "whole" for one in ones),
            "gap_median_s": median(gaps) if (gaps := [one["gap_s"] for one in ones if "gap_s" in one]) else None,
            "gap_worst_s": max(gaps, default=None),
            "lost_writes": sum(sum(one.get("missing", {}).values()) for one in ones),
            "duplicates": sum(one.get("duplicates", 0) for one in ones),
            "two_owners_worst_s": max((one.get("two_owners_s", 0) for one in ones), default=0),
            "findings": sum(len(one.get("audit", ())) for one in ones),
        }
        for name, ones in by_fault.items()
    }


def order(names: Sequence[str], times: int, walk: int, seed: int) -> list[str]:
    """Return the faults to run: each so many times, or a walk of so many, the same for the same seed."""
    if not walk:
        return [name for name in names for _ in range(times)]
    return random.Random(seed).choices(list(names), k=walk)  # noqa: S311 -- a walk that can be walked again


def save(file: Path, result: dict[str, Any]) -> None:
    """Write the result so far: never half of it."""
    fresh = file.with_name(f"{file.name}.new")
    fresh.write_text(json.dumps(result))
    fresh.replace(file)


def once(name: str, site: Site, failover: str) -> Run:
    """Run the fault; if the cluster is not whole after it, repair it and say so."""
    try:
        result = run(FAULTS[name], site, failover)
    except (NotDoneError, LabError, OSError, subprocess.SubprocessError) as error:
        result = {"fault": name, "failover": failover, "outcome": f"not begun: {error}"}
    if result["outcome"] != "whole":
        print(f"faults: {name}: {result['outcome']}; the lab is repaired", file=sys.stderr, flush=True)
        left = repair(failover)
        result["repair"] = f"not whole either: {left}" if left else "whole"
        if not left and "gap_s" in result:
            result |= audited(site, result["said"])
    return result


def bench(names: list[str], failover: str, file: Path, seed: int | None) -> dict[str, Any]:
    """Run the faults one after the other and keep each one's result as it comes."""
    begin = time.monotonic()
    site = Site()
    site.prepare()
    result: dict[str, Any] = {"failover": failover, "site": installed(), "machine": report.machine(), "seed": seed}
    result |= {"faults": {}, "runs": [], "at_the_end": []}
    try:
        for name in names:
            one = once(name, site, failover)
            result["runs"].append(one)
            result["faults"] = summarised(result["runs"])
            result["minutes"] = round((time.monotonic() - begin) / 60, 1)
            save(file, result)
            print(
                json.dumps({key: value for key, value in one.items() if key != "series"}), file=sys.stderr, flush=True
            )
            if one.get("repair", "whole") != "whole":
                print("faults: the lab is beyond repair, the rest is not run", file=sys.stderr)
                break
        result["at_the_end"] = audit(site.acknowledged).sentences
        save(file, result)
    finally:
        site.clear()
    return result


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
        result = bench(names, given.failover or reach.failover(), file, seed)
    finally:
        visitor.leave()
    if given.docs:
        report.write([result])
    print(json.dumps(result))
    sound = all(one["outcome"] == "whole" and not one.get("audit") for one in result["runs"])
    return 0 if sound and not result["at_the_end"] and len(result["runs"]) == len(names) else 1


if __name__ == "__main__":
    sys.exit(main())
