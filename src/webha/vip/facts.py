"""Where the virtual IP is on a node."""

from shlex import quote

from webha.ground import probe
from webha.ground.fact import Probe


class Devices(Probe[tuple[str, ...]]):
    """The node's devices that hold the address ``vip``, each as ``eth0 10.0.0.250/24``."""

    def command(self, vip: str) -> str:
        """Ask the kernel."""
        return probe.script({"devices": f"ip -4 -o address show to {quote(vip)}/32"})

    def answer(self, answers: probe.Answers) -> tuple[str, ...]:
        """Read ``2: eth0    inet 10.0.0.250/24 brd …``."""
        found = []
        for line in answers["devices"].lines:
            _, device, family, address, *_ = line.split()
            if family != "inet":
                raise probe.ProbeError(line)
            found.append(f"{device} {address}")
        return tuple(found)
