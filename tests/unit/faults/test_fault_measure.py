"""What the fault tests make of a client's requests."""

import pytest

from tests.faults.measure import Request, longest_gap, series, shared, summary, two_served, union, without


def request(begin, end=None, kind="read", status=200, number=0):
    return Request(kind, number, begin, begin + 0.01 if end is None else end, status, "nodoha")


STEADY = [request(second / 10) for second in range(100)]


def test_a_steady_answer_has_no_gap():
    assert longest_gap(STEADY, 0, 10) == pytest.approx(0.1)


def test_the_gap_is_between_good_answers_only():
    failing = [request(second / 10, status=500 if 20 <= second < 50 else 200) for second in range(100)]
    assert longest_gap(failing, 0, 10) == pytest.approx(3.1)


def test_a_late_answer_ends_the_gap_when_it_comes_not_when_it_was_asked_for():
    assert longest_gap([request(0), request(1, end=6)], 0, 6.5) == pytest.approx(5.99)


def test_an_outage_that_never_ends_lasts_to_the_end():
    assert longest_gap(STEADY[:20], 0, 60) == pytest.approx(60 - 1.91)


def test_what_was_answered_before_the_fault_says_nothing_of_it():
    assert longest_gap(STEADY[:20], 5, 9) == 4


def test_reads_and_writes_are_told_apart():
    writes = [request(one.begin, kind="write", status=0 if 3 < one.begin < 7 else 200) for one in STEADY]
    said = summary([*STEADY, *writes], 0, 10)
    assert said["gap_s"] == said["read_gap_s"] == 0.1
    assert said["write_gap_s"] == 4.0
    assert said["errors"] == 39
    assert said["requests"] == 200
    assert said["acknowledged_writes"] == 61


def test_of_no_good_answer_there_is_no_percentile():
    assert summary([request(1, status=0)], 0, 10)["p99_ms"] is None


def answers(*pairs):
    return [Request("read", 0, begin, begin + 0.01, 200, node) for begin, node in pairs]


def test_what_two_have_at_the_same_time_is_counted_once():
    assert shared({"a": [(0, 5)], "b": [(4, 9)], "c": [(8, 8.5)]}) == pytest.approx(1.5)
    assert shared({"a": [(0, 5)], "b": [(1, 2)], "c": [(1, 2)]}) == 1


def test_one_after_the_other_is_not_at_the_same_time():
    assert shared({"a": [(0, 5), (6, 7)], "b": [(5, 6)]}) == 0
    assert shared({}) == 0


def test_a_node_that_stands_still_owns_nothing_meanwhile():
    assert without([(0, 10)], [(2, 8)]) == [(0, 2), (8, 10)]
    assert without([(0, 10)], []) == [(0, 10)]
    assert without([(3, 4)], [(2, 8)]) == []
    assert shared({"old": without([(0, 10)], [(2, 9)]), "new": [(4, 20)]}) == 1


def test_spans_cover_time_once():
    assert union([(0, 2), (1, 3), (5, 6)]) == 4


def test_a_move_is_not_two_that_serve():
    assert two_served(answers((0, "a"), (0.05, "a"), (3, "b"), (3.05, "b"))) == 0
    assert two_served(answers((0, "a"), (3, "b"), (9, "a"))) == 0, "and back"


def test_an_answer_of_the_old_one_after_the_new_one_is_two_that_serve():
    turns = answers(*((second / 10, "ab"[second % 2]) for second in range(100)))
    assert two_served(turns) == pytest.approx(9.9 - 0.11, abs=0.2)


def test_a_late_answer_is_not_one_of_two_that_serve():
    slow = [request(0), Request("read", 0, 0.1, 4, 200, "nodoha"), Request("read", 0, 1, 1.1, 200, "nodoha2")]
    assert two_served(slow) == 0, "it was asked for before the other one answered"


def test_the_picture_counts_answers_when_they_come_and_errors_when_they_are_asked_for():
    requests = [request(9.5), request(10.2, end=12.5), request(10.3, end=15.3, status=0)]
    assert series(requests, zero=10, start=9, stop=13) == {"from": -1, "good": [1, 0, 0, 1], "errors": [0, 1, 0, 0]}
