"""What is said while an operation lasts."""

from types import SimpleNamespace

import pytest

from webha.run.progress import Progress

NODES = {name: SimpleNamespace(name=name) for name in ("nodoha3", "nodoha", "@local")}


class Ops:
    """What each host has to do: the control machine nothing."""

    def __getitem__(self, host):
        return {} if host.name == "@local" else {"x": 1}


STATE = SimpleNamespace(
    get_op_meta=lambda _: SimpleNamespace(names={"tasks/galera.py | Galera: packages"}),
    ops=Ops(),
)


@pytest.fixture
def lasting(monkeypatch):
    monkeypatch.setattr("webha.run.progress.time", SimpleNamespace(monotonic=lambda: 100.0))
    made = Progress()
    made.operation_start(STATE, "x")
    for node in NODES.values():
        made.operation_host_start(STATE, node, "x")
    return made


def test_a_line_comes_after_five_seconds_and_then_ever_more_seldom(lasting):
    said = [second for second in range(130) if lasting.line(100.0 + second)]
    assert said == [5, 10, 20, 40, 70, 100]


def test_it_names_the_operation_and_who_is_at_work(lasting):
    assert lasting.line(106.2) == "    6 s: tasks/galera.py | Galera: packages (nodoha, nodoha3)"
    lasting.operation_host_success(STATE, NODES["nodoha"], "x")
    assert lasting.line(111.0) == "    11 s: tasks/galera.py | Galera: packages (nodoha3)"
    lasting.operation_host_error(STATE, NODES["nodoha3"], "x", 0, 0)
    assert lasting.line(200.0) is None


def test_between_operations_nothing_is_said(lasting):
    lasting.operation_end(STATE, "x")
    assert lasting.line(10**9) is None
    assert Progress().line(10**9) is None
