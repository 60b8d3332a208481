"""The OpenStack step where OpenStack says no, or nothing: one line each, and what was done stays good."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.tenant import PASSWORD
from tests.lab import nodes
from tests.lab.nodes import ADDRESSES, VIP, converge, lab, refused, start
from tests.lab.tenant import FLOATING_IP, ON, OTHER, allowed, ask, floating, ports

pytestmark = [pytest.mark.usefixtures("cloud"), pytest.mark.any_release]


@pytest.fixture
def clouds() -> Iterator[Path]:
    """The lab's clouds.yaml, to add to."""
    given = Path("/run/webha-lab/clouds.yaml")
    before = given.read_text()
    yield given
    given.write_text(before)


@pytest.mark.parametrize(
    ("name", "entry", "said"),
    [
        ("nowhere", None, "cloud 'nowhere' is not in clouds.yaml"),
        ("wrong", (PASSWORD, "not-it"), "refuses the user or the password"),
        ("down", (":5000", ":5999"), "is not reached"),
    ],
)
def test_each_error_is_one_line_with_what_to_do(
    clouds: Path, name: str, entry: tuple[str, str] | None, said: str
) -> None:
    if entry:
        line = next(line for line in clouds.read_text().splitlines() if line.startswith("  lab:"))
        clouds.write_text(f"{clouds.read_text()}{line.replace('  lab:', f'  {name}:').replace(*entry)}\n")
    text = refused("tasks/cloud.py", "--data", f"openstack_cloud={name}", "-vvv", "--debug")
    assert said in text
    assert "Traceback" not in text
    assert PASSWORD not in text
    assert "not-it" not in text


@pytest.mark.usefixtures("associated")
def test_no_quota_is_said_in_openstacks_words() -> None:
    project = ask("next(n.ports()).project_id")
    try:
        used = ask(f"len(list(n.ports(project_id={project!r})))", "lab-admin")
        ask(f"n.update_quota({project!r}, port={used}).id", "lab-admin")
        said = refused("tasks/cloud.py", *ON, "--data", "vip=10.0.0.68")
        assert "Quota exceeded" in said
        assert "ask the cloud's administrator" in said
    finally:
        ask(f"n.delete_quota({project!r})", "lab-admin")


@pytest.mark.long
def test_a_router_without_a_gateway_is_said_in_openstacks_words() -> None:
    before = ask("[(r.id, r.external_gateway_info['network_id']) for r in n.routers()]", "lab-other")
    ((router, external),) = before
    ask(f"n.update_router({router!r}, external_gateway_info={{}}).id", "lab-other")
    try:
        said = refused("tasks/cloud.py", *OTHER)
        assert "not reachable from subnet" in said
        assert "give the router" in said
    finally:
        ask(f"n.update_router({router!r}, external_gateway_info={{'network_id': {external!r}}}).id", "lab-other")
    converge("tasks/cloud.py", *OTHER)
    converge("tasks/reset.py", "--data", "confirm=hacloud", "--data", "layer=cloud", *OTHER)


@pytest.mark.usefixtures("associated")
@pytest.mark.long
def test_the_api_stopped_half_way_and_started_again_loses_nothing() -> None:
    converge("tasks/reset.py", "--data", "confirm=hacloud", "--data", "layer=cloud", *ON)
    run = start("tasks/cloud.py", *ON, "-y")
    deadline = time.monotonic() + 30
    while VIP not in ports():
        assert time.monotonic() < deadline
    lab("ssh", "cloud", "systemctl kill -s KILL neutron-api; systemctl stop neutron-api")
    out, err = run.communicate(timeout=120)
    assert run.returncode == 1, out + err
    assert "cloud 'lab'" in out + err
    lab("ssh", "cloud", "systemctl start neutron-api")
    nodes.eventually(_answers, 90, "Neutron")
    converge("tasks/cloud.py", *ON)
    assert allowed() == set(ADDRESSES)
    assert floating()[FLOATING_IP] == VIP
    assert converge("tasks/cloud.py", *ON).converged


def _answers() -> bool:
    """Whether Neutron answers a question that needs a login; the first ones after its start it refuses."""
    try:
        return bool(ask("[network.id for network in n.networks()]"))
    except AssertionError:
        return False
