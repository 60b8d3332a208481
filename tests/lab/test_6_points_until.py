"""A restore point goes on to a given second, by the nodes' binary logs."""

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.faults.points import WITH
from tests.faults.saving import saving
from tests.lab.nodes import ADDRESSES, VIP, converge, everywhere, on, refused, whole
from tests.lab.restorepoints import CONFIRM, DRUPAL, share, status

pytestmark = [pytest.mark.usefixtures("deployed"), pytest.mark.any_release]


@pytest.fixture(scope="module", autouse=True)
def _a_share(deployed: str) -> Iterator[None]:
    assert deployed
    yield from share()


@pytest.fixture(scope="module")
def logged() -> Iterator[tuple[str, ...]]:
    """The data of a cluster that keeps binary logs."""
    data = (*WITH, "--data", "galera_binlog=True", "--data", "backup_log_minutes=1")
    converge("tasks/galera.py", *data)
    converge("tasks/backups.py", *data)
    yield data
    converge("tasks/galera.py")
    whole()


def test_a_dropped_table_comes_back_as_it_was_the_second_before(logged: tuple[str, ...]) -> None:
    """And all of the database does: exactly the writes after that second are given up."""
    on("nodoha", f"{DRUPAL} 'CREATE OR REPLACE TABLE dropped (a INT PRIMARY KEY); INSERT INTO dropped VALUES (1), (2)'")
    converge("tasks/backup.py", *logged)
    client: dict[str, Any] = {}
    with saving(client):
        on("nodoha3", f"{DRUPAL} 'INSERT INTO dropped VALUES (3)'")
        on(
            "nodoha2",
            "mariadb -e 'CREATE DATABASE other; CREATE TABLE other.t (a INT PRIMARY KEY); DROP DATABASE other'",
        )
        time.sleep(4)
        wait = "t=$(($(date +%s) + 2)); while [ $(date +%s) -lt $t ]; do sleep 0.02; done"
        second = int(on("nodoha", f"{wait}; {DRUPAL} 'DROP TABLE dropped'; echo $t"))
        time.sleep(4)
    stamp = on("nodoha", f"date -d @{second} '+%F %T'")
    until = ("--data", f"until={stamp}")
    log = [(one[0], one[1], one[2], one[3:]) for one in client["log"]]
    first = converge("tasks/restore.py", *logged, *CONFIRM, *until, "--data", "table=dropped")
    assert re.search(r"\d+ transactions after that point, up to", first.text)
    assert set(everywhere(f"{DRUPAL} 'SELECT GROUP_CONCAT(a ORDER BY a) FROM dropped'").values()) == {"1,2,3"}
    assert rows() == {name for *_, name, _ in log} - {
        one for *_, gone in log for one in gone
    }  # nothing else is given up
    converge("tasks/restore.py", *logged, *CONFIRM, *until, "--data", "part=database")
    # Written and answered before that second, and begun before it: of what was under way both are right.
    sure = {name for _, end, name, _ in log if end <= second} - {
        one for begin, *_, gone in log if begin < second for one in gone
    }
    most = {name for begin, _, name, _ in log if begin < second} - {
        one for _, end, _, gone in log if end <= second for one in gone
    }
    assert sure <= rows() <= most
    assert len([None for begin, *_ in log if begin >= second]) > 40
    said = refused("tasks/restore.py", *logged, *CONFIRM, "--data", "until=2020-01-01 00:00", "--data", "part=database")
    assert "no restore point from before 2020-01-01 00:00:00" in said


def rows() -> set[str]:
    return set(on("nodoha", f"{DRUPAL} 'SELECT name FROM saving'").split())


def test_another_nodes_logs_go_before_those_of_one_that_got_a_full_copy(logged: tuple[str, ...]) -> None:
    converge("tasks/backup.py", *logged)
    on("nodoha", f"{DRUPAL} 'INSERT INTO dropped VALUES (4)'")
    holder = next(
        name for name, said in everywhere(f"ip -4 -o address show | grep -c ' {VIP}/' || :").items() if said == "1"
    )
    other = next(name for name in ADDRESSES if name != holder)
    on(other, 'echo \'{"do": "logs"}\' | /usr/bin/python3 -I /usr/local/lib/webha/node.pyz backup')
    on(holder, "systemctl stop mariadb; rm -rf /var/lib/mysql/*; systemctl start mariadb", timeout=300)
    whole()
    on("nodoha", f"{DRUPAL} 'INSERT INTO dropped VALUES (5)'")
    stamp = on("nodoha", "sleep 2; date '+%F %T'; sleep 1")
    on("nodoha", f"{DRUPAL} 'TRUNCATE dropped'")
    converge("tasks/restore.py", *logged, *CONFIRM, "--data", "table=dropped", "--data", f"until={stamp}")
    assert set(everywhere(f"{DRUPAL} 'SELECT GROUP_CONCAT(a ORDER BY a) FROM dropped'").values()) == {"1,2,3,4,5"}
    seen = status(logged)
    assert seen["healthy"], seen
