"""What a visitor's answers say of the release that runs."""

from tests.faults.versions import mixed, runs


def test_a_switch_and_a_gap_are_no_mixture():
    seen = [(0.0, "1"), (1.0, "1"), (1.1, ""), (5.0, "2"), (9.0, "2")]
    assert runs(seen) == [("1", 1.0), ("2", 4.0)]
    assert mixed(runs(seen)) == []


def test_what_answers_in_passing_is_one():
    seen = [(0.0, "1"), (3.0, "1"), (3.1, "2"), (3.2, "1"), (3.7, "1"), (3.8, "2"), (9.0, "2")]
    assert mixed(runs(seen)) == [("2", 0.0), ("1", 0.5)]


def test_an_update_and_the_way_back_are_none():
    assert mixed([("1", 9.0), ("2", 4.0), ("1", 0.1)]) == []
