"""The OpenStack project around the cluster; for the control machine (@local) only."""

import sys
from collections.abc import Iterable
from shlex import quote

from webha.cloud import state
from webha.ground import probe
from webha.ground.fact import Probe


class Project(Probe[state.Cloud]):
    """One :class:`webha.cloud.state.Cloud`: the ports at ``addresses`` and with ``tag``, floating IPs, networks and subnets.

    With ``groups`` the security groups too. ``floating_ip``: whose holder is looked up, wherever it is.
    """

    def command(
        self,
        cloud: str,
        addresses: Iterable[str] = (),
        tag: str = "",
        floating_ip: str | None = None,
        groups: bool = False,
    ) -> str:
        """Ask OpenStack, by this Python on this machine."""
        words = [sys.executable, "-m", "webha.cloud.neutron", "observe", "--cloud", cloud]
        words += ["--addresses", addresses if isinstance(addresses, str) else ",".join(addresses), "--tag", tag]
        words += ["--floating-ip", floating_ip] if floating_ip else []
        words += ["--groups"] if groups else []
        return probe.script({"project": "timeout 120 " + " ".join(map(quote, words))})

    def answer(self, answers: probe.Answers) -> state.Cloud:
        """Read its JSON, the last line."""
        if not answers["project"].ok:
            raise probe.ProbeError(answers["project"].text)
        return state.parse(answers["project"].lines[-1])
