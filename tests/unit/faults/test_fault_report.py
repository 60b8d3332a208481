"""The page of failures, its pictures, and what the bench makes of its runs."""

import json
from xml.etree import ElementTree

import pytest

from tests.faults import report
from tests.faults.catalogue import FAULTS, NOT_SHOWN, SHORT
from tests.faults.course import order, save, summarised
from tests.faults.picture import svg


def outcome(fault, gap=2.0, failover="fast", **more):
    return {
        "fault": fault,
        "failover": failover,
        "outcome": "whole",
        "gap_s": gap,
        "write_gap_s": gap + 1,
        "errors": 7,
        "whole_after_mend_s": 12.3,
        "mended_after_s": 20.0,
        "missing": {"nodoha": 0, "nodoha2": 0, "nodoha3": 0},
        "two_owners_s": 0.04,
        "two_served_s": 0.0,
        "audit": [],
        "series": {"from": -5, "good": [20] * 5 + [0] * 3 + [20] * 22, "errors": [0] * 5 + [20] * 3 + [0] * 22},
        **more,
    }


def page(*runs, at_the_end=()):
    return report.page([{"failover": "fast", "runs": list(runs), "at_the_end": list(at_the_end)}], "2 cores")


def lines(text):
    return [line for line in text.splitlines() if line.startswith(("| [", "| **", "| power", "| x"))]


def test_a_fault_has_a_line_with_median_and_worst():
    text = page(*(outcome("power-cut-active", gap) for gap in (3.0, 4.1, 5.5)))
    (line,) = lines(text)
    assert "| 3 | 4.1 / 5.5 | 6.5 | 4.5 | 7 | 0 | 0.04 | 0.00 | 12.3 | - |" in line
    assert "(failures/power-cut-active.svg)" in line


def test_the_settings_have_a_table_each_the_faster_one_first():
    text = page(outcome("reboot-active", failover="document"), outcome("reboot-active"))
    assert text.index("## failover = fast") < text.index("## failover = document")
    assert "(failures/reboot-active-document.svg)" in text


def test_lines_are_in_the_order_of_the_catalogue():
    names = [line.split("]")[0][3:] for line in lines(page(outcome("reboot-active"), outcome("power-cut-active")))]
    assert names == ["power-cut-active", "reboot-active"]


def test_what_the_cluster_cannot_do_itself_is_in_the_line():
    assert "galera_new_cluster on the node" in page(outcome("power-cut-all-one-stays-away"))


def test_a_cell_cannot_break_the_table():
    assert report.cell("a|b\n<c>") == "a\\|b &lt;c>"
    assert "| x\\|y |" in page({"fault": "x|y", "failover": "fast", "outcome": "not begun: no\nVIP"})


def test_a_cluster_that_did_not_come_back_and_every_finding_are_told():
    text = page(outcome("reboot-active", outcome="not whole: nodoha: []", audit=["nodoha lacks 2 acknowledged writes"]))
    assert "**1 not whole**" in text
    assert "- **reboot-active**: nodoha lacks 2 acknowledged writes" in text
    assert "The audit found nothing" in page(outcome("reboot-active"))
    assert "After all faults: files differ" in page(outcome("reboot-active"), at_the_end=["files differ"])


def test_what_cannot_be_shown_is_on_the_page():
    assert all(f"**{what}**: {why}." in page(outcome("reboot-active")) for what, why in NOT_SHOWN.items())


def test_the_page_and_a_small_picture_of_the_worst_run_are_written(tmp_path):
    results = tmp_path / "results.json"
    results.write_text(json.dumps({"runs": [outcome("reboot-active", 1.0), outcome("reboot-active", 3.0)]}))
    report.write([json.loads(results.read_text())], tmp_path)
    assert (tmp_path / "failures.md").read_text().startswith("# Failures")
    assert 0 < (tmp_path / "failures/reboot-active.svg").stat().st_size < 10_000


@pytest.mark.parametrize("seconds", [30, 400])
def test_a_picture_is_well_formed_small_and_says_what_it_shows(seconds):
    drawn = svg("a <fault>", {"from": -5, "good": [20] * seconds, "errors": [0] * seconds}, 20.0)
    root = ElementTree.fromstring(drawn)  # noqa: S314 -- drawn two lines above
    texts = [one.text for one in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"a <fault>", "fault", "mended", "seconds after the fault", "good answers per second"} <= set(texts)
    assert len(drawn) < 10_000


def test_a_picture_without_a_helping_hand_has_no_mark_of_one():
    assert "mended" not in svg("x", {"from": 0, "good": [1], "errors": [0]}, None)


def test_the_catalogue_keeps_its_promises_to_the_reader():
    assert len(SHORT) == 6
    assert all(FAULTS[name].bound is not None for name in SHORT)
    assert all(one.hands == "" or one.mend for one in FAULTS.values())
    assert sum(one.lasting for one in FAULTS.values()) < 20 * 60


def test_a_walk_is_the_same_for_the_same_seed():
    assert order(list(FAULTS), 1, 30, 7) == order(list(FAULTS), 1, 30, 7)
    assert order(list(FAULTS), 1, 30, 7) != order(list(FAULTS), 1, 30, 8)
    assert order(["a", "b"], 2, 0, 0) == ["a", "a", "b", "b"]


def test_runs_are_summed_up_with_those_that_never_began():
    said = summarised([outcome("a", 1.0), outcome("a", 3.0), {"fault": "a", "outcome": "not begun: x"}])["a"]
    assert (said["times"], said["whole"], said["gap_median_s"], said["gap_worst_s"]) == (3, 2, 2.0, 3.0)
    assert summarised([{"fault": "b", "outcome": "not begun: x"}])["b"]["gap_worst_s"] is None


def test_a_result_is_kept_whole(tmp_path):
    for count in (1, 2):
        save(tmp_path / "result.json", {"runs": list(range(count))})
    assert json.loads((tmp_path / "result.json").read_text()) == {"runs": [0, 1]}
    assert [one.name for one in tmp_path.iterdir()] == ["result.json"]


def test_what_served_has_a_table_of_its_own_and_the_real_one_comes_first():
    real = {"failover": "fast", "site": "Drupal 10.1.6", "runs": [outcome("reboot-active")]}
    text = report.page([{"failover": "fast", "runs": [outcome("reboot-active")]}, real], "2 cores")
    assert text.index("## failover = fast, Drupal 10.1.6") < text.index("## failover = fast, the tests' stand-in")
    assert "(failures/reboot-active-Drupal-10.1.6.svg)" in text
    assert "(failures/reboot-active.svg)" in text


def test_a_catalogue_in_one_piece_says_how_long_it_took_and_a_few_faults_do_not():
    whole = {"failover": "fast", "minutes": 48.3, "runs": [outcome(name) for name in FAULTS]}
    few = {"failover": "fast", "minutes": 3.2, "runs": [outcome("reboot-active")] * 40}
    text = report.page([whole, few], "2 cores")
    assert f"{len(FAULTS)} runs one after the other took 48 minutes." in text
    assert "3 minutes" not in text
