"""Corosync, Pacemaker and their configuration on one node."""

from shlex import quote
from typing import ClassVar
from xml.etree.ElementTree import ParseError

from webha import cluster
from webha.cluster import cib
from webha.ground import probe
from webha.ground.fact import ABSENT, ANY, Probe
from webha.machine.state import active_states

KEY = "/etc/corosync/authkey"
CONFIGURATION = "/etc/corosync/corosync.conf"
RUNNING_KEY = "/run/webha/corosync.authkey.sha256"
RUNNING_CONFIGURATION = "/run/webha/corosync.conf"
CIB = "/var/lib/pacemaker/cib/cib.xml"  # as it was last written


def _text(path: str) -> str:
    return f"[ ! -e {path} ] || cat {path}"


class Cluster(Probe[cluster.Peer]):
    """One :class:`webha.cluster.Peer`; needs root. The key itself never leaves the node with this fact."""

    statuses: ClassVar = {"installed": ABSENT, "cib": (1,), "status": ANY}

    def command(self) -> str:
        """Ask dpkg, systemd, the files and Pacemaker."""
        return probe.script(
            {
                "installed": "command -v corosync && command -v pacemakerd",
                "units": "systemctl show -p ActiveState --value corosync.service pacemaker.service",
                "key": f"[ ! -e {KEY} ] || sha256sum < {KEY}",
                "running key": f"if systemctl is-active -q corosync; then {_text(RUNNING_KEY)}; fi",
                "configuration": _text(CONFIGURATION),
                "running configuration": f"if systemctl is-active -q corosync; then {_text(RUNNING_CONFIGURATION)}; fi",
                "cib": f"[ -e {CIB} ]",
                # One of our own agent is followed by its provider.
                "resources": f"grep -oE '<(primitive|template) id=\"[^>]*' {CIB} 2>/dev/null | "
                'sed -E \'s/^[^"]*"([^"]*)".* provider="webha".*/\\1 webha/; s/^[^"]*"([^"]*)".*/\\1/\' || :',
                "preferences": f"[ ! -e {CIB} ] || sed -n '/<constraints>/,/<\\/constraints>/p' {CIB}",
                "shipped": f"dpkg-query -W -f='${{Conffiles}}' corosync 2>/dev/null | grep -qF \" {CONFIGURATION} $(md5sum < {CONFIGURATION} 2>/dev/null | cut -d' ' -f1)\" && echo yes || :",
                "status": "if systemctl is-active -q pacemaker; then timeout 10 crm_mon --one-shot --inactive --output-as=xml; else exit 1; fi",
            }
        )

    def answer(self, answers: probe.Answers) -> cluster.Peer:
        """Files must be readable where they are; Pacemaker may be silent (status None)."""
        for question in ("key", "configuration"):
            if not answers[question].ok:
                raise probe.ProbeError(f"{question}: {answers[question].text}")
        corosync, pacemaker = active_states(answers["units"])
        status = None
        if answers["status"].ok:
            try:
                status = cluster.parse_crm_mon(answers["status"].text)
            except ParseError as error:
                raise probe.ProbeError(f"crm_mon: {error}") from error
        try:
            preferences, tickets = cluster.parse_constraints(
                answers["preferences"].text if "preferences" in answers else ""
            )
        except ParseError as error:
            raise probe.ProbeError(f"{CIB}: {error}") from error
        return cluster.Peer(
            installed=answers["installed"].ok,
            corosync=corosync,
            pacemaker=pacemaker,
            key=probe.first_word(answers["key"]),
            running_key=probe.first_word(answers["running key"]),
            configuration=answers["configuration"].text or None,
            running_configuration=answers["running configuration"].text or None,
            has_cib=answers["cib"].ok,
            resources=tuple(line.removesuffix(" webha") for line in answers["resources"].lines),
            agent=any(line.endswith(" webha") for line in answers["resources"].lines),
            shipped=answers["shipped"].text.strip() == "yes",
            status=status,
            preferences=preferences,
            tickets=tickets,
        )


class LiveCib(Probe[cib.Cib]):
    """The CIB that the cluster runs. Unknown where Pacemaker does not answer."""

    def command(self) -> str:
        """Query it."""
        return probe.script({"cib": "timeout 20 cibadmin --query"})

    def answer(self, answers: probe.Answers) -> cib.Cib:
        """Read it."""
        if not answers["cib"].ok:
            raise probe.ProbeError(answers["cib"].text or "pacemaker does not answer")
        return cib.parse(answers["cib"].text)


# The site tells its own nodes by this header that it is the one (templates/apache/webha.conf.j2).
# Whose certificate it is says nothing of whether the page is served.
LOOK_AT_PAGE = "curl -sk -o /dev/null -m {seconds} -w '%{{http_code}} %header{{x-webha-site}}' {url}"


class SitePage(Probe[cluster.Page]):
    """What ``url`` answers this node with; status 0 where nothing answers within 15 s."""

    def command(self, url: str) -> str:
        """Fetch the page and throw it away."""
        return probe.script({"page": f"{LOOK_AT_PAGE.format(seconds=15, url=quote(url))} || true"})

    def answer(self, answers: probe.Answers) -> cluster.Page:
        """Read curl's words."""
        return cluster.parse_page(answers["page"].text)
