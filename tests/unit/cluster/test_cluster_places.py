"""Where Pacemaker runs the resources, and what is said where they are not in their places."""

import pytest

from webha.cluster import CrmResource, CrmStatus, misplaced

NAMES = ("a", "b", "c")


def instance(identity, *nodes, failed=False, blocked=False):
    return CrmResource(identity, nodes, "Started" if nodes else "Stopped", failed, blocked)


def resources(*found):
    return CrmStatus("a", True, (), found)


def test_a_cloned_resource_has_an_instance_for_each_node_numbered_or_not():
    found = (instance("Web", "a"), instance("Web:1", "b"), instance("Web:2"))
    status = resources(*found, instance("Website", "c"), instance("VIP", "a"))
    assert status.instances("Web") == found
    assert status.places("Web") == {"a", "b"}


def test_a_resource_that_is_not_there_has_no_instance_and_no_place():
    assert resources(instance("VIP")).places("VIP") == set()
    assert resources().instances("VIP") == ()
    assert resources().places("VIP") == set()


WEBS = tuple(instance("Web", name) for name in NAMES)
ADDRESS = instance("VIP", "b")
LOOK = "crm_mon -1rf"


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ((*WEBS, ADDRESS), []),
        ((instance("Web:0", "a"), instance("Web:1", "b"), instance("Web:2", "c"), ADDRESS), []),
        ((*WEBS[:2], instance("Web"), ADDRESS), [f"Web does not run on c: {LOOK}"]),
        ((WEBS[1], ADDRESS), [f"Web does not run on a, c: {LOOK}"]),
        ((*WEBS, instance("VIP")), [f"VIP runs nowhere: {LOOK}"]),
        ((*WEBS, instance("VIP", "c", "a")), [f"VIP runs on a and c: {LOOK}"]),
        ((instance("Web"), instance("VIP")), [f"VIP runs nowhere: {LOOK}", f"Web does not run on a, b, c: {LOOK}"]),
        ((*WEBS[:2], instance("Web", "c", failed=True), ADDRESS), [f"Web has failed on c: {LOOK}"]),
        ((*WEBS, instance("VIP", "b", blocked=True)), [f"VIP is blocked on b: {LOOK}"]),
        ((*WEBS, instance("VIP", "b", failed=True, blocked=True)), [f"VIP is blocked on b: {LOOK}"]),
        (
            (*WEBS, instance("VIP", failed=True)),
            [f"VIP runs nowhere: {LOOK}", f"VIP has failed on a node: {LOOK}"],
        ),
        (WEBS, ["VIP is configured nowhere: run tasks/vip.py"]),
        ((ADDRESS,), ["Web is configured nowhere: run tasks/vip.py"]),
        ((), [f"{one} is configured nowhere: run tasks/vip.py" for one in ("VIP", "Web")]),
    ],
)
def test_what_keeps_the_resources_from_their_places_is_said(found, words):
    assert misplaced(resources(*found), "Web", "VIP", NAMES) == words


def test_a_node_that_is_none_of_ours_may_run_what_it_likes():
    assert misplaced(resources(*WEBS, instance("Web", "other"), ADDRESS), "Web", "VIP", NAMES) == []
