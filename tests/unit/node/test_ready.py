"""Whether a node could serve the site: what is believed of each thing, and what each look finds."""

import contextlib
import os
import socket
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from webha_node import ready as module

from ..stubs import fake_program


def ready(root="/var/www/html/drupal", health_port=8081, interval=1, patience=8):
    return module.Looks(module.Values(socket.gethostname(), 3, str(root), health_port, interval, patience))


SCRIPT = ready()
BAD = "galera: Primary, Donor/Desynced, ON"


def opinion(*looks, confirm=2):
    """An opinion after looks (began, ended, problem); a patience of 8 s."""
    made = module.Opinion(patience=8, confirm=confirm)
    for began, ended, problem in looks:
        made.begins(began)
        made.ends(ended, problem)
    return made


GOOD = ((0, 1, None), (2, 3, None))
WELL, ILL = (4, 5, None), (4, 5, BAD)


def test_nothing_is_believed_before_two_looks_agree():
    assert opinion().good(0) is None
    assert [opinion((0, 1, problem)).good(1) for problem in (None, BAD)] == [None, None]
    assert opinion((0, 1, None), (2, 3, BAD), (4, 5, None)).good(5) is None


def test_two_good_looks_are_good_and_two_bad_ones_are_bad_from_the_start():
    assert opinion(*GOOD).good(3) is True
    bad = opinion(ILL, ILL)
    assert bad.good(5) is False
    assert bad.problem == BAD


def test_one_bad_look_moves_nothing_and_a_second_one_does():
    assert (opinion(*GOOD, ILL).good(5), opinion(*GOOD, ILL).problem) == (True, None)
    assert opinion(*GOOD, ILL, ILL).good(5) is False


def test_bad_looks_count_only_in_a_row():
    assert opinion(*GOOD, ILL, WELL, ILL).good(5) is True
    assert opinion(*GOOD, ILL, WELL, ILL, ILL).good(5) is False


def test_two_good_looks_bring_it_back_and_one_does_not():
    assert opinion(ILL, ILL, WELL).good(5) is False
    assert opinion(ILL, ILL, WELL, ILL, WELL).good(5) is False
    back = opinion(ILL, ILL, WELL, WELL)
    assert (back.good(5), back.problem) == (True, None)


def test_one_slow_look_that_ended_well_moves_nothing():
    slow = (4, 13, None)
    assert opinion(*GOOD, slow).good(14) is True
    assert opinion((0, 1, None), slow).good(14) is None
    assert opinion(ILL, ILL, WELL, slow).good(14) is False
    assert opinion(*GOOD, slow, slow, slow).good(14) is True


def test_a_look_under_way_for_longer_than_patience_is_bad_and_says_since_when():
    waits = opinion(*GOOD)
    waits.begins(10)
    assert waits.good(18) is True
    assert waits.good(19) is False
    assert waits.problem == "no answer since 9 s"


def test_after_such_a_look_two_good_ones_are_needed():
    waits = opinion(*GOOD)
    waits.begins(10)
    waits.good(19)
    waits.ends(20, None)
    assert waits.good(20) is False
    for began, known in ((21, False), (23, True)):
        waits.begins(began)
        waits.ends(began + 1, None)
        assert waits.good(began + 1) is known


@pytest.mark.parametrize(
    ("serving", "room", "value"),
    [
        ([True, True, True], True, 1000),
        ([True, True, True], False, 750),
        ([True, True, False], True, 500),
        ([True, True, False], False, 500),
        ([False, True, False], True, 250),
        ([False, False, False], True, 0),
        ([True, None, True], True, None),
        ([False, None, True], False, None),
        ([True, True, True], None, None),
    ],
)
def test_the_score_is_whole_or_by_parts_or_not_known_yet(serving, room, value):
    assert module.score(serving, room) == value


def test_a_node_that_lacks_one_thing_is_worth_less_than_ready_by_more_than_the_stickiness():
    assert module.score([True] * 3, True) - module.score([True] * 3, False) > 100


