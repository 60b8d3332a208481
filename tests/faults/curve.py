"""What daily points cost over time: ``script/bench curve``.

On a node of the lab that is deployed with restore points, in a repository of its own beside: the site's nightly point is made so many days one after the other by
the programs that make them (restic with the default keep rules), of files and a dump that change a little every day. One JSON object.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from tests.faults.report import machine, told
from tests.lab.nodes import on

KEEP = {"daily": "7", "weekly": "5", "monthly": "12"}  # group_data's
SHOWN = (1, 2, 7, 14, 30, 60, 90, 180, 365)
_SIMULATED = """
import json, os, random, shutil, sys, time
sys.path.insert(0, "/usr/local/lib/webha/node.pyz")
from pathlib import Path
from webha_node.backup import repository
days, files, new, dump, changed, keep = json.loads(sys.argv[1])
place = Path("/var/tmp/webha-curve")
shutil.rmtree(place, ignore_errors=True)
place.mkdir()
(place / "env").write_text(f"RESTIC_REPOSITORY={place}/repository\\nRESTIC_PASSWORD=of-a-simulation\\n")
repository.ENVIRONMENT, repository.CACHE = place / "env", place / "cache"
repository.restic("init")
site = place / "site"
site.mkdir()
def put(name, size):
    (site / name).write_bytes(os.urandom(size))
for number in range(files):
    put(f"old-{number}", 1 << 20)
rows = [os.urandom(250).hex() for _ in range(dump * 2000)]
begin = time.time() - days * 86400
for day in range(days):
    for number in range(new):
        put(f"day-{day}-{number}", 1 << 20)
    for number in random.sample(range(len(rows)), int(len(rows) * changed)):
        rows[number] = os.urandom(250).hex()
    (site / "database.sql").write_text("\\n".join(rows))
    since = time.monotonic()
    said = repository.saved(site, "ha", (repository.TAG,), begin + day * 86400, 0)
    repository.forgotten("ha", keep)
    size = sum(path.stat().st_size for path in (place / "repository").rglob("*") if path.is_file())
    print(json.dumps([day + 1, size, said.get("data_added_packed", said.get("data_added")), len(repository.points("ha")), round(time.monotonic() - since, 1)]), flush=True)
site = sum(path.stat().st_size for path in site.rglob("*"))
print(json.dumps(["site", site]))
shutil.rmtree(place)
"""


def main() -> None:
    """Simulate, on the lab that is up."""
    parser = argparse.ArgumentParser(prog="script/bench curve")
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--files", type=int, default=100, help="MB at the beginning")
    parser.add_argument("--new", type=int, default=1, help="MB of files that come a day")
    parser.add_argument("--dump", type=int, default=20, help="MB of the database")
    parser.add_argument("--changed", type=float, default=0.02, help="of its rows, a day")
    parser.add_argument("--json", type=Path, help="keep the result there")
    given = parser.parse_args()
    asked = json.dumps([given.days, given.files, given.new, given.dump, given.changed, KEEP])
    said = on("nodoha3", f"python3 - '{asked}' <<'END'\n{_SIMULATED}\nEND", timeout=7200)
    *days, last = [json.loads(line) for line in said.splitlines()]
    names = ("day", "repository_mb", "added_mb", "points", "seconds")
    curve = [dict(zip(names, (day, *(round(size / 1e6, 1) for size in sizes), *rest), strict=True)) for day, *sizes, rest in
             ((one[0], one[1], one[2], one[3:]) for one in days)]  # fmt: skip
    result: dict[str, Any] = {
        "machine": machine(), "files_mb": given.files, "new_mb_a_day": given.new, "dump_mb": given.dump, "rows_changed_a_day": given.changed,
        "site_mb_at_the_end": round(last[1] / 1e6, 1), "curve": [one for one in curve if one["day"] in SHOWN], "largest_mb": max(one["repository_mb"] for one in curve),
    }  # fmt: skip
    told(result, given.json)


if __name__ == "__main__":
    main()
