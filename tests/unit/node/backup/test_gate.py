"""The gate of the pages and the moment behind it, with real locks and real names in a folder."""

import fcntl
import threading
import time
from pathlib import Path

import pytest

from webha_node.backup import gate, moment


def nothing():
    """Nothing has to be undone."""


@pytest.fixture(autouse=True)
def notes(tmp_path, monkeypatch):
    monkeypatch.setattr(gate, "GATE", tmp_path / "run/gate")
    monkeypatch.setattr(gate, "INSIDE", tmp_path / "run/inside")
    monkeypatch.setattr(moment, "AGAIN", 0.05)
    monkeypatch.setattr(moment, "ANSWER", 1.0)
    monkeypatch.setattr(moment, "SHUT", 0.4)
    folder = tmp_path / "volume"
    folder.mkdir()
    return folder


def test_who_is_inside_is_waited_for():
    ended, entered = threading.Event(), threading.Event()

    def page():
        with gate.passing():
            entered.set()
            ended.wait()

    thread = threading.Thread(target=page, daemon=True)
    thread.start()
    entered.wait()
    assert gate.shut(0.05) is None
    threading.Timer(0.1, ended.set).start()
    shut = gate.shut(2)
    assert shut is not None
    thread.join()
    assert shut.open() >= 0.09


def test_nobody_comes_in_while_it_is_shut_and_all_do_after():
    shut = gate.shut(0.1)
    came = threading.Event()

    def page():
        with gate.passing():
            came.set()

    thread = threading.Thread(target=page, daemon=True)
    thread.start()
    assert not came.wait(0.1)
    shut.open()
    assert came.wait(2)
    thread.join()


def test_pages_of_any_umask_may_open_it():
    gate.shut(0.1).open()
    assert {oct(path.stat().st_mode & 0o777) for path in (gate.GATE, gate.INSIDE)} == {"0o644"}


class Holder(threading.Thread):
    """The node that serves, while another one makes a point."""

    def __init__(self, folder):
        super().__init__(daemon=True)
        self.folder, self.ended, self.served, self.holds = folder, threading.Event(), set(), True
        self.start()

    def run(self):
        while not self.ended.is_set():
            moment.serve(self.folder, self.served, lambda: self.holds)
            time.sleep(0.01)

    def stop(self):
        self.ended.set()
        self.join()


@pytest.fixture
def holder(notes):
    one = Holder(notes)
    yield one
    one.stop()


def test_the_work_is_done_while_the_holders_gate_is_shut(notes, holder):
    seen = []

    def work():
        with gate.GATE.open() as file, pytest.raises(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        seen.append("shut")

    assert moment.take(notes, lambda: False, work, nothing) == ""
    assert seen == ["shut"]
    holder.stop()
    assert not [one for one in notes.iterdir() if one.suffix in (".shut", ".taken", ".ready")]


@pytest.mark.usefixtures("holder")
def test_work_that_takes_too_long_is_undone_and_done_again_and_the_gate_does_not_wait(notes):
    times, undone = [], []

    def work():
        times.append(time.monotonic())
        if len(times) == 1:
            time.sleep(0.8)

    assert moment.take(notes, lambda: False, work, lambda: undone.append(len(times))) == ""
    assert len(times) == 2
    assert undone == [1]


def test_a_holder_that_the_virtual_ip_left_meanwhile_says_that_it_was_none(notes, holder, monkeypatch):
    monkeypatch.setattr(moment, "ATTEMPTS", 1)
    holder.holds = False
    assert "took longer" in moment.take(notes, lambda: False, lambda: None, nothing)


def test_a_volume_that_hangs_does_not_keep_the_gate_shut(notes, monkeypatch):
    (notes / "one.shut").touch()
    hung, opened = threading.Event(), threading.Event()
    monkeypatch.setattr(type(notes), "iterdir", lambda _: iter([Path(f"{hung.wait(5)}")]))
    serving = threading.Thread(target=moment.serve, args=(notes, set(), lambda: True), daemon=True)
    serving.start()

    def page():
        with gate.passing():
            opened.set()

    time.sleep(0.1)
    threading.Thread(target=page, daemon=True).start()
    assert opened.wait(2)
    assert not hung.is_set()
    hung.set()
    serving.join()
    assert (notes / "one.late").exists()


def test_without_a_holder_the_work_is_done_and_that_is_said(notes, monkeypatch):
    monkeypatch.setattr(moment, "ATTEMPTS", 2)
    monkeypatch.setattr(moment, "ANSWER", 0.1)
    done = []
    assert "did not answer" in moment.take(notes, lambda: False, lambda: done.append(1), nothing)
    assert done == [1]
    assert list(notes.iterdir()) == []


@pytest.mark.usefixtures("holder")
def test_a_request_that_never_ends_is_said(notes, monkeypatch):
    monkeypatch.setattr(moment, "ATTEMPTS", 2)
    done = []
    with gate.passing():
        assert "did not end in time" in moment.take(notes, lambda: False, lambda: done.append(1), nothing)
    assert done == [1]


def test_a_node_that_serves_itself_shuts_its_own(notes):
    done = []
    assert moment.take(notes, lambda: True, lambda: done.append(1), nothing) == ""
    assert done == [1]


def test_what_fails_opens_the_gate(notes):
    with pytest.raises(ZeroDivisionError):
        moment.take(notes, lambda: True, lambda: 1 / 0, nothing)
    gate.shut(0.1).open()
