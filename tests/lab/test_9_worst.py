"""The worst days: a table is dropped, and all three machines are gone, docs/operations.md by the word. The lab's cluster ends with them."""

import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.points import TARGET, WITH
from tests.faults.saving import clear, prepare, saving
from tests.lab.nodes import DOCROOT, ROOT, converge, everywhere, lab, on, refused, whole
from tests.lab.restorepoints import CONFIRM, DRUPAL, point, status
from tests.lab.standin import write

pytestmark = pytest.mark.any_release
INVENTORY = "tests/lab/elsewhere.py"
SAVE = 'echo \'{"do": "logs"}\' | /usr/bin/python3 -I /usr/local/lib/webha/node.pyz backup'

# The machines that are there then: what each node is called, and its address (tests/lab/elsewhere.py); and what else the new cluster has of its own.
MOVED = {"nodoha": ("web-a", "10.0.0.143"), "nodoha2": ("web-b", "10.0.0.144"), "nodoha3": ("web-c", "10.0.0.145")}
ELSEWHERE = "10.0.0.251"
NEW = ("--data", f"vip={ELSEWHERE}", "--data", "cluster_name=elsewhere", "--data", "galera_cluster_name=others")


def moved() -> None:
    """Have the lab's bare nodes be others; the old addresses stay, as the way by which this test looks at them."""
    for node, (name, address) in MOVED.items():
        on(
            node,
            f"ip address add {address}/24 dev $(ip -o route get 10.0.0.1 | sed 's/.* dev \\([^ ]*\\) .*/\\1/'); hostname {name}; echo {name} > /etc/hostname",
        )


@pytest.fixture(scope="module")
def logged(suite: str, archive: Path) -> Iterator[tuple[str, ...]]:
    """The data of a cluster that has kept binary logs from its first day."""
    assert suite
    lab("reset")
    os.environ["WEBHA_DRUPAL_ARCHIVE"] = str(archive)
    on("nodoha", f"rm -rf {TARGET}; mkdir {TARGET}")
    data = (*WITH, "--data", "galera_binlog=True", "--data", "backup_log_minutes=1")
    converge("deploy.py", *data)
    prepare()
    yield data
    for path in (ROOT / "secrets").glob("*"):
        path.unlink()
    on("nodoha", f"rm -rf {TARGET}")


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
        f"{DRUPAL} 'SELECT COUNT(*) FROM large; SELECT w FROM words ORDER BY LENGTH(w) DESC; SHOW EVENTS' | cut -f1-2",
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
    clear()


def test_three_bare_machines_have_the_site_again(logged: tuple[str, ...], tmp_path: Path) -> None:
    """Of other names and addresses, with new secrets but for the password; with what was written after the last point and saved."""
    on(
        "nodoha",
        f"echo ours > {DOCROOT}/sites/default/files/note.txt; {DRUPAL} 'CREATE TABLE kept (id INT PRIMARY KEY, word TEXT); INSERT INTO kept VALUES (7, \"acknowledged\")'",
    )
    converge("tasks/site.py", "--data", f"drupal_archive={write(tmp_path / 'new.tar', '7.7.7')}", *logged)
    converge("tasks/backup.py", *logged)
    files = f"cd {DOCROOT}; find . -type f ! -name '.*' ! -name 'settings*' ! -path './.webha-backup/*' ! -path './.webha-releases/*.sql.gz' -print0 | sort -z | xargs -0 sha256sum"
    before = on("nodoha", files)
    stamp = on("nodoha", f"{DRUPAL} 'INSERT INTO kept VALUES (8, \"later\")'; sleep 2; date '+%F %T'; sleep 2; {SAVE}")
    password = (ROOT / "secrets/backup_password").read_text()
    lab("reset")
    for path in (ROOT / "secrets").glob("*"):
        path.unlink()
    (ROOT / "secrets/backup_password").write_text(password)
    del os.environ["WEBHA_DRUPAL_ARCHIVE"]
    moved()
    run = converge("tasks/restore.py", *WITH, *NEW, "--data", f"until={stamp}", inventory=INVENTORY)
    assert "is back" in run.text
    assert "7.7.7" in lab("run", "curl", "-s", "-m", "30", f"http://{ELSEWHERE}/")
    assert on("nodoha", files) == before
    assert set(everywhere(f"{DRUPAL} 'SELECT word FROM kept ORDER BY id'").values()) == {"acknowledged\nlater"}
    assert (
        on("nodoha", "corosync-quorumtool -l | grep -c web-; grep -c nodoha /etc/corosync/corosync.conf || :") == "3\n0"
    )
    again = converge("deploy.py", *WITH, *NEW, inventory=INVENTORY)
    assert again.converged, again.changed
