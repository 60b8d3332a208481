"""Measurements of the deploy in the lab: seconds and changes, as one JSON object."""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from lab.layout import SUITES, LabError, call

ROOT = Path(__file__).parents[1]
LAB = str(ROOT / "script" / "lab")


def timed(*arguments: str) -> tuple[float, dict[str, int]]:
    """Run pyinfra in the lab; return its seconds and totals. Its own words go to standard error."""
    begin = time.monotonic()
    done = subprocess.run(
        [LAB, "run", "pyinfra", "inventory.py", *arguments, "--json"],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise LabError(f"pyinfra {' '.join(arguments)} failed with exit code {done.returncode}")
    seconds = round(time.monotonic() - begin, 1)
    return seconds, json.loads(done.stdout).get("results", {}).get("totals", {})


def deploy(suite: str) -> dict[str, object]:
    """Measure a first run on bare nodes, a second, a dry one and a whole reset."""
    call(LAB, "up", "--suite", suite, "--variant", "plain")
    begin = time.monotonic()
    call(LAB, "reset")
    lab_reset = round(time.monotonic() - begin, 1)
    first, first_totals = timed("deploy.py", "-y")
    second, second_totals = timed("deploy.py", "-y")
    dry, _ = timed("deploy.py", "--dry")
    reset, _ = timed("tasks/reset.py", "-y", "--data", "confirm=hacloud")
    return {
        "suite": suite,
        "release": Path(os.environ.get("WEBHA_DRUPAL_ARCHIVE", "default release")).name,
        "lab_reset_s": lab_reset,
        "first_run_s": first,
        "first_run_changes": first_totals.get("success"),
        "second_run_s": second,
        "second_run_changes": second_totals.get("success"),
        "dry_run_s": dry,
        "reset_s": reset,
    }


def main() -> int:
    """Take the bench's name from the command line and print its result."""
    parser = argparse.ArgumentParser(prog="script/bench")
    parser.add_argument("name", choices=["deploy"])
    parser.add_argument("--suite", choices=SUITES, default="trixie")
    arguments = parser.parse_args()
    try:
        print(json.dumps(deploy(arguments.suite)))
    except LabError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
