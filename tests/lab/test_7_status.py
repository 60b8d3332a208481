"""tasks/status.py on real nodes: exit code, JSON, and an answer within 15 s whatever is broken."""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.lab.nodes import ROOT, lab, on, unhealthy, whole

pytestmark = [pytest.mark.usefixtures("deployed"), pytest.mark.any_release]

Look = Callable[[], tuple[int, dict[str, Any], str]]


@pytest.fixture
def look(tmp_path: Path) -> Look:
    """Run the status; return exit code, the JSON and the screen. It must come within 15 s."""

    def now() -> tuple[int, dict[str, Any], str]:
        file = tmp_path / "report.json"
        file.unlink(missing_ok=True)
        begin = time.monotonic()
        done = subprocess.run(
            ["script/lab", "run", "pyinfra", "inventory.py", "tasks/status.py", "--data", f"report={file}"],
            cwd=ROOT, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=60,
        )  # fmt: skip
        seconds = time.monotonic() - begin
        assert seconds < 15, f"{seconds:.1f} s: {done.stdout}{done.stderr}"
        assert file.exists(), done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.returncode, json.loads(file.read_text()), done.stdout

    return now


@contextmanager
def broken(node: str, breaks: str, mends: str) -> Iterator[None]:
    on(node, breaks)
    try:
        yield
    finally:
        on(node, mends)
        whole()


def problems(report: dict[str, Any], layer: str) -> str:
    assert report["healthy"] is False
    assert report["layers"][layer]["healthy"] is False
    return "\n".join(report["layers"][layer]["problems"])


def test_a_whole_cluster_is_healthy_in_every_layer(look: Look) -> None:
    whole()
    code, report, screen = look()
    assert code == 0, screen
    assert report["healthy"] is True
    assert list(report["layers"]) == [
        "hosts",
        "firewall",
        "galera",
        "apache",
        "cluster",
        "gluster",
        "drupal",
        "vip",
        "backup",
    ]
    assert all(layer["healthy"] and not layer["problems"] for layer in report["layers"].values())
    layers, rest = screen.splitlines()[: len(report["layers"])], screen.splitlines()[len(report["layers"]) :]
    assert [line.split()[1] for line in layers] == ["healthy"] * len(layers)
    assert rest[0] == "lock     free"
    assert report["lock"] == {"held": [], "unknown": []}
    assert [line.split()[0] for line in rest[1:]] == ["journal"] * len(report["journal"])
    assert 1 <= len(report["journal"]) <= 3


def test_a_stopped_database_is_named(look: Look) -> None:
    with broken("nodoha2", "systemctl stop mariadb", "systemctl start mariadb"):
        code, report, screen = look()
        assert code == 1
        assert "nodoha2: not Synced" in problems(report, "galera")
        assert report["layers"]["gluster"]["healthy"], screen


def test_a_hung_database_is_unknown_and_holds_nothing_up(look: Look) -> None:
    with broken("nodoha3", "pkill -STOP -x mariadbd", "pkill -CONT -x mariadbd"):
        code, report, _ = look()
        assert code == 1
        assert "nodoha3" in problems(report, "galera")
        assert report["layers"]["cluster"]["healthy"]


def test_a_brick_that_does_not_serve_is_named(look: Look) -> None:
    with broken("nodoha2", "pkill -KILL -x glusterfsd; sleep 1", "gluster volume start fs_ha force"):
        _, report, _ = look()
        assert "nodoha2:/gluster: the brick does not serve" in problems(report, "gluster")


def test_an_address_that_two_hold_is_said(look: Look) -> None:
    passive = next(
        name for name in ("nodoha2", "nodoha3") if on(name, "ip -4 -o a | grep -c ' 10.0.0.250/' || true") == "0"
    )
    add, drop = (f"ip address {verb} 10.0.0.250/32 dev lo" for verb in ("add", "del"))
    with broken(passive, add, drop):
        _, report, _ = look()
        assert "both hold 10.0.0.250" in problems(report, "vip")


@pytest.mark.long
def test_a_node_without_power_is_unknown_and_the_others_are_judged(look: Look) -> None:
    lab("cut", "nodoha3")
    try:
        for _ in range(2):
            code, report, screen = look()
            assert code == 1
            for layer in report["layers"].values():
                assert "nodoha3: unknown, the node was not reached" in layer["problems"]
        assert "nodoha3 is not online" in screen  # the first look may come before the others know
    finally:
        lab("boot", "nodoha3")
        whole(180)
    assert unhealthy() == ""
