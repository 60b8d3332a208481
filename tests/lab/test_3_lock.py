"""Two runs of the converged cluster from two folders: one has the lock, the other is told who; and what a killed one leaves."""

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.lab.nodes import ADDRESSES, ROOT, Run, eventually, everywhere, on, start

pytestmark = [pytest.mark.usefixtures("deployed"), pytest.mark.any_release]

LOCK = "cat /var/lib/webha/lock 2>/dev/null || true"
SHORT = "tasks/hosts.py"  # one operation, and nothing to change
TAKEOVER = ("--data", "takeover=True")


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """Another folder with the same inventory and the same secrets, as a colleague has it."""
    folder = tmp_path / "colleague"
    folder.mkdir()
    for name in ("tasks", "group_data"):
        shutil.copytree(ROOT / name, folder / name)
    for name in ("inventory.py", "config.py", "deploy.py"):
        shutil.copy(ROOT / name, folder / name)
    (folder / "secrets").symlink_to(ROOT / "secrets")
    return folder


def run_from(folder: Path, *words: str) -> Run:
    done = subprocess.run(
        [str(ROOT / "script/lab"), "run", "pyinfra", "inventory.py", *words, "-y", "--json"],
        cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    return Run(
        done.returncode, done.stdout + done.stderr, json.loads(done.stdout) if done.stdout.startswith("{") else None
    )


def status(file: Path) -> tuple[dict[str, Any], str]:
    """Return the status as JSON and its screen."""
    done = subprocess.run(
        [str(ROOT / "script/lab"), "run", "pyinfra", "inventory.py", "tasks/status.py", "--data", f"report={file}"],
        cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    return json.loads(file.read_text()), done.stdout


def begun() -> "subprocess.Popen[str]":
    """Start a deploy and wait until it holds the lock on every node."""
    run = start("deploy.py", "-y", "--json")
    eventually(lambda: on("nodoha3", LOCK) != "" or run.poll() is not None, 60, "a deploy holds the lock")
    assert run.poll() is None, run.communicate()
    return run


def is_refused(run: Run) -> None:
    assert run.code == 1, run.text[-3000:]
    assert run.json is None, "nothing was executed"
    assert "nothing was changed on any node: a run of " in run.text
    assert f" from {ROOT} (deploy.py, pid " in run.text
    assert "wait for it; if it is dead: --data takeover=True" in run.text
    assert "Traceback" not in run.text


def test_of_two_deploys_at_once_one_is_told_who_the_other_is(other: Path) -> None:
    first = begun()
    is_refused(run_from(other, "deploy.py"))
    out, err = first.communicate(timeout=120)
    assert first.returncode == 0, err[-3000:]
    totals = json.loads(out)["results"]["totals"]
    assert (totals["success"], totals["error"]) == (0, 0), "the lock is no operation and no change"
    assert set(everywhere(LOCK).values()) == {""}
    assert run_from(other, SHORT).converged


def test_a_killed_deploy_keeps_the_lock_until_a_person_says_that_it_is_dead(other: Path, tmp_path: Path) -> None:
    before = everywhere("cat /var/lib/webha/journal | wc -l")
    dead = begun()
    os.killpg(dead.pid, signal.SIGKILL)
    dead.communicate()
    (lock,) = set(everywhere(LOCK).values())
    assert on("nodoha", "stat -c '%a %U' /var/lib/webha/lock") == "644 root"

    is_refused(run_from(other, SHORT))
    report, screen = status(tmp_path / "held.json")
    assert report["healthy"], "a lock that is held is no problem"
    assert [one["nodes"] for one in report["lock"]["held"]] == [list(ADDRESSES)]
    assert f"from {ROOT} (deploy.py, pid {json.loads(lock)['pid']}, " in screen

    taker = run_from(other, SHORT, *TAKEOVER)
    assert taker.converged, taker.text[-3000:]
    assert f"takeover=True: the lock on {', '.join(ADDRESSES)} was taken over from a run of " in taker.text
    assert set(everywhere(LOCK).values()) == {""}

    after = everywhere("cat /var/lib/webha/journal | wc -l")
    assert {name: int(after[name]) - int(before[name]) for name in ADDRESSES} == dict.fromkeys(ADDRESSES, 1)
    (line,) = {json.dumps(json.loads(text)) for text in everywhere("tail -n 1 /var/lib/webha/journal").values()}
    told = json.loads(line)
    assert (told["run"]["folder"], told["run"]["task"], told["result"]) == (str(other), SHORT, "done")
    assert [one["run"] for one in told["took"]] == [json.loads(lock)]
    report, screen = status(tmp_path / "free.json")
    assert report["lock"] == {"held": [], "unknown": []}
    assert report["journal"][-1] == told
    assert "lock     free" in screen
    assert "took over the lock of " in screen.splitlines()[-1]


def test_ctrl_c_gives_the_lock_back() -> None:
    run = begun()
    os.killpg(run.pid, signal.SIGINT)
    run.communicate(timeout=60)
    assert set(everywhere(LOCK).values()) == {""}
