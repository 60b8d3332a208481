"""The faults: what is done to which node, and what puts it right again where the cluster cannot (power, cables)."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.lab.nodes import ADDRESSES, lab, on

Act = Callable[[str], None]


@dataclass(frozen=True)
class Fault:
    """``strike`` is done to the node that holds the virtual IP (``active``) or to one that does not.

    After ``lasting`` seconds ``mend`` is done: what a person does who turns a machine on again, nothing more.
    """

    name: str
    strike: Act
    mend: Act = lambda _: None
    active: bool = True
    lasting: float = 20


def shell(command: str) -> Act:
    """Return the act of running ``command`` on the node."""
    return lambda node: lab("ssh", node, command, check=False) and None


def _verb(verb: str) -> Act:
    return lambda node: lab(verb, node) and None


FAULTS = {
    one.name: one
    for one in (
        Fault("power-cut-active", _verb("cut"), _verb("boot")),
        Fault("power-cut-passive", _verb("cut"), _verb("boot"), active=False),
        Fault("network-cut-active", _verb("isolate"), _verb("rejoin")),
        Fault("reboot-active", shell("systemctl reboot")),
        Fault("reboot-passive", shell("systemctl reboot"), active=False),
        Fault("standby-active", shell("crm_standby -v on"), shell("crm_standby -v off"), lasting=10),
        Fault("mariadbd-killed-active", shell("pkill -KILL -x mariadbd")),
        Fault("apache-killed-active", shell("pkill -KILL -x apache2")),
        Fault("corosync-killed-active", shell("pkill -KILL -x corosync")),
        Fault("brick-killed-active", shell("pkill -KILL -x glusterfsd")),
        Fault("mount-killed-active", shell("pkill -KILL -f 'glusterfs.*fs_ha.*drupal'")),
        Fault("vip-removed-active", shell("ip address del 10.0.0.250/24 dev eth0")),
    )
}


def holder() -> str | None:
    """Return the node that holds the virtual IP; None where none or more than one does."""
    found = [
        name
        for name in ADDRESSES
        if on(name, "ip -4 -o address show | grep -c ' 10.0.0.250/' || true", check=False) == "1"
    ]
    return found[0] if len(found) == 1 else None
