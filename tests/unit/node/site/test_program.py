"""What a run asks of a node, and what the node says: with PHP, MariaDB's programs and Apache as small scripts."""

import io
import json
import os
import signal
import sys
from pathlib import Path

import pytest

from webha_node.site import application, journal, layout, program

from ...stubs import fake_program
from .volume import NEW, OLD, archive, volume

VALUES = {"vip": "10.0.0.250", "database": "drupal", "user": "web"}
# The application's program, in a line: what it is asked for is noted, and it says what the files beside it say.
PHP = """
case " $* " in *" updatedb "*) echo "$*" >> {notes}/drush; . {notes}/updatedb ;; esac
said=$(cat); printf '%s\\n' "$said" >> {notes}/php
case $said in
*'"look"'*) cat {notes}/look ;;
*'"update"'*) cat {notes}/update ;;
*) echo '{{"wrong": [], "closed": false}}' ;;
esac
"""
MARIADB = """
said=$(cat); printf '%s\\n' "$said" >> {notes}/sql
case $said in *CONCAT*) echo 'DROP TABLE IF EXISTS `drupal`.`x`;' ;; esac
"""
LOOK = '{"updates": ["system_update_1"], "post": [], "wrong": [], "closed": false}'


@pytest.fixture
def node(tmp_path, monkeypatch):
    (tmp_path / "www").mkdir()
    root = volume(tmp_path / "www")
    notes, programs = tmp_path / "notes", tmp_path / "bin"
    notes.mkdir()
    programs.mkdir()
    (notes / "look").write_text(LOOK)
    (notes / "update").write_text('{"wrong": [], "closed": true}')
    fake_program(programs, "setpriv", PHP.format(notes=notes))
    fake_program(programs, "mariadb-dump", "echo 'CREATE TABLE x;'")
    fake_program(programs, "mariadb", MARIADB.format(notes=notes))
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setattr(program, "NOTE", tmp_path / "run" / "site.release")
    monkeypatch.setattr(application, "PID", tmp_path / "apache2.pid")
    monkeypatch.setattr(application.Application, "answers", lambda *_: None)
    return root


def asked(node: Path, capsys, monkeypatch, **what) -> dict:
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(what)))
    program.main(program.Values(root=str(node), **VALUES))
    lines = capsys.readouterr().out.splitlines()
    return json.loads(lines[-1]) if lines else {}


@pytest.fixture
def ask(node, capsys, monkeypatch):
    place = archive(node.parent / "a.tar.gz", NEW)
    asked(node, capsys, monkeypatch, do="place", release=NEW, archive=str(place), what={"version": "11.2.10"})
    assert not place.exists()
    return lambda **what: asked(node, capsys, monkeypatch, **what)


def test_an_update_and_the_way_back(node, ask):
    assert ask(do="update", release=NEW, before=OLD) == {"running": NEW, "before": OLD, "why": ""}
    assert program.NOTE.read_text() == layout.running(node) == NEW
    done = [json.loads(line)["action"] for line in (node.parent / "notes/php").read_text().splitlines()]
    assert done == ["look", "close", "update", "rebuild", "open"]
    assert json.loads((node.parent / "notes/php").read_text().splitlines()[0])["root"].endswith(NEW)
    assert ask(do="update", release=NEW, before=OLD) == {}
    assert ask(do="rollback", release=OLD, restore=True) == {"running": OLD, "before": NEW, "why": ""}
    sql = (node.parent / "notes/sql").read_text()
    assert "SET FOREIGN_KEY_CHECKS=0; DROP TABLE IF EXISTS `drupal`.`x`;" in sql
    assert sql.endswith("CREATE TABLE x;\nALTER USER 'web'@localhost ACCOUNT UNLOCK\n")
    assert sql.index("ALTER USER 'web'@localhost ACCOUNT LOCK; KILL HARD USER 'web'@localhost") < sql.index(
        "DROP TABLE"
    )


def test_a_failed_update_is_told_with_its_words(node, ask):
    (node.parent / "notes/update").write_text('{"wrong": ["system 1: no such table"], "closed": true}')
    assert ask(do="update", release=NEW, before=OLD) == {
        "running": OLD,
        "before": NEW,
        "why": "system 1: no such table",
    }
    assert program.NOTE.read_text() == OLD


@pytest.mark.parametrize(
    ("does", "why"),
    [
        ("sed -i 's/system_update_1//; s/\\[\"\"\\]/[]/' {notes}/look; exit 0", ""),
        ("exit 0", "drush updatedb left system_update_1"),
        (
            "echo 'Update failed: system_update_1'; exit 1",
            "drush updatedb ended with 1: Update failed: system_update_1",
        ),
    ],
    ids=["well", "does nothing", "fails"],
)
def test_its_own_drush_updates_the_database(node, ask, does, why):
    notes = node.parent / "notes"
    (notes / "updatedb").write_text(does.format(notes=notes))
    own = layout.home(node, NEW) / "vendor/bin/drush"
    own.parent.mkdir(parents=True, exist_ok=True)
    own.write_text("")
    said = ask(do="update", release=NEW, before=OLD)
    assert (said["running"], said["why"]) == (OLD if why else NEW, why)
    assert (
        f"php -d memory_limit=512M {own} --root={own.parents[2]} --uri=http://10.0.0.250 updatedb --yes"
        in (notes / "drush").read_text()
    )
    done = [json.loads(line)["action"] for line in (notes / "php").read_text().splitlines()]
    assert "update" not in done


def test_code_that_dies_changes_nothing_and_its_first_words_are_told(node, ask):
    (node.parent / "notes/look").write_text("PHP Fatal error: too old in x.php\n#0 main\n")
    with pytest.raises(
        SystemExit, match=r"refused: the code of the release .* fails .look.: PHP Fatal error: too old in x\.php$"
    ):
        ask(do="update", release=NEW, before=OLD)
    assert layout.flat(node)


def test_a_dump_that_fails_opens_the_site_again(node, ask):
    fake_program(node.parent / "bin", "mariadb-dump", "echo 'disk full' >&2; exit 2")
    assert ask(do="update", release=NEW, before=OLD)["why"] == "the database drupal could not be dumped: disk full"
    done = [json.loads(line)["action"] for line in (node.parent / "notes/php").read_text().splitlines()]
    assert done == ["look", "close", "open"]
    assert list((node / layout.RELEASES).glob("*.sql.gz*")) == []


def test_what_was_cut_off_is_gone_back_from_first(node, ask):
    ask(do="update", release=NEW, before=OLD)
    journal.write(node, journal.Journal(OLD, NEW, "updating", schema=True, closed=True))
    assert ask(do="return") == {"running": OLD, "before": NEW, "why": ""}
    assert ask(do="return") == {}


def test_apache_reads_anew_once(ask, monkeypatch):
    told = []
    monkeypatch.setattr(os, "kill", lambda pid, number: told.append((pid, number)))
    application.PID.write_text("77\n")
    ask(do="update", release=NEW, before=OLD)
    assert told == [(77, signal.SIGUSR1)]
    program.NOTE.write_text(OLD)
    for _ in range(2):
        ask(do="follow")
    assert told == [(77, signal.SIGUSR1)] * 2


def test_another_process_is_waited_for_and_not_for_ever(ask, monkeypatch):
    monkeypatch.setattr(program, "PATIENCE", 0)

    def busy(*_):
        raise BlockingIOError

    monkeypatch.setattr(program.fcntl, "lockf", busy)
    with pytest.raises(SystemExit, match="another run's process still changes the site's release"):
        ask(do="update", release=NEW, before=OLD)
