"""Pacemaker's detach: its daemons taken away under the services in maintenance mode. A crash is none."""

import time

import pytest

from tests.lab.nodes import ADDRESSES, VIP, eventually, everywhere, holder, lab, on, unhealthy, whole
from tests.lab.test_3_protection import Client

pytestmark = [pytest.mark.usefixtures("deployed"), pytest.mark.long]

HELD = f"ip -4 -o address show | grep -cF ' {VIP}/' || :"


def maintenance(here: str, value: str) -> None:
    on(here, f"crm_attribute -q -n maintenance-mode -v {value}")
    eventually(
        lambda: set(everywhere(f"grep -c 'maintenance-mode. value=.{value}' /var/lib/pacemaker/cib/cib.xml || :").values()) == {"1"},
        20, f"maintenance-mode={value} on every disk",
    )  # fmt: skip


@pytest.fixture(autouse=True)
def in_the_end_all_is_whole() -> None:
    yield
    everywhere("systemctl start corosync pacemaker")
    eventually(
        lambda: on("nodoha", "crm_attribute -q -n maintenance-mode -v false && echo yes", check=False) == "yes",
        60,
        "maintenance over",
    )
    whole(180)


def test_the_page_is_served_while_pacemaker_and_corosync_are_stopped_and_started_everywhere() -> None:
    here = holder()
    maintenance(here, "true")
    with Client() as client:
        for name in ADDRESSES:
            on(name, "systemctl stop pacemaker corosync")
        time.sleep(10)
        assert on(here, HELD) == "1"
        for name in ADDRESSES:
            on(name, "systemctl start corosync pacemaker")
        eventually(lambda: unhealthy() == "", 120, "all online again")
        maintenance(here, "false")
        time.sleep(5)
    assert client.asked > 100
    assert client.failed == 0
    assert holder() == here
    told = everywhere("journalctl -u webha-guard --since -3min -o cat --no-pager")
    assert "connections to it destroyed" not in "".join(told.values()), told


def test_a_corosync_that_is_killed_is_no_detach() -> None:
    here = holder()
    maintenance(here, "true")
    on(here, "systemctl mask -q --runtime corosync; systemctl kill -s KILL pacemaker; pkill -9 -x corosync")
    try:
        assert eventually(lambda: on(here, HELD) == "0", 15, "the address is let go of") < 12
    finally:
        on(here, "systemctl unmask -q --runtime corosync; systemctl stop pacemaker; systemctl start corosync pacemaker")


def test_a_detached_holder_lets_go_when_another_node_takes_the_address() -> None:
    here = holder()
    other = next(name for name in ADDRESSES if name != here)
    maintenance(other, "true")
    on(here, "systemctl stop pacemaker corosync")
    time.sleep(9)
    assert on(here, HELD) == "1"
    on(other, "crm_attribute -q -n maintenance-mode -v false")
    eventually(lambda: holder() != here, 30, "another node holds it")
    assert on(here, HELD) == "0"
    assert lab("run", "curl", "-s", "-m", "20", "-o", "/dev/null", "-w", "%{http_code}", f"http://{VIP}/") == "200"
