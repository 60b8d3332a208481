"""From a restore point to a given second: whose logs are taken, what they say, and which second a person means."""

import time
from dataclasses import replace

import pytest

from webha_node.backup import binlog, record, repository, restoring, transactions, until
from webha_node.backup.binlog import Span
from webha_node.backup.record import Record
from webha_node.backup.repository import BackupError, Point


def event(what, *text):
    return [
        b"# at 4\n",
        f"#261129  9:48:38 server id 1  end_log_pos 384 CRC32 0x1f \t{what}\n".encode(),
        *(f"{one}\n".encode() for one in text),
    ]


def gtid(number, *statement):
    said = (
        event(
            "Query\tthread_id=1\texec_time=0",
            "use `drupal`/*!*/;",
            "SET TIMESTAMP=1/*!*/;",
            *statement,
            "/*!*/;",
            "# End of log file",
            "ROLLBACK;",
        )
        if statement
        else []
    )
    return [*event(f"GTID 0-1-{number} trans", "/*M!100101 SET @@session.x=0*//*!*/;", "START TRANSACTION"), *said]


def read(*parts):
    return transactions.read([line for part in parts for line in part])


def test_transactions_are_counted():
    assert read(gtid(5), gtid(7), event("Gtid list [0-1-7]"), gtid(8)).transactions == 3
    assert read().transactions == 0


def test_what_a_visitor_wrote_is_no_transaction():
    rows = event("Write_rows: table id 32 flags: STMT_END_F", "BINLOG '", "#Q> GTID 0-1-99", "'/*!*/;")
    assert read(gtid(5), rows, event("Xid = 9", "COMMIT/*!*/;")).transactions == 1
    assert read(gtid(5, "CREATE TABLE a (b TEXT DEFAULT '", "\tGTID 0-1-77')")).transactions == 1


@pytest.mark.parametrize(
    ("statement", "lost"),
    [
        ("DROP TABLE drupal.node", True),
        ("ALTER TABLE `drupal`.`node` ADD x INT", True),
        ("/* by hand */ create index i on drupal . node (nid)", True),
        ("DROP DATABASE drupal", True),
        ("ALTER USER 'drupal'@localhost ACCOUNT LOCK", False),
        ("CREATE TABLE mydrupal.node (a INT)", False),
        ("CREATE TABLE other.node (a INT)", False),
        ("GRANT ALL ON drupal.* TO x", False),
    ],
)
def test_a_structure_that_is_changed_from_elsewhere_is_seen(statement, lost):
    everything, taken = (
        read(gtid(5, statement), gtid(6, "CREATE TABLE t (a INT)")),
        read(gtid(5), gtid(6, "CREATE TABLE t (a INT)")),
    )
    assert transactions.passed_over(everything, taken, "drupal") == (
        [f"{statement}\n/*!*/;".removesuffix("\n/*!*/;")] if lost else []
    )
    assert transactions.passed_over(everything, everything, "drupal") == []


def test_a_second_is_one_of_this_machines_clock():
    assert until.second("2026-11-25 12:00") == time.mktime((2026, 11, 25, 12, 0, 0, 0, 0, -1))
    assert until.second("2026-11-25 12:00:07") == until.second("2026-11-25 12:00") + 7
    for wrong in ("noon", "2026-13-01 12:00", "2026-11-25 25:00", "2026-11-25", ""):
        with pytest.raises(BackupError, match="say a time"):
            until.second(wrong)


def test_what_is_saved_is_known_by_its_tags_alone():
    point = Point("x", "2026-11-29T10:00:00Z", "ha", ("webha-log", "node=a", "at=1795947848.416"))
    assert binlog.span(point) == Span("x", "a", 1795947848.416)
    assert binlog.span(Point("x", "2026-11-29T10:00:00Z", "ha", ("webha-log",))) is None


def log(path, *, created=b"aaaa", closed=False, more=b""):
    """Write what begins as a log of MariaDB's: its creation's time, and the flag that is there while it is open."""
    first = (
        b"\xfebin"
        + created
        + b"\x0f"
        + b"\x01\0\0\0"
        + b"\xf8\0\0\0"
        + b"\xfc\0\0\0"
        + (b"\0\0" if closed else b"\1\0")
    )
    path.write_bytes(first + b"events" * 50 + more)


