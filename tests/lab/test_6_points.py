"""Restore points of database and files on real nodes: made under writes, tried, damaged, and brought back whole and in parts."""

import json
import re
import shlex
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.faults.points import TARGET, WITH, inside
from tests.faults.saving import FOLDER, clear, prepare, saving
from tests.lab.nodes import ADDRESSES, DOCROOT, ROOT, VIP, Run, converge, everywhere, lab, on, page, refused, whole

pytestmark = [pytest.mark.usefixtures("deployed"), pytest.mark.any_release]
DRUPAL = "mariadb -N -B drupal -e"
CONFIRM = ("--data", "confirm=hacloud")


@pytest.fixture(scope="module", autouse=True)
def _a_share(deployed: str) -> Iterator[None]:
    assert deployed
    on("nodoha", f"rm -rf {TARGET} {DOCROOT}/.webha-backup; mkdir {TARGET}")
    prepare()
    yield
    clear()
    on("nodoha", f"rm -rf {TARGET} {DOCROOT}/.webha-backup")
    converge("tasks/backups.py")  # off again, as the data of all other tests want it


def status(data: tuple[str, ...] = WITH) -> dict[str, Any]:
    run = lab(
        "run",
        "sh",
        "-c",
        f"pyinfra inventory.py tasks/status.py {shlex.join(data)} --data report=/tmp/webha-points.json >&2; cat /tmp/webha-points.json",
    )
    return dict(json.loads(run)["layers"]["backup"])


def point(run: Run) -> str:
    found = re.search(r"restore point ([0-9a-f]{8}), made on", run.text)
    assert found is not None, run.text[-3000:]
    return found[1]


def test_a_place_that_is_none_is_refused() -> None:
    said = refused("tasks/backup.py", "--data", "backup_target=/srv/nowhere")
    assert "nodoha, nodoha2, nodoha3: /srv/nowhere is not there" in said
    everywhere("rm -rf /srv/each; mkdir /srv/each")
    said = refused("tasks/backup.py", "--data", "backup_target=/srv/each")
    assert "/srv/each is not the same on all nodes: nodoha2, nodoha3 see nothing of what nodoha writes there" in said
    assert set(everywhere("ls /srv/each; rm -r /srv/each").values()) == {""}


def test_what_is_written_meanwhile_is_in_it_whole_or_not_at_all() -> None:
    """A row's file and a file's row: of rows that come and go twenty times a second, three points."""
    client: dict[str, Any] = {}
    with saving(client):
        made = [point(converge("tasks/backup.py", *WITH)) for _ in range(3)]
    assert client["failed"] == 0
    assert client["longest_s"] < 2
    assert status()["problems"] == ["no restore point was ever restored to try it: run tasks/drill.py"]
    rows = set(on("nodoha", "mariadb -N -B drupal -e 'SELECT name FROM saving'").split())
    assert set(client["saved"]) - set(client["gone"]) - rows == set()
    for one in made:
        named, there = inside(one)
        assert len(named) > 20
        assert named == there


def test_it_is_made_where_the_site_is_not_served_and_nothing_is_saved_twice() -> None:
    run = converge("tasks/backup.py", *WITH)
    found = re.search(r"made on (\w+) in (\d+) s: .*, of which ([0-9.]+) MB were new", run.text)
    assert found is not None
    assert on(found[1], f"ip -4 -o address show | grep -c ' {VIP}/' || :") == "0"
    assert float(found[3]) < 5  # restic of Debian 12 counts before it packs


def test_a_drill_says_that_it_restores() -> None:
    run = converge("tasks/drill.py", *WITH)
    assert re.search(r"the point [0-9a-f]{8} restores: \d+ files, \d+ rows in \d+ tables", run.text)
    known = status()
    assert known["healthy"], known
    assert set(everywhere("ls /var/lib/webha/backup/drill 2>/dev/null | wc -l; pgrep -c mariadbd").values()) == {"0\n1"}


def test_the_timers_do_both() -> None:
    assert set(everywhere("systemctl is-enabled webha-backup.timer webha-drill.timer").values()) == {"enabled\nenabled"}
    assert converge("tasks/backups.py", *WITH).converged


def test_a_table_and_a_file_come_back() -> None:
    before = on("nodoha", f"mariadb -N -B drupal -e 'SELECT name FROM saving ORDER BY 1'; ls {FOLDER}")
    made = point(converge("tasks/backup.py", *WITH))
    on("nodoha", f"mariadb drupal -e 'DROP TABLE saving'; rm -r {FOLDER}")
    named = (*WITH, "--data", f"point={made}")
    said = refused("tasks/restore.py", *named, "--data", "table=saving")
    assert "--data confirm=hacloud" in said
    assert f"restore point {made} of " in said
    converge("tasks/restore.py", *named, *CONFIRM, "--data", "table=saving")
    converge("tasks/restore.py", *named, *CONFIRM, "--data", "path=sites/default/files/saving")
    assert on("nodoha", f"mariadb -N -B drupal -e 'SELECT name FROM saving ORDER BY 1'; ls {FOLDER}") == before
    assert "has no table nothing" in refused("tasks/restore.py", *named, *CONFIRM, "--data", "table=nothing")


