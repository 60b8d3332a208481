"""The faults that matter most, once each, with a client that reads and writes meanwhile (tests/faults has them all)."""

from collections.abc import Iterator

import pytest

from lab import visitor
from tests.faults.catalogue import FAULTS, SHORT
from tests.faults.site import Site
from tests.faults.trial import repair, run
from tests.lab.nodes import Run, converge, everywhere, unhealthy

# Three nodes, the client and the tests share two busy cores: what is aimed at is for machines of one's own, and a test
# that fails once in twenty runs for want of processor time is worth nothing. docs/failures.md has the measured numbers.
BUSY = 4.0
SAME_TIME = 0.5
ALWAYS = ("power-cut-active",)

pytestmark = pytest.mark.any_release


@pytest.fixture(scope="session")
def fast(deployed: str) -> Run:  # noqa: ARG001 (needed before)
    """The run that gives the cluster the faster timers."""
    return converge("deploy.py", "--data", "failover=fast")


@pytest.fixture(scope="module")
def site(fast: Run) -> Iterator[Site]:  # noqa: ARG001 (needed before)
    """The page that the client asks for."""
    visitor.arrive()
    page = Site()
    page.prepare()
    yield page
    page.clear()
    visitor.leave()


def test_failover_changes_the_timers_and_nothing_else(fast: Run) -> None:
    assert "Gluster: the volume" in fast.changed
    assert not any(name.startswith(("Hosts", "Apache", "Drupal")) for name in fast.changed), fast.changed
    assert set(everywhere("corosync-cmapctl -g runtime.config.totem.consensus").values()) == {
        "runtime.config.totem.consensus (u32) = 1200"
    }
    assert unhealthy() == ""


@pytest.mark.long
@pytest.mark.usefixtures("fast")
def test_a_second_run_with_the_faster_timers_changes_nothing() -> None:
    again = converge("deploy.py", "--data", "failover=fast")
    assert again.converged, again.changed


@pytest.mark.parametrize("name", [one if one in ALWAYS else pytest.param(one, marks=pytest.mark.long) for one in SHORT])
def test_a_client_waits_no_longer_than_stated_and_loses_nothing(name: str, site: Site) -> None:
    fault = FAULTS[name]
    assert fault.bound is not None
    seen = run(fault, site, "fast")
    if seen["outcome"] != "whole":
        repair("fast")
    assert seen["outcome"] == "whole"
    assert {key: count for key, count in seen["missing"].items() if count} == {}
    assert seen["audit"] == []
    assert seen["gap_s"] <= fault.bound + BUSY
    assert seen["two_owners_s"] <= SAME_TIME
