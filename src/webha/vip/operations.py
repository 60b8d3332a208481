"""The virtual IP on a node, without the cluster."""

from pyinfra.api.operation import operation
from pyinfra.context import host

from webha.ground import shell
from webha.machine.operations import Commands
from webha.vip.facts import Devices


@operation()
def address_removed(vip: str) -> Commands:
    """Own that no device of this node holds ``vip``, which is no resource of the cluster's any more.

    Pacemaker stops a resource that was taken out of its configuration with what it remembers of it. Seen in the lab after corosync
    was killed and came back: the agent's stop said "Unable to find nic or netmask", was counted as done, and left the address
    where it was. Does nothing where no device holds it.
    """
    devices = host.get_fact(Devices, vip=vip)
    if devices is None:
        yield shell.refusal(f"whether this node holds {vip} cannot be read: ip address")
    elif not devices:
        host.noop(f"no device holds {vip}")
    else:
        for one in devices:
            device, address = one.split()
            yield shell.run("ip", "address", "del", address, "dev", device)
