"""The deploy on machines that are not as an image leaves them: ``script/bench variants``.

For each kind (lab/variant.py) from bare: a first run, a second, the status, the short set of faults under a client, a reset, a
run once more. What a run refuses there and a person has to do first is done and stands in the result.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from lab import visitor
from lab.bench import LAB, timed
from lab.layout import SUITES, LabError, call
from lab.variant import PLAIN, VARIANTS, Variant
from tests.faults import reach
from tests.faults.acts import NotDoneError, wait
from tests.faults.catalogue import FAULTS, SHORT
from tests.faults.course import bench, sound
from tests.lab.nodes import unhealthy

_DEFAULT = [name for name in VARIANTS if name != PLAIN]
_RESET = ("tasks/reset.py", "-y", "--data", "confirm=hacloud")
Result = dict[str, Any]


def by_hand(commands: Iterable[tuple[str, str]]) -> None:
    """Do what a run says that a person has to do first."""
    for name, command in commands:
        if failed := reach.told(name, command, 120):
            raise NotDoneError(failed)


def measure(variant: Variant, suite: str, failover: str, folder: Path) -> Result:
    """Put the variant through all of it; ``failed`` says what ended it early."""
    found: Result = {"variant": variant.name, "about": variant.about, "by_hand": [*variant.by_hand, *variant.farewell]}
    try:
        for step in (_brought_up, _deployed, _looked_at, _struck, _reset):
            print(f"variants: {variant.name}: {step.__name__.strip('_')}", file=sys.stderr, flush=True)
            step(variant, suite, failover, folder, found)
    except (LabError, NotDoneError, OSError, subprocess.SubprocessError, AssertionError) as error:
        found["failed"] = str(error)[-600:]
    return found


def _brought_up(variant: Variant, suite: str, _failover: str, _folder: Path, found: Result) -> None:
    begin = time.monotonic()
    call(LAB, "up", "--suite", suite, "--variant", variant.name)
    call(LAB, "reset")
    found["up_s"] = round(time.monotonic() - begin, 1)


def _deployed(variant: Variant, _suite: str, failover: str, _folder: Path, found: Result) -> None:
    by_hand(variant.by_hand)
    run = ("deploy.py", "-y", "--data", f"failover={failover}")
    for which in ("first", "second"):
        found[f"{which}_run_s"], totals = timed(*run)
        found[f"{which}_run_changes"] = totals.get("success")


def _looked_at(_variant: Variant, _suite: str, _failover: str, _folder: Path, found: Result) -> None:
    code, words = reach.status()
    found["healthy"] = code == 0
    if code != 0:
        found["status"] = [line.strip() for line in words.splitlines() if line.lstrip().startswith("- ")]


def _struck(variant: Variant, _suite: str, failover: str, folder: Path, found: Result) -> None:
    visitor.arrive()
    try:
        result = bench([FAULTS[name] for name in SHORT], failover, folder / f"{variant.name}.json")
    finally:
        visitor.leave()
    found |= {"faults": result["faults"], "sound": sound(result), "at_the_end": result["at_the_end"]}
    found["lost_writes"] = sum(one["lost_writes"] for one in result["faults"].values())


def _reset(variant: Variant, _suite: str, failover: str, _folder: Path, found: Result) -> None:
    wait(lambda: unhealthy() == "", 240, "whole before the reset", 1)
    by_hand(variant.farewell)
    found["reset_s"], _ = timed(*_RESET)
    by_hand(variant.by_hand)
    found["again_s"], _ = timed("deploy.py", "-y", "--data", f"failover={failover}")
    found["healthy_again"] = reach.status()[0] == 0


def well(found: Result) -> bool:
    """Whether the variant fared as bare machines do."""
    return (
        "failed" not in found
        and found["second_run_changes"] == 0
        and bool(found["healthy"] and found["healthy_again"] and found["sound"])
        and found["lost_writes"] == 0
    )


def main() -> int:
    """Do what the command line asks for; the last line is one JSON object."""
    parser = argparse.ArgumentParser(prog="script/bench variants")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"default: {', '.join(_DEFAULT)}")
    parser.add_argument("--suite", choices=SUITES, default=SUITES[0])
    parser.add_argument("--failover", choices=("document", "fast"), default="document")
    given = parser.parse_args()
    if unknown := sorted(set(given.names) - set(VARIANTS)):
        parser.error(f"no variant {', '.join(unknown)}; there are {', '.join(VARIANTS)}")
    folder = Path(tempfile.mkdtemp(prefix="webha-variants-"))
    print(f"variants: every fault's run is kept in {folder}", file=sys.stderr)
    results = []
    for name in given.names or _DEFAULT:
        results.append(measure(VARIANTS[name], given.suite, given.failover, folder))
        print(json.dumps(results[-1]), file=sys.stderr, flush=True)
    print(json.dumps({"suite": given.suite, "failover": given.failover, "variants": results}))
    return 0 if all(map(well, results)) else 1


if __name__ == "__main__":
    sys.exit(main())
