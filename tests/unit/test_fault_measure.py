"""What the fault tests make of a client's requests."""

import pytest

from tests.faults.measure import Request, longest_gap, summary


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