def test_a_log_is_the_same_when_it_has_grown_and_was_closed_and_another_one_is_not(tmp_path):
    one = tmp_path / "webha-bin.000001"
    log(one)
    known = record.head(one, one.stat().st_size)
    log(one, closed=True, more=b"more" * 1000)
    assert record.same(one, known)
    log(one, created=b"bbbb", more=b"more" * 1000)  # of a node that got a full copy since
    assert not record.same(one, known)
    assert not record.same(tmp_path / "none", known)
    assert not record.same(one, "")


TOLD = Record(1.0, "a", "", "ha", "drupal", "/r", "drupal", log="webha-bin.000002", position=40)
A, B = b"aaaa", b"bbbb"


@pytest.fixture
def told(tmp_path):
    log(tmp_path / "then", created=A)
    return replace(TOLD, head=record.head(tmp_path / "then", 200))


def reach(monkeypatch, tmp_path, saved, second, told):
    """Ask for the logs, where ``saved`` is by id when each was, and which logs are in it, by their creation."""
    monkeypatch.setattr(binlog, "spans", lambda _, node: [Span(one, node, when) for one, (when, _) in saved.items()])
    monkeypatch.setattr(repository, "room", lambda *_: None)

    def brought(one, folder):
        place = folder / str(binlog.LOGS).lstrip("/")
        place.mkdir(parents=True)
        for name, created in saved[one][1].items():
            log(place / name, created=created)

    monkeypatch.setattr(repository, "brought", brought)
    point = Point("p", "2026-11-29T10:00:00Z", "ha")
    return [one.name for one in until.reached(point, told, second, tmp_path / "logs")]


def test_logs_from_the_points_own_on_are_taken_of_the_newest_that_has_it(monkeypatch, tmp_path, told):
    logs = {f"webha-bin.00000{number}": A for number in (1, 2, 3)}
    assert reach(monkeypatch, tmp_path, {"x": (10, logs)}, 5, told) == ["webha-bin.000002", "webha-bin.000003"]
    later = {"webha-bin.000003": A, "webha-bin.000004": A}
    saved = {"x": (10, logs), "y": (20, later)}
    assert reach(monkeypatch, tmp_path, saved, 5, told) == ["webha-bin.000002", "webha-bin.000003"]


@pytest.mark.parametrize(
    ("saved", "words"),
    [
        ({}, "no binary logs of a's of up to .* there are none"),
        ({"x": (4, {"webha-bin.000002": A})}, "they reach"),
        ({"x": (9, {"webha-bin.000003": A})}, "no longer have what follows the point p"),
        ({"x": (9, {"webha-bin.000002": B})}, "no longer have what follows the point p"),
    ],
)
def test_logs_that_do_not_reach_are_refused(monkeypatch, tmp_path, told, saved, words):
    with pytest.raises(until.UnreachedError, match=words):
        reach(monkeypatch, tmp_path, saved, 5, told)
    with pytest.raises(until.UnreachedError, match="made without binary logs"):
        reach(monkeypatch, tmp_path, saved, 5, replace(told, log=""))


def test_where_the_newest_point_cannot_go_on_the_one_before_it_does_unless_one_was_named(monkeypatch):
    points = [Point(f"{number}aaaaaaa", f"2026-11-2{number}T10:00:00Z", "ha") for number in (1, 2, 3)]
    asked = []

    def of(_, __, ___, found, ____):
        asked.append(found.id[0])
        if found.id[0] != "1":
            raise until.UnreachedError(found.id)
        return "back"

    monkeypatch.setattr(restoring, "_of", of)
    end = points[2].when + 60
    assert restoring._until(None, "", restoring.Wish(until="x"), points, end) == "back"
    assert asked == ["3", "2", "1"]
    with pytest.raises(until.UnreachedError, match="2aaaaaaa"):
        restoring._until(None, "", restoring.Wish(point="2aaaaaaa", until="x"), points, end)
    with pytest.raises(until.UnreachedError, match="3aaaaaaa"):  # the newest one's words
        restoring._until(None, "", restoring.Wish(until="x"), points[1:], end)
