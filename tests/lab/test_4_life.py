"""The cluster's life: reboots, a late glusterd, one layer's reset."""

import time

import pytest

from tests.lab.nodes import DOCROOT, VIP, converge, everywhere, lab, on, page, whole

HELD = f"ip -4 -o address show to {VIP}/32"


@pytest.mark.usefixtures("deployed")
class TestReboot:
    @pytest.mark.parametrize(
        "name", ["nodoha", *(pytest.param(one, marks=pytest.mark.long) for one in ("nodoha2", "nodoha3"))]
    )
    def test_a_rebooted_node_comes_back_by_itself(self, name: str) -> None:
        whole()
        boot = on(name, "cat /proc/sys/kernel/random/boot_id")
        lab("ssh", name, "systemctl reboot", check=False)
        time.sleep(3)
        seconds = whole()
        assert on(name, "cat /proc/sys/kernel/random/boot_id") != boot
        assert "table inet webha" in on(name, "nft list tables")
        print(f"{name}: whole {seconds:.0f} s after its reboot")

    @pytest.mark.any_release
    def test_the_docroot_is_mounted_again_after_a_late_glusterd(self) -> None:
        on("nodoha3", f"systemctl stop glusterd; umount -l {DOCROOT}; systemctl reset-failed || true")
        time.sleep(12)
        assert on("nodoha3", f"findmnt -n -o FSTYPE --mountpoint {DOCROOT} || true") == ""
        on("nodoha3", "systemctl start glusterd")
        whole(60)

    @pytest.mark.any_release
    def test_a_dead_client_is_replaced(self) -> None:
        on("nodoha3", "pkill -KILL -f 'glusterfs.*fs_ha.*drupal'")
        time.sleep(1)
        whole(60)


@pytest.mark.usefixtures("deployed")
@pytest.mark.long
class TestOneLayer:
    def test_is_reset_alone_and_deployed_again(self) -> None:
        """After a corosync that was killed on the holder, too: Pacemaker then stops a resource that it did not start."""
        holder = next(name for name, said in everywhere(HELD).items() if said)
        on(holder, "pkill -KILL -x corosync")
        whole(60)
        assert "<title>" in page()
        converge("tasks/reset.py", "--data", "confirm=hacloud", "--data", "layer=vip")
        assert "HA_VIP" not in on("nodoha", "crm configure show")
        assert "<title>" not in page()
        assert set(everywhere(HELD).values()) == {""}
        assert converge("tasks/reset.py", "--data", "confirm=hacloud", "--data", "layer=vip").converged
        converge("tasks/vip.py")
        whole(30)
