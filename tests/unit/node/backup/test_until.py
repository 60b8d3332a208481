"""From a restore point to a given second: whose logs are taken, that none is missing among them, and which second a person means."""

import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webha_node.backup import binlog, transactions, until
from webha_node.backup.binlog import Span
from webha_node.backup.repository import BackupError, Point


def span(node, first, last, when):
    return Span(f"{node}{when}", node, "u", first, last, when)


def test_one_nodes_logs_do_where_they_reach_from_the_point_to_the_second():
    a = [span("a", 0, 50 + at, at) for at in (10, 20, 30)]
    assert binlog.chain(a, 12, 15) == [a[2]]
    assert binlog.chain(a, 12, 30) == [a[2]]


def test_where_a_node_got_a_full_copy_anothers_logs_go_before():
    before, after = span("a", 0, 60, 10), span("b", 55, 90, 30)
    assert binlog.chain([before, after], 12, 25) == [before, after]
    assert binlog.chain([before, after], 57, 25) == [after]
    alone = span("c", 0, 99, 40)
    assert binlog.chain([before, after, alone], 12, 25) == [alone]


@pytest.mark.parametrize(
    ("known", "start", "second", "words"),
    [
        ([], 1, 5, "no binary logs of up to .* are saved: there are none"),
        ([span("a", 0, 9, 4)], 1, 5, "they reach"),
        ([span("a", 7, 9, 6)], 1, 5, "begin after that point: a's with transaction 8, the point ends with 1"),
        ([span("a", 0, 5, 3), span("b", 7, 9, 6)], 1, 5, "begin after that point: b's"),
    ],
)
def test_logs_that_do_not_reach_are_refused(known, start, second, words):
    with pytest.raises(BackupError, match=words):
        binlog.chain(known, start, second)


spans = st.lists(
    st.builds(
        lambda node, first, much, when: span(node, first, first + much, when),
        st.sampled_from("abc"), st.integers(0, 40), st.integers(0, 40), st.integers(0, 40),
    ),
    max_size=8,
)  # fmt: skip


@given(spans, st.integers(0, 40), st.integers(0, 40))
def test_what_is_taken_has_no_hole_and_reaches_from_the_point_beyond_the_second(known, start, second):
    try:
        found = binlog.chain(known, start, second)
    except BackupError:
        return
    assert found[0].first <= start
    assert all(one.last >= two.first for one, two in itertools.pairwise(found))
    assert found[-1].when >= second


def event(what, *text):
    return [
        b"# at 4\n",
        f"#261129  9:48:38 server id 1  end_log_pos 384 CRC32 0x1f \t{what}\n".encode(),
        *(f"{one}\n".encode() for one in text),
    ]


def gtid(number, *statement):
    said = (
        event("Query\tthread_id=1\texec_time=0", "use `drupal`/*!*/;", "SET TIMESTAMP=1/*!*/;", *statement, "/*!*/;")
        if statement
        else []
    )
    return [*event(f"GTID 0-1-{number} trans", "/*M!100101 SET @@session.x=0*//*!*/;", "START TRANSACTION"), *said]


def begun(*state):
    first, *rest = state
    return event(
        f"Gtid list [{first}" + ("" if rest else "]"), *(f"# {one}{']' if one == rest[-1] else ','}" for one in rest)
    )


def read(*parts, start=4):
    return transactions.read([line for part in parts for line in part], start)


def test_transactions_are_followed_from_log_to_log_and_a_hole_between_two_is_said():
    assert read(begun("0-1-2"), gtid(5), gtid(6), begun("0-1-6"), gtid(7)).end == 7
    assert read().end == 4
    assert read(gtid(5), gtid(7), begun("4-1-1", "0-1-7")).end == 7  # 6 failed, and is in no log
    for wrong in ((begun("0-1-5"), gtid(6)), (gtid(5), begun("2-1-1", "0-1-9"), gtid(10))):
        with pytest.raises(BackupError, match="what is between is missing"):
            read(*wrong)


def test_what_a_visitor_wrote_is_no_transaction():
    rows = event("Write_rows: table id 32 flags: STMT_END_F", "BINLOG '", "#Q> GTID 0-1-99", "'/*!*/;")
    assert read(gtid(5), rows, event("Xid = 9", "COMMIT/*!*/;")).end == 5
    assert read(gtid(5, "CREATE TABLE a (b TEXT DEFAULT '", "\tGTID 0-1-77')")).end == 5


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


@pytest.mark.parametrize(
    ("gtid", "number"),
    [("0-1-681", 681), ("4-1-2,0-1-681", 681), ("", 0), ("4-1-2", 0), ("10-1-5", 0), ("2-1-5,10-0-3", 0)],
)
def test_of_gtids_the_clusters_own_counts(gtid, number):
    assert binlog.number(gtid) == number


def test_a_second_is_one_of_this_machines_clock():
    assert until.second("2026-11-25 12:00") == time.mktime((2026, 11, 25, 12, 0, 0, 0, 0, -1))
    assert until.second("2026-11-25 12:00:07") == until.second("2026-11-25 12:00") + 7
    for wrong in ("noon", "2026-13-01 12:00", "2026-11-25 25:00", "2026-11-25", ""):
        with pytest.raises(BackupError, match="say a time"):
            until.second(wrong)


def test_what_is_saved_is_known_by_its_tags_alone():
    tags = ("webha-log", "node=a", "galera=u", "first=3", "last=9")
    point = Point("x", "2026-11-29T10:00:00Z", "ha", tags)
    assert binlog.span(point) == Span("x", "a", "u", 3, 9, point.when)
    assert binlog.span(Point("x", "2026-11-29T10:00:00Z", "ha", (*tags, "at=1795947848.416"))).when == 1795947848.416
    assert binlog.span(Point("x", "2026-11-29T10:00:00Z", "ha", tags[:4])) is None
    assert binlog.span(Point("x", "2026-11-29T10:00:00Z", "ha", (*tags[:4], "last=many"))) is None
