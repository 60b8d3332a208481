"""Who the nodes are, in an inventory of ours or of somebody's, and what a failed one does to a run."""

from types import SimpleNamespace

import pytest
from pyinfra.api.exceptions import PyinfraError

from webha.run import context

from ..stubs import NAMES

HOSTS = {name: SimpleNamespace(name=name) for name in (*NAMES, "other", "@local")}


@pytest.fixture
def of(monkeypatch):
    """An inventory with these groups, seen by a host with these data."""

    def set_up(groups, **data):
        found = {group: [HOSTS[name] for name in names] for group, names in groups.items()}
        inventory = SimpleNamespace(get_group=lambda name, default=None: found.get(name, default))
        monkeypatch.setattr(context, "inventory", inventory)
        monkeypatch.setattr(context, "host", SimpleNamespace(name=NAMES[1], data=data))
        return context

    return set_up


@pytest.mark.parametrize(
    ("groups", "data"), [({"nodes": NAMES}, {}), ({"web": NAMES, "nodes": ["other"]}, {"nodes_group": "web"})]
)
def test_the_nodes_are_a_groups_whose_name_is_a_datum(of, groups, data):
    assert [one.name for one in of(groups, **data).members()] == list(NAMES)
    assert (context.on_first(), context.on_second()) == (False, True)


@pytest.mark.parametrize("data", [{}, {"nodes_group": "web"}])
def test_an_inventory_without_that_group_is_refused_by_its_name(of, data):
    with pytest.raises(PyinfraError, match=f"no group '{data.get('nodes_group', 'nodes')}'"):
        of({"others": NAMES}, **data).members()


def test_the_control_machine_is_in_a_group_of_its_own_name_too(of):
    assert of({"control": ["@local"]}).controllers() == [HOSTS["@local"]]
    assert of({"me": ["@local"]}, control_group="me").controllers() == [HOSTS["@local"]]
    assert of({}).controllers() == []


@pytest.mark.parametrize(("failed", "percent"), [([NAMES[0]], 0), (NAMES, 0), (["other"], None)])
def test_a_node_that_fails_stops_the_run_and_another_machine_does_not(monkeypatch, failed, percent):
    seen = []
    state = SimpleNamespace(config=SimpleNamespace(FAIL_PERCENT=None))
    state.fail_hosts = lambda hosts, _count=None: seen.append((len(hosts), state.config.FAIL_PERCENT))
    monkeypatch.setattr(context, "state", state)
    nodes = [Hashable(name) for name in NAMES]
    for _ in range(3):  # once a run, whichever host comes
        context._stop_for_a_failed_node(nodes)
    state.fail_hosts({one for one in [*nodes, Hashable("other")] if one.name in failed})
    assert seen == [(len(failed), percent)]


class Hashable:
    """A host that can be in a set, as pyinfra's."""

    def __init__(self, name):
        self.name = name
