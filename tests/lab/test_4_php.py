"""PHP's Apache module, switched off by hand on the node that serves: the address leaves, and a deploy puts it right."""

import json
from pathlib import Path

import pytest

from tests.lab.nodes import ADDRESSES, VIP, converge, eventually, everywhere, on, page, pyinfra, whole

SOURCE = "<?php"


def holders() -> list[str]:
    seen = everywhere(f"ip -4 -o address show | grep -c ' {VIP}/' || true")
    return [name for name in ADDRESSES if seen[name] == "1"]


@pytest.fixture
def without(deployed: str) -> str:
    """The node that held the address, its pages handed out as source, with 200."""
    assert deployed
    whole()
    (name,) = holders()
    on(
        name,
        "a2dismod -q -f $(cd /etc/apache2/mods-enabled; echo php*.load | sed s/.load//); kill -USR1 $(cat /run/apache2/apache2.pid)",
    )
    return name


@pytest.mark.any_release
def test_a_node_without_php_is_left_named_and_mended(without: str, tmp_path: Path) -> None:
    eventually(lambda: holders() not in ([], [without]), 60, f"the address leaves {without}")
    assert SOURCE not in page()
    run = pyinfra("tasks/status.py", "--data", f"report={tmp_path / 'report'}")
    assert run.code == 1
    problems = json.loads((tmp_path / "report").read_text())["layers"]["apache"]["problems"]
    assert problems == [f"{without}: Apache hands out PHP's source, its PHP module is off: run tasks/apache.py"]
    changed = converge("tasks/apache.py").changed
    assert changed["Apache: sites"] == [without]
    ready = "attrd_updater -Q -n webha-ready -N $(hostname)"
    eventually(lambda: 'value="1000"' in on(without, ready), 60, f"{without} is ready")
    assert converge("tasks/apache.py").converged
