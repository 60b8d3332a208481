"""Restore points of database and files on real nodes: made under writes, tried, damaged, and brought back whole and in parts."""

import re
from typing import Any

import pytest

from tests.faults.points import TARGET, WITH, inside
from tests.faults.saving import FOLDER, saving
from tests.lab.nodes import ADDRESSES, DOCROOT, VIP, converge, everywhere, on, page, refused, whole
from tests.lab.restorepoints import CONFIRM, point, share, status

pytestmark = [pytest.mark.usefixtures("deployed"), pytest.mark.any_release]


_a_share = pytest.fixture(scope="module", autouse=True)(share)


def test_a_place_that_is_none_is_refused() -> None:
    said = refused("tasks/backup.py", "--data", "backup_target=/srv/nowhere")
    assert "nodoha, nodoha2, nodoha3: /srv/nowhere is not there" in said


@pytest.mark.long
def test_a_folder_that_not_all_share_is_refused() -> None:
    everywhere("rm -rf /srv/each; mkdir /srv/each")
    said = refused("tasks/backup.py", "--data", "backup_target=/srv/each")
    assert "/srv/each is not the same on all nodes: nodoha2, nodoha3 see nothing of what nodoha writes there" in said
    assert set(everywhere("ls /srv/each; rm -r /srv/each").values()) == {""}


def test_what_is_written_meanwhile_is_in_it_whole_or_not_at_all() -> None:
    """A row's file and a file's row: of rows that come and go twenty times a second, two points."""
    client: dict[str, Any] = {}
    with saving(client):
        made = [point(converge("tasks/backup.py", *WITH)) for _ in range(2)]
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
    assert re.search(r"the point [0-9a-f]{8,} restores: \d+ files, \d+ rows in \d+ tables", run.text)
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


def test_a_wrong_password_and_a_target_that_is_gone_are_said() -> None:
    on("nodoha", f"mv {TARGET} {TARGET}.away; mkdir {TARGET}")
    said = refused("tasks/backup.py", *WITH)
    assert "has no repository (any more): is the disk or the share mounted?" in said
    assert all(f"{name}: {TARGET} has no repository" in " ".join(status()["problems"]) for name in ADDRESSES)
    on("nodoha", f"rmdir {TARGET}; mv {TARGET}.away {TARGET}")
    said = refused("tasks/backup.py", *WITH, WEBHA_BACKUP_PASSWORD="another")
    assert "the password is not this repository's" in said
    converge("tasks/backup.py", *WITH)
