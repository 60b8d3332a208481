"""A restore point goes on to a given second, by the binary logs of the node that made it."""

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.faults.points import WITH
from tests.faults.saving import saving
from tests.lab.nodes import converge, everywhere, on, refused, whole
from tests.lab.restorepoints import CONFIRM, DRUPAL, LOGGED, point, share, status

pytestmark = [pytest.mark.usefixtures("deployed"), pytest.mark.any_release]


_a_share = pytest.fixture(scope="module", autouse=True)(share)


@pytest.fixture(scope="module")
def logged() -> Iterator[tuple[str, ...]]:
    for task in ("galera", "backups"):
        converge(f"tasks/{task}.py", *LOGGED)
    yield LOGGED
    on("nodoha", f"{DRUPAL} 'DROP EVENT IF EXISTS yearly; DROP TABLE IF EXISTS dropped, words, large'")
    if on("nodoha", "mariadb -N -B -e 'SELECT @@log_bin'") != "0":
        converge("tasks/galera.py")
    whole()


def test_a_dropped_table_comes_back_as_it_was_the_second_before(logged: tuple[str, ...]) -> None:
    """And all of the database does: exactly the writes after that second are given up."""
    on("nodoha", f"{DRUPAL} 'CREATE OR REPLACE TABLE dropped (a INT PRIMARY KEY); INSERT INTO dropped VALUES (1), (2)'")
    converge("tasks/backup.py", *logged)
    client: dict[str, Any] = {}
    with saving(client):
        on("nodoha3", f"{DRUPAL} 'INSERT INTO dropped VALUES (3)'")
        on("nodoha3", f"{DRUPAL} 'CREATE TABLE dropped (a INT PRIMARY KEY)'", check=False)  # a number that no log has
        on(
            "nodoha2",
            f"{DRUPAL} \"CREATE TABLE words (w TEXT); INSERT INTO words VALUES ('see GTID 0-1-99'), ('ñ€😀')\"",
        )
        on(
            "nodoha2", f"{DRUPAL} 'CREATE TABLE large AS SELECT REPEAT(0x61, 1000) AS w FROM seq_1_to_30000'"
        )  # 30 MB in one
        on("nodoha", f"{DRUPAL} 'CREATE EVENT yearly ON SCHEDULE EVERY 1 YEAR DO DELETE FROM words'")
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
    assert re.search(r"is back: .*, and \d+ transactions after it, up to", first.text)
    assert set(everywhere(f"{DRUPAL} 'SELECT GROUP_CONCAT(a ORDER BY a) FROM dropped'").values()) == {"1,2,3"}
    assert rows() == {name for *_, name, _ in log} - {
        one for *_, gone in log for one in gone
    }  # nothing else is given up
    on("nodoha", f"{DRUPAL} 'DROP EVENT yearly; DROP TABLE large, words'")
    converge("tasks/restore.py", *logged, *CONFIRM, *until, "--data", "part=database")
    assert on(
        "nodoha2",
        f"{DRUPAL} 'SELECT COUNT(*) FROM large; SELECT w FROM words ORDER BY w NOT LIKE 0x73656525; SHOW EVENTS' | cut -f1-2",
    ) == ("30000\nsee GTID 0-1-99\nñ€😀\ndrupal\tyearly")
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


@pytest.mark.long
def test_what_logs_cannot_do_is_refused(logged: tuple[str, ...]) -> None:
    """A node got a full copy since its point; a structure was changed from a session of another database."""
    made = converge("tasks/backup.py", *logged)
    node = re.search(r"made on (\w+) in", made.text)
    assert node is not None
    on(node[1], "systemctl stop mariadb; rm -rf /var/lib/mysql/*; systemctl start mariadb", timeout=300)
    whole()
    wanted = (*logged, *CONFIRM, "--data", "table=dropped", "--data")
    now = on("nodoha", "sleep 1; date '+%F %T'; sleep 1")
    said = refused("tasks/restore.py", *wanted, f"until={now}", "--data", f"point={point(made)}")
    assert f"{node[1]}'s binary logs no longer have what follows the point {point(made)}: it got a full copy" in said
    converge("tasks/backup.py", *logged)
    on("nodoha", "mariadb -e 'ALTER TABLE drupal.dropped ADD b INT'")
    now = on("nodoha", "sleep 2; date '+%F %T'; sleep 1")
    said = refused("tasks/restore.py", *wanted, f"until={now}")
    assert "'ALTER TABLE drupal.dropped ADD b INT' from a session of another database" in said, said[-900:]
    assert status(logged)["problems"] == ["no restore point was ever restored to try it: run tasks/drill.py"]


@pytest.mark.long
def test_turned_off_nothing_of_it_stays(logged: tuple[str, ...]) -> None:
    """Nor does a timer that fired meanwhile stay as a failed unit of ours."""
    on("nodoha", "systemctl start webha-logs.service")
    assert logged
    converge("tasks/galera.py", *WITH)
    on("nodoha2", "systemctl start webha-logs.service", check=False)
    converge("tasks/backups.py", *WITH)
    left = "ls -d /var/lib/mysql/webha-bin.* /var/lib/webha/backup/logs 2>/dev/null; systemctl --failed --no-legend"
    assert set(everywhere(left).values()) == {""}
    again = converge("tasks/backups.py", *WITH)
    assert again.converged, again.changed
