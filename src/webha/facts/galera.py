"""The node's mariadbd, its data directory and its place in the cluster."""

from webha import galera, probe
from webha.facts import Probe

CONFIGURATION = "/etc/mysql/mariadb.conf.d/99-webha-galera.cnf"
STARTED_WITH = "/run/webha/galera.sha256"
SAID = "/run/webha/galera-keeper.said"
SQL = "timeout 10 mariadb --connect-timeout=5 -N -B -e"
_OWN = "mysql|performance_schema|sys|test|information_schema"


class Galera(Probe[galera.Member]):
    """One :class:`webha.galera.Member`; needs root (MariaDB's unix_socket login, the data directory)."""

    def command(self) -> str:
        """Ask dpkg, systemd, mariadbd and the data directory."""
        return probe.script(
            {
                "installed": "command -v mariadbd",
                "unit": "systemctl show -p ActiveState --value mariadb.service",
                "status": f"if systemctl is-active -q mariadb; then {SQL} \"SHOW GLOBAL STATUS LIKE 'wsrep%'\"; fi",
                "grastate": "[ ! -e /var/lib/mysql/grastate.dat ] || cat /var/lib/mysql/grastate.dat",
                "position": "systemctl is-active -q mariadb || { tr '\\0' '\\n' < /proc/$(systemctl show -p MainPID --value mariadb.service)/cmdline; "
                "systemctl show-environment; } 2>/dev/null | grep -im 1 wsrep_start_position || true",
                "keeper": f"[ ! -e {SAID} ] || cat {SAID}",
                "databases": "[ ! -d /var/lib/mysql ] || find /var/lib/mysql -mindepth 1 -maxdepth 1 -type d ! -name '.*' ! -name '#*' -printf '%f\\n'"
                f" | grep -Evx '{_OWN}|lost\\+found' || true",
                "configured": f"[ ! -e {CONFIGURATION} ] || sha256sum < {CONFIGURATION}",
                "running": f"[ ! -e {STARTED_WITH} ] || cat {STARTED_WITH}",
            }
        )

    def answer(self, answers: probe.Answers) -> galera.Member:
        """A running mariadbd that does not answer SQL has no status; a grastate.dat that is there must be readable."""
        for question in ("unit", "grastate", "databases", "configured", "running"):
            if not answers[question].ok:
                raise probe.ProbeError(f"{question}: {answers[question].text}")
        status = galera.parse_status(answers["status"].text) if answers["status"].ok else {}
        grastate = answers["grastate"].text
        said = answers["keeper"].text.strip() if "keeper" in answers and answers["keeper"].ok else ""
        return galera.Member(
            installed=answers["installed"].ok,
            unit=answers["unit"].text.strip() or "inactive",
            status=status,
            grastate=galera.parse_grastate(grastate) if grastate else None,
            databases=tuple(sorted(answers["databases"].lines)),
            configured=probe.first_word(answers["configured"]),
            running=probe.first_word(answers["running"]),
            recovered=galera.parse_position(answers["position"].text) if "position" in answers else None,
            keeper=said or None,
        )


class Account(Probe[set[str] | None]):
    """The global privileges of the local account ``account``, upper case; None where there is no such account."""

    def command(self, account: str) -> str:
        """Ask mariadbd for the account's grants."""
        return probe.script({"grants": f"{SQL} \"SHOW GRANTS FOR '{account}'@localhost\""})

    def answer(self, answers: probe.Answers) -> set[str] | None:
        """Read the ON *.* line."""
        return set(galera.parse_grants(answers["grants"].text)) if answers["grants"].ok else None
