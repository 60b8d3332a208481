"""The status as a person and as a program reads it."""

import json

import pytest

from webha.cluster import Page
from webha.status import LAYERS, report

from ..stubs import NAMES
from .whole_stack import EXPECTED, NOT_REACHED, B, C, whole, with_


def in_trouble():
    return with_(B, disks={"/": 99, "/var": 98}, read_only=("/",), galera=None, page=Page(503, "hacloud")) | {C: None}


def test_the_report_is_json_with_just_the_layers_in_their_order():
    judged = report(in_trouble(), EXPECTED)
    read = json.loads(json.dumps(judged.to_json()))
    assert read == judged.to_json()
    assert set(read) == {"healthy", "layers"}
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
    assert [read["healthy"], *(layer["healthy"] for layer in read["layers"].values())] == [True] * 8


def test_the_screen_has_one_line_for_each_healthy_layer():
    lines = report(whole(), EXPECTED).screen().splitlines()
    assert [line.split()[:2] for line in lines] == [[name, "healthy"] for name in LAYERS]
    assert lines[1].endswith("primary component of 3")


@pytest.mark.parametrize("nodes", [in_trouble(), dict.fromkeys(NAMES), with_(health=None, failed=("a", "b"))])
def test_the_screen_has_a_line_of_its_own_for_every_problem(nodes):
    judged = report(nodes, EXPECTED)
    lines = judged.screen().splitlines()
    assert len(lines) == len(LAYERS) + sum(len(layer.problems) for layer in judged.layers.values())
    for name, layer in judged.layers.items():
        start = next(index for index, line in enumerate(lines) if line.startswith(name))
        assert lines[start].split()[1] == ("healthy" if layer.healthy else "PROBLEM")
        shown = [line.strip() for line in lines[start + 1 : start + 1 + len(layer.problems)]]
        assert shown == [f"- {problem}" for problem in layer.problems]
