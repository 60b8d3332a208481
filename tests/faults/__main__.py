"""Run faults against the deployed lab: ``script/bench faults [--times N] [NAME…]``; the last line is one JSON object."""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from lab import visitor
from tests.faults import measure
from tests.faults.catalogue import FAULTS, Fault, holder
from tests.lab.nodes import ADDRESSES, DOCROOT, VIP, eventually, on, unhealthy

HERE = Path(__file__).parent
RATE = 20.0
SETTLE = 5.0
PATIENCE = 240.0
_FOLDER = f"{DOCROOT}/sites/default/files/webha-faults"
_next_number = 1


def prepare() -> None:
    """Put the page, its table and its folder on the site."""
    page = (HERE / "probe.php").read_text()
    script = f"""
mariadb -e "CREATE DATABASE IF NOT EXISTS webha_faults; CREATE OR REPLACE TABLE webha_faults.writes (id INT AUTO_INCREMENT PRIMARY KEY, number INT NOT NULL);
GRANT ALL ON webha_faults.* TO 'www-data'@localhost"
rm -rf {_FOLDER}; install -d -o www-data -g www-data {_FOLDER}; echo 0 > {_FOLDER}/0
cat > {DOCROOT}/webha-probe.php <<'PAGE'
{page}
PAGE
"""
    on("nodoha", script)


def clear() -> None:
    """Take it away again."""
    on("nodoha", f"rm -rf {_FOLDER} {DOCROOT}/webha-probe.php; mariadb -e 'DROP DATABASE IF EXISTS webha_faults'")


@contextmanager
def client() -> Iterator[list[measure.Request]]:
    """Let the client run; its requests are in the list when it has ended."""
    global _next_number  # noqa: PLW0603 -- a number is written once
    requests: list[measure.Request] = []
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen(
            ["ip", "netns", "exec", visitor.NAMESPACE, sys.executable, str(HERE / "client.py"), VIP, str(RATE), str(_next_number)],
            stdin=subprocess.PIPE, stdout=out, text=True,
        )  # fmt: skip
        try:
            yield requests
        finally:
            process.communicate()
            out.seek(0)
            requests += [measure.Request(**json.loads(line)) for line in out]
            _next_number = max((one.number for one in requests), default=_next_number) + 1


def missing(requests: list[measure.Request]) -> dict[str, int]:
    """Return for each node how many acknowledged writes it lacks, as a row or as a file."""
    acknowledged = {one.number for one in requests if one.kind == "write" and one.good}
    lacking = {}
    for name in ADDRESSES:
        rows = set(
            map(int, on(name, "mariadb -NBe 'SET wsrep_sync_wait=1; SELECT number FROM webha_faults.writes'").split())
        )
        files = set(map(int, on(name, f"ls {_FOLDER}").split()))
        lacking[name] = len(acknowledged - (rows & files))
    return lacking


def run(fault: Fault) -> dict[str, Any]:
    """Put the cluster through ``fault`` once and say what it was like."""
    eventually(lambda: unhealthy() == "", PATIENCE, "a whole cluster before the fault")
    active = holder()
    assert active is not None, "nobody, or more than one node, holds the virtual IP"
    node = active if fault.active else next(name for name in ADDRESSES if name != active)
    with client() as requests:
        time.sleep(SETTLE)
        struck = time.monotonic()
        fault.strike(node)
        time.sleep(max(0.0, struck + fault.lasting - time.monotonic()))
        mended = time.monotonic()
        fault.mend(node)
        whole = eventually(lambda: unhealthy() == "", PATIENCE, f"a whole cluster after {fault.name}")
        heal = eventually(_healed, PATIENCE, "no file waiting for healing")
        time.sleep(SETTLE)
        stopped = time.monotonic()
    return {
        "fault": fault.name,
        "node": node,
        **measure.summary(requests, struck, stopped),
        "whole_after_mend_s": round(mended - struck - fault.lasting + whole + heal, 1),
        "missing": missing(requests),
    }


def _healed() -> bool:
    counts = on(
        "nodoha", "timeout 20 gluster volume heal fs_ha statistics heal-count | grep '^Number of entries:'", check=False
    )
    return bool(counts) and all(line.endswith(": 0") for line in counts.splitlines())


def main() -> int:
    """Run the named faults, or all."""
    parser = argparse.ArgumentParser(prog="script/bench faults")
    parser.add_argument("names", nargs="*", choices=[*FAULTS, []], metavar="NAME", help=", ".join(FAULTS))
    parser.add_argument("--times", type=int, default=1, help="how often each")
    arguments = parser.parse_args()
    visitor.arrive()
    prepare()
    runs = []
    try:
        for name in arguments.names or FAULTS:
            for _ in range(arguments.times):
                runs.append(run(FAULTS[name]))
                print(json.dumps(runs[-1]), file=sys.stderr, flush=True)
    finally:
        clear()
        visitor.leave()
    by_fault = {
        name: {
            "times": len(gaps),
            "gap_median_s": median(gaps),
            "gap_worst_s": max(gaps),
            "lost_writes": sum(sum(one["missing"].values()) for one in runs if one["fault"] == name),
        }
        for name in {one["fault"]: None for one in runs}
        if (gaps := [one["gap_s"] for one in runs if one["fault"] == name])
    }
    print(json.dumps({"faults": by_fault, "runs": runs}))
    return 0 if all(not one["lost_writes"] for one in by_fault.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
