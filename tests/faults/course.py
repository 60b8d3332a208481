"""Faults one after the other on the deployed lab, and what their runs have in common."""

import json
import random
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from lab.layout import LabError
from tests.faults import report
from tests.faults.acts import NotDoneError
from tests.faults.audit import audit
from tests.faults.catalogue import Fault
from tests.faults.site import Site, installed
from tests.faults.trial import audited, repair, run

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
            "errors_worst": max((one["errors"] for one in ones if "errors" in one), default=None),
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


def sound(result: dict[str, Any]) -> bool:
    """Whether all became whole again by itself and no audit found anything."""
    return not result["at_the_end"] and all(
        one["outcome"] == "whole" and not one.get("audit") for one in result["runs"]
    )


def save(file: Path, result: dict[str, Any]) -> None:
    """Write the result so far: never half of it."""
    fresh = file.with_name(f"{file.name}.new")
    fresh.write_text(json.dumps(result))
    fresh.replace(file)


def once(fault: Fault, site: Site, failover: str) -> Run:
    """Run the fault; if the cluster is not whole after it, repair it and say so."""
    try:
        result = run(fault, site, failover)
    except (NotDoneError, LabError, OSError, subprocess.SubprocessError) as error:
        result = {"fault": fault.name, "failover": failover, "outcome": f"not begun: {error}"}
    if result["outcome"] != "whole":
        print(f"faults: {fault.name}: {result['outcome']}; the lab is repaired", file=sys.stderr, flush=True)
        left = repair(failover)
        result["repair"] = f"not whole either: {left}" if left else "whole"
        if not left and "gap_s" in result:
            result |= audited(site, result["said"])
    return result


def bench(faults: Iterable[Fault], failover: str, file: Path, seed: int | None = None) -> dict[str, Any]:
    """Run the faults one after the other and keep each one's result as it comes. The visitor has arrived."""
    begin = time.monotonic()
    site = Site()
    site.prepare()
    result: dict[str, Any] = {"failover": failover, "site": installed(), "machine": report.machine(), "seed": seed}
    result |= {"faults": {}, "runs": [], "at_the_end": []}
    try:
        for fault in faults:
            one = once(fault, site, failover)
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
