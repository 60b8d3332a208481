"""The node's hosts file and cloud-init's template for it."""

from dataclasses import dataclass
from typing import ClassVar

from webha.ground import probe
from webha.ground.fact import Probe
from webha.ground.forms import AsJson

HOSTS = "/etc/hosts"
EXISTS = 3  # the status by which the probe says that there is a template
TEMPLATE = "/etc/cloud/templates/hosts.debian.tmpl"


@dataclass(frozen=True)
class HostsState(AsJson):
    """The text of /etc/hosts, and of cloud-init's template (None: this machine has none)."""

    hosts: str
    template: str | None


class Hosts(Probe[HostsState]):
    """The node's own view of names."""

    statuses: ClassVar = {"template": (EXISTS,)}

    def command(self) -> str:
        """Read both files."""
        return probe.script(
            {
                # It is written back as it is read, so it must be text.
                "hosts": f"iconv -f UTF-8 -t UTF-8 {HOSTS} >/dev/null && cat {HOSTS}",
                "template": f"[ ! -e {TEMPLATE} ] || {{ iconv -f UTF-8 -t UTF-8 {TEMPLATE} >/dev/null && cat {TEMPLATE} && exit {EXISTS}; }}",
            }
        )

    def answer(self, answers: probe.Answers) -> HostsState:
        """Status 3 of the template's question says that there is one."""
        if not answers["hosts"].ok:
            raise probe.ProbeError(answers["hosts"].text)
        template = answers["template"]
        return HostsState(answers["hosts"].text + "\n", template.text + "\n" if template.status == EXISTS else None)
