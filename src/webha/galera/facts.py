"""The node's mariadbd, its data directory and its place in the cluster."""

from shlex import join
from typing import ClassVar

from webha import galera
from webha.certificates.facts import certificates_of, told
from webha.galera import datadir
from webha.ground import probe
from webha.ground.fact import ABSENT, ANY, Probe
from webha.machine.state import active_states
from webha_node import sql

CONFIGURATION = "/etc/mysql/mariadb.conf.d/99-webha-galera.cnf"
STARTED_WITH = "/run/webha/galera.sha256"
KEYS = "/etc/mysql/webha-node.pem"  # the node's key and certificate
AUTHORITIES = "/etc/mysql/webha-ca.pem"  # of whom others' certificates have to be
KEYS_TAKEN = "/run/webha/galera-keys.sha256"  # of both, as the running mariadbd read them last
SAID = "/run/webha/galera-keeper.said"
PURGED = "/var/lib/webha/mariadb"  # a reset notes here that the MariaDB which it purged was ours
SQL = f"timeout 10 {join(sql.client(patience=5))} -e"  # and a statement, quoted
STATEMENTS = f"timeout 60 {join(sql.client())}"  # on its standard input
_VARIABLES = "wsrep_cluster_name wsrep_cluster_address wsrep_on wsrep_OSU_method innodb_flush_log_at_trx_commit log_bin sync_binlog wsrep_provider_options"
# Where root is not let in, the account of the state transfer is asked, behind what MariaDB said of root.
_STATUS = f"""
systemctl is-active -q mariadb || exit 0
ask="SHOW GLOBAL STATUS LIKE 'wsrep%'; SHOW GLOBAL VARIABLES WHERE Variable_name IN ({", ".join(f"'{name}'" for name in _VARIABLES.split())})"
said=$({SQL} "$ask" 2>&1); code=$?
printf '%s\\n' "$said"
! printf '%s\\n' "$said" | grep -qE '{sql.SHUT_OUT}' || {{ timeout 10 {join(sql.as_mysql(patience=5))} -e "$ask"; code=$?; }}
exit $code"""
# Where mariadbd keeps its data: a running one stands in that directory, whatever its files say by now; what it would be started
# with is its own reading of all its option files (else the lines that one would read) and what its unit gives it.
# A state transfer also empties the other directories that InnoDB, Aria and the binary log are kept in.
_PLACES = """
here=$(readlink -m {0})
say() { while read -r place; do case $place in /*) place=$(readlink -m "$place"); [ "$place" = "$here" ] || echo "$1 $place";; esac; done; }
pid=$(systemctl show -p MainPID --value mariadb.service)
[ "${pid:-0}" = 0 ] || readlink /proc/$pid/cwd | say data
if said=$(timeout 5 mariadbd --verbose --help 2>/dev/null); then
  value() { printf '%s\\n' "$said" | sed -n "s/^$1  *//p"; }
else
  value() { grep -rhsiE "^[[:space:]]*(loose[-_])?$1[[:space:]]*=" /etc/my.cnf /etc/mysql | sed 's/^[^=]*=[[:space:]]*//; s/[[:space:]]*$//; s/"//g'; }
fi
value datadir | say data
for name in innodb[-_]data[-_]home[-_]dir innodb[-_]log[-_]group[-_]home[-_]dir innodb[-_]undo[-_]directory aria[-_]log[-_]dir[-_]path; do
  value "$name" | say other
done
value 'log[-_]bin' | sed -n 's#/[^/]*$##p' | say other
systemctl show -p ExecStart -p Environment mariadb.service | grep -oE -e '--(datadir|defaults-file|defaults-extra-file)=[^ ;]+' | sed 's/^/option /'
systemctl list-units --all --plain --no-legend 'mariadb@*' 'mysql@*' | sed 's/ .*//; s/^/instance /'
:
""".replace("{0}", datadir.PLACE)
# The trailing slash: of a link the directory that it leads to. "test" is MariaDB's own for as long as nothing is in it.
_LISTED = """
[ -d {0} ] || { [ ! -L {0} ] || echo "l $(readlink {0})"; exit 0; }
mountpoint -q {0} || [ -L {0} ] || echo "d ."
list() { find -L {0}/ -mindepth 1 -maxdepth 1 ! -name test -printf '%y %f\\n'; }
list 2>/dev/null || list # a file that goes away meanwhile is not there the second time
[ ! -e {0}/test ] || [ -z "$(find -L {0}/test ! -path {0}/test ! -name db.opt -print -quit)" ] || echo "d test"
""".replace("{0}", datadir.PLACE)


