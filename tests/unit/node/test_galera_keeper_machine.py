"""What the keeper asks of a node and does to it, with the node's programs replaced."""

import time
from types import SimpleNamespace

import pytest

from webha_node.galera import decisions, machine

from ..stubs import NAMES, fake_program

ADDRESSES = dict(zip(NAMES, ("10.0.0.133", "10.0.0.134", "10.0.0.135"), strict=True))
OURS = "772159c2-e6ae-11f1-b424-5a194bf1f37b"
GRASTATE = f"# GALERA saved state\nversion: 2.1\nuuid:    {OURS}\nseqno:   {{}}\nsafe_to_bootstrap: 0\n"
SHOWN = "ActiveState={}\\nJob=0\\nUnitFileState=enabled\\nInactiveEnterTimestampMonotonic=42\\nMainPID=0"


@pytest.fixture
def node(tmp_path, monkeypatch):
    """A node whose mariadbd has failed after a crash, and whose peers refuse."""
    programs, data, notes = tmp_path / "bin", tmp_path / "mysql", tmp_path / "run"
    data.mkdir()
    notes.mkdir()
    (data / "grastate.dat").write_text(GRASTATE.format(-1))
    (data / "grastate.dat").chmod(0o660)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    monkeypatch.setattr(machine, "DATA", data)
    monkeypatch.setattr(machine, "NOTES", notes)
    monkeypatch.setattr(machine, "alive", lambda: False)
    monkeypatch.setattr(machine, "refused", lambda _address: True)
    monkeypatch.setattr(machine.os, "statvfs", lambda _: SimpleNamespace(f_bavail=9**9, f_frsize=4096, f_blocks=9**9))
    shows(programs, "failed")
    fake_program(programs, "galera_new_cluster", f"echo new >> {tmp_path}/done")
    fake_program(programs, "runuser", f"echo '--wsrep_start_position={OURS}:12,0-1-3'")
    return SimpleNamespace(
        machine=machine.Machine(NAMES[0], ADDRESSES), programs=programs, data=data, done=tmp_path / "done", notes=notes
    )


def shows(programs, unit):
    fake_program(programs, "systemctl", f'[ "$1" = show ] && printf "{SHOWN.format(unit)}\\n"; true')


def ended(machine):
    for _ in range(100):
        found = machine.recovered()
        if found is not None:
            return found
        time.sleep(0.02)
    raise AssertionError("galera_recovery does not end")


def test_a_failed_mariadbd_is_seen_with_what_its_directory_says(node):
    seen = node.machine.look()
    assert (seen.unit, seen.stopped_at, seen.enabled, seen.queued) == ("failed", "42", True, False)
    assert (seen.grastate, seen.room, seen.job) == ((OURS, -1, False), True, "")


def test_a_primary_is_seen_by_its_answer(node):
    shows(node.programs, "active")
    answer = f"printf 'wsrep_cluster_status\\tPrimary\\nwsrep_cluster_state_uuid\\t{OURS}\\n'"
    fake_program(node.programs, "mariadb", answer)
    seen = node.machine.look()
    assert (seen.status, seen.uuid) == ("Primary", OURS)


def test_a_mariadbd_that_does_not_answer_has_no_status(node):
    shows(node.programs, "active")
    fake_program(node.programs, "mariadb", "exit 1")
    assert decisions.state_of(node.machine.look(), "", None, False).kind == "unknown"


@pytest.mark.parametrize("body", ["exit 1", "kill $$"])
def test_a_systemd_that_does_not_answer_is_unknown(node, body):
    fake_program(node.programs, "systemctl", body)
    assert decisions.state_of(node.machine.look(), "", None, False).kind == "unknown"


def test_a_position_is_read_by_galera_recovery_and_belongs_to_this_standstill(node):
    node.machine.look()
    node.machine.recover()
    assert ended(node.machine) == decisions.Position("42", OURS, 12)
    assert node.machine.recovered() is None


@pytest.mark.parametrize("body", ["exit 1", "echo", f"echo '--wsrep_start_position={OURS}:-1'"])
def test_a_position_that_cannot_be_read_is_none(node, body):
    fake_program(node.programs, "runuser", body)
    node.machine.look()
    node.machine.recover()
    assert ended(node.machine) == decisions.Position("42")


def test_beside_a_live_mariadbd_no_position_is_read(node, monkeypatch):
    monkeypatch.setattr(machine, "alive", lambda: True)
    node.machine.look()
    node.machine.recover()
    assert node.machine.work is None


def test_a_bootstrap_marks_the_directory_safe_and_keeps_its_mode(node):
    node.machine.look()
    node.machine.bootstrap()
    node.machine.work.wait()
    path = node.data / "grastate.dat"
    assert path.read_text() == GRASTATE.format(-1).replace("bootstrap: 0", "bootstrap: 1")
    assert path.stat().st_mode & 0o777 == 0o660
    assert node.done.read_text() == "new\n"


def test_where_a_peer_does_not_refuse_nothing_is_bootstrapped(node, monkeypatch, capsys):
    monkeypatch.setattr(machine, "refused", lambda address: address != "10.0.0.135")
    node.machine.look()
    node.machine.bootstrap()
    assert node.machine.work is None
    assert "safe_to_bootstrap: 0" in (node.data / "grastate.dat").read_text()
    assert NAMES[2] in capsys.readouterr().out


def test_what_the_keeper_stopped_is_remembered_by_the_next_one(node):
    node.machine.remember("42")
    assert machine.Machine(NAMES[0], ADDRESSES).recall() == "42"
    (node.notes / "galera-keeper.json").write_text("")
    assert node.machine.recall() == ""


def test_a_reason_is_said_once_and_kept_for_the_status(node, capsys):
    for reason in ("one", "one", "two", "two"):
        node.machine.say(reason)
    assert capsys.readouterr().out == "one\ntwo\n"
    assert (node.notes / "galera-keeper.said").read_text() == "two\n"


def test_members_and_values_come_from_pacemaker(node):
    fake_program(node.programs, "crm_node", "echo 'nodoha nodoha2 '")
    fake_program(node.programs, "attrd_updater", """echo 'name="webha-galera" host="nodoha" value="x/1"'""")
    assert node.machine.hear() == ({"nodoha", "nodoha2"}, {"nodoha": "x/1"})
    assert node.machine.tell("x")


def test_without_pacemaker_nobody_is_a_member_and_nothing_was_said(node):
    assert node.machine.hear() == (set(), {})
    assert not node.machine.tell("x")


@pytest.mark.parametrize(("word", "stays"), [("bootstrap", True), ("recover", False)])
def test_a_bootstrap_that_takes_long_is_left_to_systemd_and_a_reading_is_ended(node, word, stays):
    """galera_new_cluster takes its mark away when it ends: killed, it would leave every later start a bootstrap."""
    for program in ("galera_new_cluster", "runuser"):
        fake_program(node.programs, program, "exec sleep 60")
    node.machine.look()
    getattr(node.machine, word)()
    work, node.machine.deadline = node.machine.work, 0
    try:
        node.machine.recovered()
        assert (work.poll() is None) is stays
    finally:
        work.kill()
        work.wait()
