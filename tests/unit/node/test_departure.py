"""The address leaves before the database stops in order."""

import os

import pytest

from webha_node import address, departure, maintenance

from ..stubs import fake_program

VIP = "10.0.0.250"


@pytest.fixture
def departing(tmp_path, monkeypatch, capsys):
    """Run it where the address stays for ``looks`` looks; what was told to Pacemaker, and what was said."""
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(maintenance, "CIB", tmp_path / "cib.xml")
    monkeypatch.setattr(departure, "LONGEST", 0.3)

    def run(looks, other=1000):
        rows = "".join(
            f'name="webha-ready" host="{host}" value="{value}"\\n'
            for host, value in (("nodoha", 1000), ("nodoha2", other))
        )
        fake_program(
            tmp_path, "attrd_updater", f"case $* in *-Q*) printf '{rows}';; *) echo \"$*\" >> {tmp_path}/told;; esac"
        )
        left = iter([True] * looks)
        monkeypatch.setattr(address, "held", lambda vip: vip == VIP and next(left, False))
        departure.main(departure.Values("nodoha", VIP))
        told = tmp_path / "told"
        return told.read_text() if told.exists() else "", capsys.readouterr().out

    return run


def test_an_address_that_is_elsewhere_is_no_work(departing):
    assert departing(0) == ("", "")


def test_an_address_that_is_here_is_made_to_leave_and_waited_for(departing):
    told, said = departing(3)
    assert told == " ".join(address.LEAVE[1:]) + "\n"
    assert said == ""


def test_one_that_nobody_takes_is_said_and_does_not_keep_the_database_from_stopping(departing):
    assert "no other node takes it" in departing(1000)[1]


@pytest.mark.parametrize("other", [500, 250, 0, "unknown"])
def test_it_stays_where_no_other_node_is_worth_more_than_this_one_will_be(departing, other):
    assert departing(1000, other) == ("", "")


def test_in_maintenance_mode_nothing_moves(departing, monkeypatch):
    monkeypatch.setattr(maintenance, "on", lambda: True)
    assert departing(1000) == ("", "")


@pytest.fixture
def note(tmp_path, monkeypatch):
    monkeypatch.setattr(address, "NOTE", tmp_path / "run/leaving")
    return address.NOTE


def test_readiness_does_not_call_back_what_was_asked_to_leave_just_now(note, monkeypatch):
    assert not address.leaving()
    assert address.ask_to_leave() == address.LEAVE
    assert address.leaving()
    now = address.time.monotonic()
    monkeypatch.setattr(address.time, "monotonic", lambda: now + address.AWAY + 1)
    assert not address.leaving()
    assert note.exists()


@pytest.mark.parametrize("text", ["", "soon", "1e999", "-1", "nan"])
def test_a_note_that_is_none_of_ours_holds_nothing_back(note, text):
    note.parent.mkdir()
    note.write_text(text)
    assert not address.leaving()
