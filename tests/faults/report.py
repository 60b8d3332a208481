"""Write docs/failures.md and its pictures: ``python -m tests.faults.report RESULTS.json…``, as script/bench faults keeps them."""

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from tests.faults.catalogue import FAULTS, NOT_SHOWN
from tests.faults.picture import svg
from tests.faults.site import STAND_IN

DOCS = Path(__file__).parents[2] / "docs"
Run = Mapping[str, Any]
Setting = tuple[str, str]  # failover, and what served

_BEGIN = """\
# Failures: what a client sees

Measured, not promised. Every line comes from `script/bench faults`, which puts the deployed lab (`script/demo`) through the fault while a client reads
and writes through the virtual IP. Written by `python -m tests.faults.report`; do not edit by hand.

- **The machine** here: {machine}. Three nodes share it, and its kernel, with the client.
- **The client** is in the nodes' network and opens a new connection 20 times a second, whatever became of the others, every other time to write. It waits
  5 seconds for an answer and does not repeat a request.
- **An acknowledged write** was answered with 200. It is then a row in Galera and a file on Gluster, both synced. *Lost* is one that is not there on every
  node, as row and as file, when the fault is over.
- **The longest gap** is the longest time without any good answer between the fault and the end, when all is whole again. A request that was under way in
  the fault counts when its answer comes. *Writes*: the same among the writes alone.
- **Errors** are requests that got no 200 within 5 s. Even a gap of half a second has some: nobody repeats them.
- **Two owners**: how long two nodes had the virtual IP configured at the same time, looked at every 20 ms from outside; a node that stands still does not
  count while it does. **Two served**: how long the client got answers from two by turns.
- **Whole after**: all three nodes, databases, mounts and bricks in, nothing left to heal; counted from the moment somebody lent a hand (power, cable, what the column *hands*
  says), or from the fault where nobody did. In that case it is looked at only some seconds after the fault, so small numbers mean "at most".
- **Afterwards** an audit looks at everything on all nodes: one holder, one configuration, membership, database states and checksums, heal, files, the
  status. What it found stands below the table.
"""

_LIMITS = """\
## What this lab cannot show

{limits}

The nodes share one kernel and two cores or so: what takes processor time (a boot, a heal, a deploy) is slower than on machines of their own, and a node's
boot is faster than a real machine's.
"""

_HEAD = (
    "| fault | runs | gap, median / worst s | writes, worst s | aim s | errors, worst | lost writes | two owners s | two served s "
    "| whole after s | hands |\n|---|---|---|---|---|---|---|---|---|---|---|"
)


def cell(text: object) -> str:
    """Return the text fit for a cell of a Markdown table."""
    return str(text).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


def number(value: float | None, digits: int = 1) -> str:
    """Return the number as a person reads it."""
    return "-" if value is None else f"{value:.{digits}f}"


def row(name: str, setting: Setting, runs: Sequence[Run]) -> str:
    """Return a fault's line."""
    measured = [one for one in runs if "gap_s" in one]
    gaps = [one["gap_s"] for one in measured]
    whole = [one["whole_after_mend_s"] for one in measured if one.get("whole_after_mend_s") is not None]
    fault = FAULTS.get(name)
    bound = fault.bound if fault and setting[0] == "fast" else None
    failed = sum(one["outcome"] != "whole" for one in runs)
    cells = [
        f"[{cell(name)}](failures/{picture_name(name, setting)})"
        if any("series" in one for one in runs)
        else cell(name),
        f"{len(runs)}" + (f", **{failed} not whole**" if failed else ""),
        f"{number(median(gaps))} / {number(max(gaps))}" if gaps else "-",
        number(max((one["write_gap_s"] for one in measured), default=None)),
        f"{bound:g}" if bound is not None else "-",
        max((one["errors"] for one in measured), default="-"),
        sum(sum(one.get("missing", {}).values()) for one in runs),
        number(max((one.get("two_owners_s", 0.0) for one in runs), default=0.0), 2),
        number(max((one.get("two_served_s", 0.0) for one in runs), default=0.0), 2),
        number(max(whole, default=None)),
        cell(fault.hands if fault and fault.hands else "-"),
    ]
    return f"| {' | '.join(map(str, cells))} |"


