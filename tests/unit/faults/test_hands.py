"""What administrators do by habit, and machines of other kinds: how the benches judge what they saw."""

import pytest

from lab.layout import LabError
from lab.variant import PLAIN, VARIANTS
from tests.faults import hands, reach, variants
from tests.faults.acts import NotDoneError, Scene
from tests.faults.catalogue import FAULTS
from tests.faults.course import sound, summarised

SCENE = ("nodoha2", ("nodoha", "nodoha3"))


def run(name="logrotate", **more):
    return {"fault": name, "outcome": "whole", "gap_s": 0.2, "errors": 0, "requests": 200, "notes": []} | more


def test_an_act_is_as_bad_as_its_worst_run():
    acts = hands.seen([
        run(),
        run(errors=3, gap_s=1.5, missing={"nodoha": 1}, notes=["masked"]),
        run(outcome="not whole: x", errors=1),
        run(),
        run("detach"),
    ])  # fmt: skip
    assert acts["logrotate"] == {
        "outcome": "not whole: x",
        "requests": 800,
        "failed": 3,
        "gap_s": 1.5,
        "lost_writes": 1,
        "notes": ["masked"],
    }
    assert acts["detach"]["failed"] == 0


def test_an_act_that_did_not_begin_is_no_success():
    assert hands.seen([{"fault": "detach", "outcome": "not begun: x"}])["detach"]["outcome"] == "not begun: x"


def test_acts_and_faults_share_no_name():
    assert not set(hands.HANDS) & set(FAULTS)
    assert {"restart-apache", "logrotate", "reinstall-corosync", "reinstall-all", "detach"} <= set(hands.HANDS)


@pytest.fixture
def nodes(monkeypatch):
    """What was typed where; a command with 'masked' in its unit fails."""
    typed = []

    def told(name, command, seconds):
        assert seconds
        typed.append((name, command))
        return f"{name}: {command}: exit code 1: masked" if "apache2" in command else ""

    monkeypatch.setattr(reach, "told", told)
    monkeypatch.setattr(reach, "ask", lambda *_: "3")
    return typed


def test_what_a_command_said_when_it_failed_is_noted_and_ends_nothing(nodes):
    scene = Scene(*SCENE)
    hands.HANDS["restart-apache"].strike(scene)
    assert scene.notes == ["nodoha2: systemctl restart apache2: exit code 1: masked"]
    assert nodes == [("nodoha2", "systemctl restart apache2")]


def test_what_an_act_stands_on_must_be_there(nodes):
    hands.needed("true")(Scene(*SCENE))
    with pytest.raises(NotDoneError, match="masked"):
        hands.needed("apache2 -t")(Scene(*SCENE))
    assert len(nodes) == 2


def test_pacemaker_is_out_everywhere_before_it_comes_back_and_maintenance_ends_last(nodes):
    scene = Scene(*SCENE)
    hands.detached(scene)
    assert scene.notes == []
    words = [command for _, command in nodes]
    assert words[0].endswith("maintenance-mode --update true")
    assert words[1:4] == ["systemctl stop pacemaker corosync"] * 3
    assert words[4:7] == ["systemctl start corosync pacemaker"] * 3
    assert words[7].endswith("maintenance-mode --delete")
    assert {name for name, _ in nodes[1:4]} == {"nodoha", "nodoha2", "nodoha3"}


def test_maintenance_ends_although_a_node_stays_away(nodes, monkeypatch):
    def wait(*_):
        raise NotDoneError("after 120 s still not: all nodes online again")

    monkeypatch.setattr(hands, "wait", wait)
    with pytest.raises(NotDoneError):
        hands.detached(Scene(*SCENE))
    assert nodes[-1][1].endswith("--delete")


def test_a_summary_names_the_worst_number_of_errors():
    one = {"two_owners_s": 0.0}
    assert summarised([run(errors=2, **one), run(errors=5, **one)])["logrotate"]["errors_worst"] == 5


@pytest.mark.parametrize(
    ("result", "is_sound"),
    [
        ({"runs": [run(audit=[])], "at_the_end": []}, True),
        ({"runs": [run(audit=["x"])], "at_the_end": []}, False),
        ({"runs": [run(outcome="not whole: x")], "at_the_end": []}, False),
        ({"runs": [run()], "at_the_end": ["x"]}, False),
    ],
)
def test_a_course_is_sound_where_all_is_whole_and_nothing_was_found(result, is_sound):
    assert sound(result) is is_sound


WELL = {"second_run_changes": 0, "healthy": True, "healthy_again": True, "sound": True, "lost_writes": 0}


@pytest.mark.parametrize(
    "change",
    [
        {"failed": "x"},
        {"second_run_changes": 1},
        {"second_run_changes": None},
        {"healthy": False},
        {"healthy_again": False},
        {"sound": False},
        {"lost_writes": 1},
    ],
)
def test_a_variant_fares_well_only_where_all_of_it_did(change):
    assert variants.well(WELL)
    assert not variants.well(WELL | change)


def test_what_ends_a_variant_early_is_in_its_result_with_what_was_seen(nodes, monkeypatch, tmp_path):
    monkeypatch.setattr(variants, "call", lambda *_: "")
    monkeypatch.setattr(variants, "timed", lambda *_: (_ for _ in ()).throw(LabError("pyinfra failed")))
    found = variants.measure(VARIANTS["used"], "trixie", "document", tmp_path)
    assert (found["variant"], found["failed"]) == ("used", "pyinfra failed")
    assert "up_s" in found
    assert nodes == [("nodoha", "systemctl stop mariadb")]
    assert not variants.well(found)


def test_the_plain_machines_are_no_variant_that_is_measured_unasked():
    assert [*variants._DEFAULT, PLAIN] == ["hardened", "spanish", "used", "plain"]