class Galera(Probe[galera.Member]):
    """One :class:`webha.galera.Member`; needs root (MariaDB's unix_socket login, the data directory)."""

    statuses: ClassVar = {"installed": ABSENT, "status": ANY, "keeper": ANY}

    def command(self) -> str:
        """Ask dpkg, systemd, mariadbd and the data directory."""
        return probe.script(
            {
                "installed": "command -v mariadbd",
                "unit": "systemctl show -p ActiveState --value mariadb.service",
                "status": _STATUS,
                "grastate": "[ ! -e /var/lib/mysql/grastate.dat ] || cat /var/lib/mysql/grastate.dat",
                "position": "systemctl is-active -q mariadb || { tr '\\0' '\\n' < /proc/$(systemctl show -p MainPID --value mariadb.service)/cmdline; "
                "systemctl show-environment; } 2>/dev/null | grep -im 1 wsrep_start_position || true",
                "keeper": f"[ ! -e {SAID} ] || cat {SAID}",
                "databases": _LISTED,
                "made": f"grep -ls '^comment={datadir.MARK}' {datadir.PLACE}/*/db.opt | xargs -r -n 1 dirname | xargs -r -n 1 basename",
                "places": _PLACES,
                "purged": f"[ ! -e {PURGED} ] || echo yes",
                "configured": f"[ ! -e {CONFIGURATION} ] || sha256sum < {CONFIGURATION}",
                "running": f"[ ! -e {STARTED_WITH} ] || cat {STARTED_WITH}",
                "keys": f"[ ! -e {KEYS} ] || cat {KEYS} {AUTHORITIES} | sha256sum",
                "certificates": certificates_of(KEYS),
                "authorities": certificates_of(AUTHORITIES),
                "keys taken": f"[ ! -e {KEYS_TAKEN} ] || cat {KEYS_TAKEN}",
            }
        )

    def answer(self, answers: probe.Answers) -> galera.Member:
        """A running mariadbd that does not answer SQL has no status; a grastate.dat that is there must be readable."""
        for question in ("grastate", "databases", "made", "places", "configured", "running", "keys", "keys taken"):
            if not answers[question].ok:
                raise probe.ProbeError(f"{question}: {answers[question].text}")
        status = galera.parse_status(answers["status"].text) if answers["status"].ok else {}
        grastate = answers["grastate"].text
        data = datadir.parse(answers["databases"].text)
        places = [line.partition(" ") for line in dict.fromkeys(answers["places"].lines)]
        said = answers["keeper"].text.strip() if "keeper" in answers and answers["keeper"].ok else ""
        return galera.Member(
            installed=answers["installed"].ok,
            unit=active_states(answers["unit"])[0],
            status=status,
            shut_out=sql.shut_out(answers["status"].text),
            grastate=galera.parse_grastate(grastate) if grastate else None,
            here=data.here,
            databases=data.databases,
            made=tuple(answers["made"].lines),
            strangers=data.strangers,
            joining=data.joining,
            elsewhere=tuple(place for kind, _, place in places if kind in ("data", "option")),
            scattered=tuple(place for kind, _, place in places if kind == "other"),
            instances=tuple(place for kind, _, place in places if kind == "instance"),
            purged=answers["purged"].text.strip() == "yes",
            configured=probe.first_word(answers["configured"]),
            running=probe.first_word(answers["running"]),
            keys=probe.first_word(answers["keys"]),
            keys_taken=probe.first_word(answers["keys taken"]),
            certificates=told(answers["certificates"]),
            authorities=told(answers["authorities"]),
            recovered=galera.parse_position(answers["position"].text) if "position" in answers else None,
            keeper=said or None,
        )


class Account(Probe[set[str]]):
    """The privileges of the local account ``account``, upper case; none at all where there is no such account."""

    statuses: ClassVar = {"grants": ANY}

    def command(self, account: str) -> str:
        """Ask mariadbd for the account's grants."""
        return probe.script({"grants": f"{SQL} \"SHOW GRANTS FOR '{account}'@localhost\""})

    def answer(self, answers: probe.Answers) -> set[str]:
        """Read the lines; error 1141 says that there is no such account, whatever the language."""
        grants = answers["grants"]
        if grants.ok:
            return set(galera.parse_grants(grants.text))
        if grants.text.startswith("ERROR 1141 "):
            return set()
        raise probe.ProbeError(grants.text or "mariadbd does not answer")
