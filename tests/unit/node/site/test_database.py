"""Dumps and restores whose programs fail: nobody waits for one that has ended, and nothing is removed for a broken file."""

import gzip
import os

import pytest

from webha_node.site import database

from ...stubs import fake_program

MUCH = "head -c 300000 /dev/zero"  # more than a pipe holds


@pytest.fixture
def programs(tmp_path, monkeypatch):
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return folder


def test_a_volume_that_fills_up_ends_the_dump(programs, tmp_path):
    fake_program(programs, "mariadb-dump", MUCH)
    fake_program(programs, "gzip", "echo 'No space left on device' >&2; exit 1")
    with pytest.raises(database.DatabaseError, match="No space left"):
        database.dump("drupal", tmp_path / "d.sql.gz")
    assert not list(tmp_path.glob("*.sql.gz*"))
    assert not list(tmp_path.glob(".d.sql.gz*"))


def test_a_dump_that_fails_late_is_none(programs, tmp_path):
    fake_program(programs, "mariadb-dump", f"{MUCH}; echo 'lost connection' >&2; exit 3")
    with pytest.raises(database.DatabaseError, match="lost connection"):
        database.dump("drupal", tmp_path / "d.sql.gz")


def test_the_sites_account_is_let_in_again_whatever_becomes_of_a_restore(monkeypatch, tmp_path):
    said = []
    path = tmp_path / "d.sql.gz"
    with gzip.open(path, "wb") as file:
        file.write(b"CREATE TABLE x (a int);")
    monkeypatch.setattr(database, "ask", lambda words: said.append(words) or "")
    monkeypatch.setattr(database, "_piped", lambda *_: "refused")
    with pytest.raises(database.DatabaseError, match="could not be restored"):
        database.restore("drupal", path, "web")
    assert "ACCOUNT LOCK; KILL HARD USER 'web'@localhost" in said[0]
    assert said[-1] == "ALTER USER 'web'@localhost ACCOUNT UNLOCK"


def test_a_statement_that_is_refused_ends_the_restore(programs, tmp_path):
    path = tmp_path / "d.sql.gz"
    path.write_bytes(gzip.compress(bytes(300000)))
    fake_program(
        programs, "mariadb", "case $* in *--raw*) cat >/dev/null;; *) echo 'ERROR 1213 Deadlock' >&2; exit 1;; esac"
    )
    with pytest.raises(database.DatabaseError, match="ERROR 1213 Deadlock"):
        database.restore("drupal", path)


def test_nothing_is_removed_for_a_broken_dump(programs, tmp_path):
    path = tmp_path / "d.sql.gz"
    path.write_bytes(gzip.compress(os.urandom(5000))[:-20])
    fake_program(programs, "mariadb", f"touch {tmp_path}/asked; cat > /dev/null")
    with pytest.raises(database.DatabaseError, match="could not be restored"):
        database.restore("drupal", path)
    assert not (tmp_path / "asked").exists()


def test_requests_of_before_are_waited_for_and_not_for_ever(programs, tmp_path, monkeypatch):
    (tmp_path / "seen").write_text("7 8")
    fake_program(programs, "mariadb", f"cat >/dev/null; cat {tmp_path}/seen; echo 9 > {tmp_path}/seen")
    database.settled("drupal")
    fake_program(programs, "mariadb", "cat >/dev/null; echo 7")
    monkeypatch.setattr(database, "ENDING", 0)
    with pytest.raises(database.DatabaseError, match="1 requests of before, or cron, still use the database"):
        database.settled("drupal")