@pytest.mark.parametrize(("free", "problem"), [(200, None), (199, "199 MB left in /var/lib/mysql, 200 are needed")])
def test_a_database_without_room_is_no_place_for_the_address(monkeypatch, free, problem):
    disk = SimpleNamespace(f_bavail=free * 1_000_000 // 500, f_frsize=500, f_bfree=10**9)
    monkeypatch.setattr(module.os, "statvfs", {"/var/lib/mysql": disk}.get)
    if problem is None:
        SCRIPT.room()
    else:
        with pytest.raises(module.BrokenError) as broken:
            SCRIPT.room()
        assert str(broken.value) == problem


@pytest.fixture
def mounted(tmp_path, monkeypatch):
    """The docroot's parent on another file system than the docroot, as far as stat tells."""
    root = tmp_path / "drupal"
    root.mkdir()
    script = ready(root)

    def stat(path):
        return SimpleNamespace(st_dev=1 if str(path) == str(tmp_path) else os.stat(path).st_dev)  # noqa: PTH116

    monkeypatch.setattr(
        module, "os", SimpleNamespace(stat=stat, readlink=os.readlink, path=os.path, fsync=os.fsync, unlink=os.unlink)
    )
    return script, root


def test_a_docroot_on_its_parents_file_system_is_not_mounted(tmp_path):
    (tmp_path / "drupal").mkdir()
    script = ready(tmp_path / "drupal")
    with pytest.raises(module.BrokenError, match=f"not mounted at {tmp_path}/drupal"):
        script.volume()


def test_a_docroot_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        ready(tmp_path / "drupal").volume()


def test_a_mounted_volume_with_a_site_is_read_and_written(mounted):
    script, root = mounted
    (root / ".webha-release").write_text("sha256:x\n")
    script.volume()
    written = root / f".webha-ready.{socket.gethostname()}"
    assert abs(int(written.read_text()) - time.time()) < 5
    assert {one.name for one in root.iterdir()} == {".webha-release", written.name}


def test_it_is_written_once_in_a_while_only(mounted):
    script, root = mounted
    (root / ".webha-release").write_text("sha256:x\n")
    script.volume()
    (root / f".webha-ready.{socket.gethostname()}").unlink()
    script.volume()
    assert not (root / f".webha-ready.{socket.gethostname()}").exists()
    script.written -= module.WRITE_EVERY
    script.volume()
    assert (root / f".webha-ready.{socket.gethostname()}").exists()


def test_nothing_is_put_on_a_volume_without_a_site(mounted):
    script, root = mounted
    script.volume()
    assert list(root.iterdir()) == []


def test_a_volume_that_cannot_be_written_is_an_error(mounted):
    script, root = mounted
    (root / ".webha-release").write_text("sha256:x\n")
    (root / f".webha-ready.{socket.gethostname()}").mkdir()
    with pytest.raises(OSError, match="directory"):
        script.volume()


@pytest.fixture
def mariadb(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    def says(body):
        fake_program(tmp_path, "mariadb", f'echo "$*" > {tmp_path}/asked\n{body}')
        return SCRIPT.database

    says.asked = lambda: Path(tmp_path / "asked").read_text()
    return says


def galera(status="Primary", state="Synced", is_ready="ON"):
    lines = f"wsrep_local_state_comment\\t{state}\\nwsrep_cluster_status\\t{status}\\nwsrep_ready\\t{is_ready}\\n"
    return f"printf '{lines}'"


def test_a_synced_member_of_the_primary_component_is_well(mariadb):
    mariadb(galera())()
    assert "--connect-timeout=" in mariadb.asked()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (galera(state="Donor/Desynced"), "galera: Donor/Desynced, Primary, ON"),
        (galera(state="Joining"), "Joining"),
        (galera("non-Primary", "Initialized", "OFF"), "galera: Initialized, non-Primary, OFF"),
        (galera(is_ready="OFF"), "OFF"),
        (":", "galera: "),
        ('echo first >&2; echo "ERROR 2002: Can\'t connect" >&2; exit 1', "ERROR 2002: Can't connect"),
        ("exit 1", "mariadbd does not answer"),
    ],
)
def test_any_other_database_is_broken_and_says_how(mariadb, body, words):
    with pytest.raises(module.BrokenError) as broken:
        mariadb(body)()
    assert words in str(broken.value)


def counted(size):
    return f"{galera()}; printf 'wsrep_cluster_size\\t{size}\\n'"


@pytest.fixture
def sizes(mariadb, monkeypatch):
    """What a readiness of so many nodes says of the component at a second, after looks (second, what the database answers)."""

    def said(nodes, *looks, at):
        mariadb(":")
        script = module.Looks(module.Values("nodoha", nodes, "/srv", 8081, interval=1, patience=8))
        for second, body in looks:
            monkeypatch.setattr(module.time, "monotonic", lambda second=second: second)
            mariadb(body)
            with contextlib.suppress(module.BrokenError):
                script.database()
        return script.minority(at)

    return said


@pytest.mark.parametrize(
    ("size", "nodes", "few"), [(1, 3, True), (2, 3, False), (3, 3, False), (2, 4, True), (3, 4, False), (2, 5, True)]
)
def test_a_component_without_most_of_the_nodes_is_said_once_it_lasts(sizes, size, nodes, few):
    assert sizes(nodes, (100, counted(size)), at=110) is None
    expected = f"{size} of {nodes} nodes in its component" if few else None
    assert sizes(nodes, (100, counted(size)), (105, counted(size)), at=110.1) == expected


@pytest.mark.parametrize(
    "body", [counted(2), galera(), galera("non-Primary", "Initialized", "OFF"), 'echo "ERROR 2002: no" >&2; exit 1']
)
def test_one_that_comes_back_and_one_that_does_not_say_are_no_minority_at_once(sizes, body):
    assert sizes(3, (100, counted(1)), (111, body), at=111) is None
    assert sizes(3, (100, counted(1)), (111, body), (112, counted(1)), at=113) is None


def test_a_minority_serves_where_nobody_is_better_and_gives_way_to_the_majority():
    lonely, without_database = module.score([True] * 3, False), module.score([True, False, True], True)
    assert without_database < lonely < module.score([True] * 3, True) - 100


class EnoughError(BaseException):
    """Ends an endless loop."""


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (module.BrokenError("not mounted"), "not mounted"),
        (OSError(107, "Transport endpoint is not connected"), "Transport endpoint is not connected"),
        (ValueError("a line without a tab"), "a line without a tab"),
        (TimeoutError(), "TimeoutError"),
    ],
)
def test_what_a_look_raises_is_its_problem(monkeypatch, error, problem):
    monkeypatch.setattr(module.time, "sleep", lambda _: (_ for _ in ()).throw(EnoughError))
    ended = []

    def look():
        raise error

    seen = SimpleNamespace(begins=lambda _: None, ends=lambda _, problem: ended.append(problem))
    with pytest.raises(EnoughError):
        module.watch(look, seen, 1)
    assert problem in ended[0]
