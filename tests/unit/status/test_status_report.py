"""The status as a person and as a program reads it."""

import json
from dataclasses import replace

import pytest

from webha.cluster import Page
from webha.lock import Notes
from webha.status import LAYERS, report

from ..lock.runs import NOW, entry, held, run
from ..stubs import NAMES
from .whole_stack import EXPECTED, NOT_REACHED, A, B, C, whole, with_


def in_trouble():
    return with_(B, disks={"/": 99, "/var": 98}, read_only=("/",), galera=None, page=Page(503, "hacloud")) | {C: None}


def test_the_report_is_json_with_the_layers_in_their_order():
    judged = report(in_trouble(), EXPECTED)
    read = json.loads(json.dumps(judged.to_json()))
    assert read == judged.to_json()
    assert set(read) == {"healthy", "layers", "lock", "journal"}
    assert list(read["layers"]) == list(LAYERS)
    assert read["healthy"] is False
    assert read["layers"]["galera"] == {
        "healthy": False,
        "problems": [f"{C}: {NOT_REACHED}", f"{B}: state unknown"],
        "state": "primary component of 3",
    }
    assert all(set(layer) == {"healthy", "problems", "state"} for layer in read["layers"].values())


def test_the_json_of_a_whole_cluster_is_healthy_in_every_layer():
    read = report(whole(), EXPECTED).to_json()
    assert [read["healthy"], *(layer["healthy"] for layer in read["layers"].values())] == [True] * (1 + len(LAYERS))


def test_the_screen_has_one_line_for_each_healthy_layer():
    lines = report(whole(), EXPECTED).screen(NOW).splitlines()
    assert [line.split()[:2] for line in lines] == [[name, "healthy"] for name in LAYERS] + [["lock", "free"]]
    assert lines[2].endswith("primary component of 3")


@pytest.mark.parametrize("nodes", [in_trouble(), dict.fromkeys(NAMES), with_(health=None, failed=("a", "b"))])
def test_the_screen_has_a_line_of_its_own_for_every_problem(nodes):
    judged = report(nodes, EXPECTED)
    lines = judged.screen(NOW).splitlines()
    assert len(lines) == len(LAYERS) + sum(len(layer.problems) for layer in judged.layers.values()) + max(
        1, len(judged.lock.unknown)
    )
    for name, layer in judged.layers.items():
        start = next(index for index, line in enumerate(lines) if line.startswith(name))
        assert lines[start].split()[1] == ("healthy" if layer.healthy else "PROBLEM")
        shown = [line.strip() for line in lines[start + 1 : start + 1 + len(layer.problems)]]
        assert shown == [f"- {problem}" for problem in layer.problems]


def test_a_lock_that_is_held_is_said_and_no_problem():
    judged = report(with_(runs=held(run())), EXPECTED)
    assert judged.healthy
    assert judged.screen(NOW).splitlines()[len(LAYERS) :] == [
        "lock     a run of ana@control from /srv/ha (deploy.py, pid 4711, 0.2.0) holds the cluster's lock since "
        "12:31:04 (3 min ago)"
    ]
    (copies,) = judged.to_json()["lock"]["held"]
    assert (copies["lock"]["run"]["pid"], copies["nodes"]) == (4711, list(NAMES))


def test_a_node_that_does_not_say_who_holds_the_lock_is_said_so_and_no_problem():
    judged = report(with_(B, runs=None), EXPECTED)
    assert judged.healthy
    assert judged.screen(NOW).splitlines()[-1] == f"lock     {B}: unknown, it did not say"


def test_the_last_three_runs_of_all_nodes_journals_are_shown_each_once_the_newest_last():
    entries = [entry(run(number), until=NOW + number, changed={"Galera: packages": (B,)}) for number in range(5)]
    nodes = with_(B, C, runs=Notes(None, tuple(entries[2:])))
    judged = report(nodes | {A: replace(nodes[A], runs=Notes(None, tuple(entries[:3])))}, EXPECTED)
    shown = [line for line in judged.screen(NOW).splitlines() if line.startswith("journal")]
    assert len(shown) == 3
    assert shown[-1].endswith(f"ana@control from /srv/ha: deploy.py, done; changed “Galera: packages” ({B})")
    assert [one["until"] for one in judged.to_json()["journal"]] == [NOW + number for number in (2, 3, 4)]
