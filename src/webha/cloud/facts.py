"""The OpenStack project around the cluster; for the control machine (@local) only."""

import sys
from collections.abc import Iterable
from shlex import quote

from webha.cloud import state as tenant
from webha.ground import probe
from webha.ground.fact import Probe


class Tenant(Probe[tenant.Cloud]):
    """One :class:`webha.tenant.Cloud`: the ports at ``addresses`` and with ``tag``, floating IPs, networks and subnets.

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
        return probe.script({"tenant": "timeout 120 " + " ".join(map(quote, words))})

    def answer(self, answers: probe.Answers) -> tenant.Cloud:
        """Read its JSON, the last line."""
        if not answers["tenant"].ok:
            raise probe.ProbeError(answers["tenant"].text)
        return tenant.parse(answers["tenant"].lines[-1])
