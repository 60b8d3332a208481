"""What an update of a real Drupal costs its visitors, with the code on the volume and on each node's own disk: ``script/bench releases``.

On the deployed lab (script/demo): the site is made anew with the older release, 200 articles with an image each are written, pages a second are
counted, then it is updated and goes back under readers and a writer who logs in as an editor and saves articles through the virtual IP. With
``--failing`` one more fails at its end, with ``--cuts`` the power of the node that does the work goes at each phase of one, with ``--failover N`` that
of the node that serves goes N times. One JSON object.
"""

import argparse
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from lab import visitor
from tests.faults import versions
from tests.faults.catalogue import FAULTS
from tests.faults.course import bench
from tests.faults.pages import Way, log_in, pages
from tests.faults.report import machine, told
from tests.faults.spoiled import spoiled
from tests.lab.nodes import DOCROOT, ROOT, VIP, converge, everywhere, lab, on, page, pyinfra, start, whole

ARTICLES = 200
CONTENT = Path(__file__).with_name("content.php")
CONFIRM = ("--data", "confirm=hacloud")
PHASES = ("begun", "switched", "updating")


@contextmanager
def watched(result: dict[str, Any]) -> Iterator[None]:
    """Ask meanwhile which release answers; ``result`` gets what was seen."""
    inside = ["ip", "netns", "exec", visitor.NAMESPACE, sys.executable, "-m", "tests.faults.versions"]
    with (
        versions.page(),
        subprocess.Popen(inside, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as asking,
    ):
        try:
            yield
        finally:
            said, _ = asking.communicate("")
            result |= json.loads(said)


@contextmanager
def visited(result: dict[str, Any]) -> Iterator[None]:
    """Read and write meanwhile, from the visitor's place; ``result`` gets what became of it."""
    inside = ["ip", "netns", "exec", visitor.NAMESPACE, sys.executable, "-m", "tests.faults.traffic"]
    running = subprocess.Popen(inside, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    time.sleep(5)
    try:
        yield
    finally:
        time.sleep(3)
        said, _ = running.communicate("")
        seen = json.loads(said)
        written = on(
            "nodoha", "mariadb -N -B -e \"SELECT title FROM drupal.node_field_data WHERE title LIKE 'write-%'\""
        )
        seen["writes_lost"] = sorted(set(seen.pop("written")) - set(written.split()))
        result |= seen


def timed(result: dict[str, Any], key: str, *words: str) -> None:
    begin = time.monotonic()
    converge(*words)
    result[key] = round(time.monotonic() - begin, 1)
    print(f"releases: {key}: {result[key]} s", file=sys.stderr, flush=True)


def running() -> str:
    """Return the one release that all nodes run. Fails where there are several."""
    found = set(everywhere(f"readlink {DOCROOT}/.webha-current; cat /run/webha/site.release").values())
    assert len(found) == 1, found
    return found.pop().splitlines()[-1]


def made(code: str, old: Path) -> dict[str, Any]:
    """Make the site anew with the older release and its content; count its pages."""
    result: dict[str, Any] = {}
    converge("tasks/reset.py", *CONFIRM, "--data", "layer=vip,drupal")
    timed(result, "install_s", "tasks/drupal.py", "--data", f"site_code={code}", "--data", f"drupal_archive={old}")
    converge("tasks/vip.py", "--data", "failover=fast")
    whole(300)
    holder = held()
    lab("ssh", holder, f"cat > /var/tmp/content.php <<'END'\n{CONTENT.read_text()}\nEND")
    on(holder, f"runuser -u www-data -- php /var/tmp/content.php {DOCROOT} {VIP} {ARTICLES}", timeout=1200)
    rates = {}
    for who, cookie in (("anonymous", ""), ("logged in", _session())):
        way = ("--cookie", cookie) if cookie else ()
        said = _inside("--pages", *way)
        rates[who] = round(float(said), 1)
    result["pages_per_s"] = rates
    print(f"releases: {code}: {rates} pages a second", file=sys.stderr, flush=True)
    return result


def held() -> str:
    """Return the node that has the virtual IP."""
    return next(
        name for name, said in everywhere(f"ip -4 -o a | grep -c ' {VIP}/' || :").items() if said.strip() == "1"
    )


def _session() -> str:
    return _inside("--session")


def _inside(*words: str) -> str:
    command = ["ip", "netns", "exec", visitor.NAMESPACE, sys.executable, "-m", "tests.faults.releases", *words]
    return subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def updated(code: str, new: Path) -> dict[str, Any]:
    """Update it and go back, under readers and a writer."""
    result: dict[str, Any] = {"update": {}, "rollback": {}}
    with visited(result["update"]):
        timed(
            result["update"], "run_s", "tasks/site.py", "--data", f"site_code={code}", "--data", f"drupal_archive={new}"
        )
    assert page().count("<title>") == 1
    with visited(result["rollback"]):
        timed(result["rollback"], "run_s", "tasks/rollback.py", *CONFIRM)
    result["rollback"]["given_up"] = len(result["rollback"].pop("writes_lost"))
    return result


def failed(code: str, new: Path) -> dict[str, Any]:
    """Make an update whose last step fails, under readers and a writer."""
    result: dict[str, Any] = {}
    before = running(), _rows()
    with spoiled(new) as archive, visited(result):
        words = ("tasks/site.py", "-y", "--data", f"site_code={code}", "--data", f"drupal_archive={archive}")
        run = pyinfra(*words, timeout=3000)
        result |= {"exit": run.code, "said": " ".join(re.findall(r"the site is as before.*", run.text)[:1])}
    return result | {"as_before": (running(), _rows()) == before}


def _rows() -> str:
    return on(
        "nodoha",
        "mariadb -N -B -e \"SELECT COUNT(*) FROM drupal.node_field_data WHERE title LIKE 'article-%'; SELECT value FROM drupal.key_value WHERE collection='system.schema' AND name='system'\"",
    )


def cut(code: str, new: Path) -> list[dict[str, Any]]:
    """Cut the power of the node that does the work at each phase; look where the next run ends."""
    found = []
    words = ("tasks/site.py", "-y", "--data", f"site_code={code}", "--data", f"drupal_archive={new}")
    for phase in PHASES:
        whole(300)
        holder = held()
        one: dict[str, Any] = {"phase": phase, "node": holder}
        with watched(one):
            run = start(*words)
            journal = f"{DOCROOT}/.webha-releases/journal.json"
            at = f'for i in $(seq 6000); do grep -qs \'"phase": "{phase}"\' {journal} && exit 0; sleep 0.05; done; exit 1'
            on(holder, at, timeout=400)
            lab("cut", holder)
            run.communicate(timeout=600)
            lab("boot", holder)
            took = whole(400)
            begin = time.monotonic()
            converge(*words, "--data", "takeover=True")
            one |= {
                "run_ended": run.returncode,
                "whole_after_s": round(took),
                "next_run_s": round(time.monotonic() - begin),
            }
            time.sleep(5)
        one |= {"runs": running(), "rows": _rows().split()}
        print(f"releases: cut at {phase}: {one}", file=sys.stderr, flush=True)
        found.append(one)
        converge("tasks/rollback.py", *CONFIRM)
    return found


def failover(times: int) -> dict[str, Any]:
    """Cut the power of the node that serves, so many times."""
    with TemporaryDirectory() as folder:
        runs = bench([FAULTS["power-cut-active"]] * times, "fast", Path(folder) / "faults.json")
    kept = ("gap_s", "read_gap_s", "write_gap_s", "whole_after_mend_s", "outcome", "missing")
    return {"runs": [{key: one.get(key) for key in kept} for one in runs["runs"]]}


def main() -> None:
    """Measure, on the lab that is up."""
    parser = argparse.ArgumentParser(prog="script/bench releases")
    parser.add_argument("--old", type=Path, help="an archive of the older release")
    parser.add_argument("--new", type=Path, help="an archive of the newer one")
    parser.add_argument("--code", choices=("volume", "local"), action="append", help="default: both")
    parser.add_argument("--failing", action="store_true", help="an update that fails, too")
    parser.add_argument("--cuts", action="store_true", help="power cuts at each phase of an update, too")
    parser.add_argument("--failover", type=int, default=0, help="power cuts of the node that serves, too")
    parser.add_argument("--json", type=Path, help="keep the result there")
    parser.add_argument("--pages", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--cookie", default="", help=argparse.SUPPRESS)
    parser.add_argument("--session", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.session:
        print(log_in("http")[0])
        return
    if given.pages:
        way = Way("http", given.cookie, kept=True)
        pages(way, 4, 4)
        print(pages(way, 10, 4))
        return
    if not (given.old and given.new):
        parser.error("--old and --new: two archives of a real Drupal")
    steps: list[tuple[str, Callable[[str, Path], Any], Path]]
    result: dict[str, Any] = {"machine": machine(), "articles": ARTICLES, "old": given.old.name, "new": given.new.name}
    visitor.arrive()
    try:
        for code in given.code or ("local", "volume"):
            result[code] = {}
            steps = [("made", made, given.old), ("changed", updated, given.new)]
            if given.failing:
                steps.append(("failing", failed, given.new))
            if given.cuts:
                steps.append(("cuts", cut, given.new))
            if given.failover:
                steps.append(("failover", lambda *_: failover(given.failover), given.new))
            for name, step, archive in steps:
                result[code][name] = step(code, archive)
                if given.json:
                    given.json.write_text(json.dumps(result))
    finally:
        visitor.leave()
    told(result, given.json)


if __name__ == "__main__":
    main()
