"""An address that Pacemaker left behind."""

from webha.vip.facts import Devices
from webha.vip.operations import address_removed

from ..stubs import perform

VIP = "10.0.0.250"


def removed(devices):
    return perform(address_removed, VIP, facts={Devices: devices})


def test_it_goes_from_each_device_that_holds_it():
    assert removed(("eth0 10.0.0.250/24", "lo 10.0.0.250/32")).texts == [
        "ip address del 10.0.0.250/24 dev eth0",
        "ip address del 10.0.0.250/32 dev lo",
    ]


def test_where_it_is_not_nothing_happens_and_unknown_is_not_nowhere():
    assert removed(()).idle
    assert "cannot be read" in removed(None).refused


def test_the_kernels_line_is_read():
    said = "2: eth0    inet 10.0.0.250/24 brd 10.0.0.255 scope global secondary eth0\\       valid_lft forever preferred_lft forever"
    assert Devices().process(["@@webha-begin devices", said, "@@webha-end devices 0"]) == ("eth0 10.0.0.250/24",)