def test_all_of_it_comes_back_and_what_was_there_is_a_point_first() -> None:
    made = point(converge("tasks/backup.py", *WITH))
    code = on(
        "nodoha", f"cd {DOCROOT}; find . -path './.webha-*' -prune -o -type f -print0 | sort -z | xargs -0 sha256sum"
    )
    tables = everywhere("mariadb -N -B -e 'CHECKSUM TABLE drupal.users, drupal.saving'")
    on(
        "nodoha",
        f"rm -rf {DOCROOT}/core {DOCROOT}/sites/default/files/*; mariadb drupal -e 'DROP TABLE users; DELETE FROM saving'",
    )
    run = converge("tasks/restore.py", *WITH, *CONFIRM, "--data", f"point={made}")
    assert "what was here before is the restore point" in run.text
    assert (
        on(
            "nodoha",
            f"cd {DOCROOT}; find . -path './.webha-*' -prune -o -type f -print0 | sort -z | xargs -0 sha256sum",
        )
        == code
    )
    assert everywhere("mariadb -N -B -e 'CHECKSUM TABLE drupal.users, drupal.saving'") == tables
    whole()
    assert "<title>" in page()
    assert converge("tasks/drupal.py", *WITH).converged


def test_a_flipped_byte_is_found() -> None:
    converge("tasks/backup.py", *WITH)
    pack = on("nodoha", f"find {TARGET}/data -type f -printf '%s %p\\n' | sort -n | tail -n 1 | cut -d' ' -f2")
    flip = f"python3 -c \"f = open('{pack}', 'r+b'); f.seek(5000); b = f.read(1)[0]; f.seek(5000); f.write(bytes([b ^ 1]))\""
    on("nodoha", f"chmod u+w {pack}; {flip}")
    said = refused("tasks/drill.py", *WITH)
    assert "is damaged" in said
    assert "the last drill failed" in " ".join(status()["problems"])
    on("nodoha", flip)
    converge("tasks/drill.py", *WITH)


@pytest.fixture
def far() -> Iterator[tuple[str, ...]]:
    """The data of another machine that is reached by ssh; the lab has a node play it."""
    home = "/srv/keeper"
    on("nodoha3", f"useradd -r -m -d {home} -s /bin/sh keeper; install -d -m 700 -o keeper {home}/.ssh {home}/points")
    key = " ".join(on("nodoha3", "cat /etc/ssh/ssh_host_ed25519_key.pub").split()[:2])
    on("nodoha", f"mv {DOCROOT}/.webha-backup {DOCROOT}/.webha-kept")
    yield (
        "--data",
        f"backup_target=sftp://keeper@{ADDRESSES['nodoha3']}/{home}/points",
        "--data",
        f"backup_host_key={key}",
    )
    on("nodoha", f"rm -rf {DOCROOT}/.webha-backup; mv {DOCROOT}/.webha-kept {DOCROOT}/.webha-backup")
    on("nodoha3", f"userdel keeper; rm -rf {home}")


def test_another_machine_is_reached_by_ssh_and_a_second_password_opens_it(far: tuple[str, ...]) -> None:
    data = (*far, "--data", "backup_second_password=True")
    assert "does not take the cluster's key" in refused("tasks/backup.py", *data)
    public = (ROOT / "secrets/backup_ssh_key.pub").read_text().strip()
    on(
        "nodoha3",
        f"echo 'restrict,command=\"internal-sftp\" {public}' > /srv/keeper/.ssh/authorized_keys; chown keeper /srv/keeper/.ssh/*",
    )
    wrong = [
        *data[:3],
        "backup_host_key=ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ3mYkZ5bXuF8Z1T7nQ0nqk1r5m1mJm0bGmO2m1m1m1m",
    ]
    assert "has another host key than backup_host_key says" in refused("tasks/backup.py", *wrong)
    point(converge("tasks/backup.py", *data))
    assert converge("tasks/backups.py", *data).converged
    converge("tasks/drill.py", *data)
    assert status(data)["healthy"]
    second = (ROOT / "secrets/backup_second_password").read_text().strip()
    said = on(
        "nodoha3",
        f"RESTIC_PASSWORD={second} restic -r /srv/keeper/points snapshots --tag webha; rm -rf /root/.cache/restic",
    )
    assert "1 snapshots" in said


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


def test_a_wrong_password_and_a_target_that_is_gone_are_said() -> None:
    on("nodoha", f"mv {TARGET} {TARGET}.away; mkdir {TARGET}")
    said = refused("tasks/backup.py", *WITH)
    assert "has no repository (any more): is the disk or the share mounted?" in said
    assert all(f"{name}: {TARGET} has no repository" in " ".join(status()["problems"]) for name in ADDRESSES)
    on("nodoha", f"rmdir {TARGET}; mv {TARGET}.away {TARGET}")
    said = refused("tasks/backup.py", *WITH, WEBHA_BACKUP_PASSWORD="another")
    assert "the password is not this repository's" in said
    converge("tasks/backup.py", *WITH)
