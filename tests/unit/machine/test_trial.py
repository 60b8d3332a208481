"""What is tried before it lands: a candidate that its daemon refuses changes nothing, and what is said are the daemon's words."""

import os
from dataclasses import replace

import pytest

from webha.apache.trial import php
from webha.cluster.trial import COROSYNC
from webha.galera.trial import MARIADB
from webha.machine.facts import Files, FileState
from webha.machine.operations import File
from webha.machine.trial import Trial, taken, tried

from ..stubs import execute, fake_program, perform

ABSENT = FileState(None, None, None)
PICKY = Trial("Picky", "/etc/picky.conf", 'echo "read ${1##*/} $2" >&2; grep -q good "$1"', ("twice",))


def run(trial, content, tmp_path, **programs):
    for name, body in programs.items():
        fake_program(tmp_path / "bin", name.replace("_", "-"), body)
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    return execute(tried(trial, content), env={"PATH": path, "TMPDIR": str(tmp_path)})


def test_a_candidate_that_is_taken_says_nothing_and_leaves_nothing(tmp_path):
    done = run(PICKY, b"good", tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(tmp_path.iterdir()) == []


def test_a_candidate_that_is_refused_fails_with_the_daemons_own_words_under_the_files_own_name(tmp_path):
    done = run(PICKY, b"bad", tmp_path)
    assert done.returncode == 1
    assert done.stderr == "Picky refuses this configuration, nothing was changed:\nread picky.conf twice\n"
    assert list(tmp_path.iterdir()) == []


def test_only_what_differs_is_tried_and_nothing_lands():
    file = File(PICKY.path, "")
    right = FileState("644", "root:root", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    (trying,) = perform(taken, file, PICKY, facts={Files: {file.path: ABSENT}}).texts
    assert "refuses this configuration" in trying
    assert perform(taken, file, PICKY, facts={Files: {file.path: right}}).idle
    assert perform(taken, file, PICKY, facts={Files: None}).idle


def test_corosync_is_asked_about_the_candidate_and_not_about_what_runs(tmp_path):
    done = run(COROSYNC, b"totem {", tmp_path, corosync='echo "$@"; cat "$3"; exit 8')
    assert done.returncode == 1
    said = done.stderr.splitlines()[1:]
    assert said[0].startswith(f"-t -c {tmp_path}")
    assert said[1] == "totem {"


@pytest.mark.parametrize(("warns", "code"), [("", 0), ('echo; echo "Warning: Invalid memory_limit"', 1)])
def test_php_that_warns_of_a_setting_refuses_it_although_it_ends_well(tmp_path, warns, code):
    done = run(php(13), b"memory_limit = 256 MB", tmp_path, php=f'[ "$2 $4" = "-c -d" ] || exit 9\n{warns}')
    assert done.returncode == code
    assert not code or done.stderr.splitlines()[1:] == ["Warning: Invalid memory_limit"]


def mariadb(tmp_path, said):
    """Try a candidate with a systemd-run that notes what it was given, and says this."""
    (tmp_path / "etc/conf.d").mkdir(parents=True)
    (tmp_path / "etc/my.cnf").write_text("somebody's")
    start, _, _, file, seconds = MARIADB.arguments
    trial = replace(MARIADB, arguments=(start, str(tmp_path / "etc"), str(tmp_path / "place"), file, seconds))
    (tmp_path / "note").mkdir()
    note = tmp_path / "note"
    unit = f'printf "%s\\n" "$@" >> {note}/given; cp -r {tmp_path}/place/trial.*/etc {note}/; {said}'
    done = run(trial, b"[mysqld]", tmp_path, systemd_run=unit, chown=":", ip='echo "2: eth0 inet 10.0.0.133/24 x"')
    return done, note, (note / "given").read_text().splitlines()


def test_mariadb_is_started_apart_with_the_candidate_in_its_place(tmp_path):
    done, note, given = mariadb(tmp_path, "exit 0")
    assert (done.returncode, done.stderr) == (0, "")
    assert (note / "etc" / MARIADB.path.removeprefix("/etc/mysql/")).read_text() == "[mysqld]"
    assert (note / "etc/my.cnf").read_text() == "somebody's"
    for apart in ("PrivateNetwork=yes", "ProtectSystem=strict", "OOMScoreAdjust=1000"):
        assert apart in given
    assert any(one.startswith("BindReadOnlyPaths=") and one.endswith(f":{tmp_path}/etc") for one in given)
    assert given[-1] == "10.0.0.133/24"
    assert list((tmp_path / "place").iterdir()) == [], "nothing stays"
    assert not (tmp_path / "etc" / MARIADB.path.removeprefix("/etc/mysql/")).exists()


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (
            "2026-11-27 23:30:14 0 [Note] x\n2026-11-27 23:30:14 0 [ERROR] WSREP: Unrecognized parameter 'gcache.sise'\n2026-11-27 0 [ERROR] Aborting",
            ["WSREP: Unrecognized parameter 'gcache.sise'"],
        ),
        ("Finished with result: timeout", ["Finished with result: timeout"]),
    ],
)
def test_what_mariadb_says_of_the_candidate_is_what_is_said(tmp_path, said, words):
    (tmp_path / "said").write_text(said)
    done, _, given = mariadb(tmp_path, f"cat {tmp_path}/said; exit 1")
    assert done.returncode == 1
    assert done.stderr.splitlines()[1:] == words
    assert given.count("--wait") == 1


def test_where_galera_lost_its_words_in_a_race_it_is_asked_again(tmp_path):
    done, _, given = mariadb(tmp_path, "echo '[ERROR] Failed to read thread schedparams: System error: 3'; exit 1")
    assert done.returncode == 1
    assert given.count("--wait") == 3