def picture_name(name: str, setting: Setting) -> str:
    """Return the file of the fault's picture; the plain name is the faster setting's, with the stand-in."""
    failover, site = setting
    words = [name, *([failover] if failover != "fast" else []), *([site.replace(" ", "-")] if site != STAND_IN else [])]
    return f"{'-'.join(words)}.svg"


def grouped(results: Iterable[Mapping[str, Any]]) -> dict[Setting, dict[str, list[Run]]]:
    """Return the runs by setting and fault, both in order: the catalogue's, then by name."""
    known = list(FAULTS)
    found: dict[Setting, dict[str, list[Run]]] = {}
    for result in results:
        for one in result["runs"]:
            setting = (one.get("failover") or result.get("failover") or "unknown", result.get("site", STAND_IN))
            found.setdefault(setting, {}).setdefault(one["fault"], []).append(one)
    return {
        setting: dict(sorted(ones.items(), key=lambda item: (_place(item[0], known), item[0])))
        for setting, ones in sorted(found.items(), key=lambda item: (item[0][0] != "fast", item[0][1] == STAND_IN))
    }


def _place(name: str, known: Sequence[str]) -> int:
    return known.index(name) if name in known else len(known)


def findings(runs: Iterable[Run]) -> list[str]:
    """Return what was not as it should be, a line each."""
    lines = []
    for one in runs:
        told = [one["outcome"]] if one["outcome"] != "whole" else []
        lines += [f"- **{cell(one['fault'])}**: {cell(what)}" for what in [*told, *one.get("audit", ())]]
    return lines


def took(results: Iterable[Mapping[str, Any]], setting: Setting) -> list[str]:
    """Return a sentence for each catalogue that was run in one piece."""
    return [
        f"{len(result['runs'])} runs one after the other took {result['minutes']:.0f} minutes."
        for result in results
        if result.get("minutes")
        and len({one["fault"] for one in result["runs"]}) > len(FAULTS) / 2
        and setting == (result.get("failover"), result.get("site", STAND_IN))
    ]


def page(results: Sequence[Mapping[str, Any]], machine: str) -> str:
    """Return docs/failures.md."""
    where = {result["machine"] for result in results if result.get("machine")}
    parts = [_BEGIN.format(machine="; ".join(sorted(where)) or machine)]
    for setting, by_fault in grouped(results).items():
        wrong = findings(one for runs in by_fault.values() for one in runs)
        parts += [
            f"## failover = {setting[0]}, {setting[1]}\n",
            *[f"{said}\n" for said in took(results, setting)],
            "\n".join([_HEAD, *(row(name, setting, runs) for name, runs in by_fault.items())]),
            "\nNot as it should be:\n" if wrong else "\nThe audit found nothing.\n",
            *(["\n".join(wrong) + "\n"] if wrong else []),
        ]
    ends = sorted({sentence for result in results for sentence in result.get("at_the_end", ())})
    if ends:
        parts.append("After all faults: " + "; ".join(map(cell, ends)) + "\n")
    parts.append(_LIMITS.format(limits="\n".join(f"- **{what}**: {why}." for what, why in NOT_SHOWN.items())))
    return "\n".join(parts)


def machine() -> str:
    """Return what this machine is."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, Linux {os.uname().release}"


def told(result: Mapping[str, Any], file: Path | None) -> None:
    """Print a bench's result as its last line; keep it in ``file`` too, where one was given."""
    if file:
        file.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result))


def write(results: Sequence[Mapping[str, Any]], docs: Path = DOCS) -> None:
    """Write the page and, of each fault's run with the longest gap, a picture."""
    pictures = docs / "failures"
    pictures.mkdir(parents=True, exist_ok=True)
    for setting, by_fault in grouped(results).items():
        for name, runs in by_fault.items():
            drawn = [one for one in runs if "series" in one]
            if drawn:
                worst = max(drawn, key=lambda one: one["gap_s"])
                drawing = svg(
                    f"{name}, failover = {setting[0]}, {setting[1]}", worst["series"], worst.get("mended_after_s")
                )
                (pictures / picture_name(name, setting)).write_text(drawing)
    (docs / "failures.md").write_text(page(results, machine()))


def main(files: Sequence[str]) -> int:
    """Write the page from the files of results."""
    if not files:
        print("python -m tests.faults.report RESULTS.json…", file=sys.stderr)
        return 2
    write([json.loads(Path(file).read_text()) for file in files])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
