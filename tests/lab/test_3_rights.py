"""What our daemons may do of all that root may, by what the kernel and systemd say of those that run."""

import shlex

import pytest

from tests.lab.nodes import DOCROOT, everywhere, on
from webha.cluster.manifest import ASIDE_UNIT
from webha.galera.manifest import KEEPER_UNIT
from webha.programs import rights
from webha.vip.manifest import GUARD_UNIT, READY_UNIT

MOST = 3.0  # systemd-analyze(1): 0 is nothing, 10 everything
DAEMONS = {ASIDE_UNIT: "aside", KEEPER_UNIT: "galera-keeper", GUARD_UNIT: "guard", READY_UNIT: "ready"}
_STATUS = (
    "pid=$(systemctl show -P MainPID {unit}); grep -E '^(CapBnd|CapEff|NoNewPrivs|Seccomp):' /proc/$pid/status;"
    " echo etc: $(findmnt -n -o OPTIONS --target /etc --task $pid | cut -d, -f1);"
    " systemd-analyze security --no-pager {unit} | sed -n 's/.*exposure level.*: \\([0-9.]*\\) .*/exposure: \\1/p'"
)
BITS = {
    "CAP_CHOWN": 0, "CAP_DAC_OVERRIDE": 1, "CAP_DAC_READ_SEARCH": 2, "CAP_FOWNER": 3, "CAP_KILL": 5, "CAP_SETGID": 6,
    "CAP_SETUID": 7, "CAP_NET_ADMIN": 12, "CAP_NET_RAW": 13, "CAP_SYS_ADMIN": 21,
}  # fmt: skip  # linux/capability.h


@pytest.mark.parametrize("unit", DAEMONS)
def test_a_daemon_has_what_it_needs_and_no_more(deployed: str, unit: str) -> None:
    assert deployed
    wanted = sum(1 << BITS[one] for one in rights.of(DAEMONS[unit]).capabilities)
    for name, said in everywhere(_STATUS.format(unit=unit)).items():
        found = dict(line.split(":", 1) for line in said.splitlines())
        assert {int(found[key], 16) for key in ("CapBnd", "CapEff")} == {wanted}, name
        assert (found["NoNewPrivs"].strip(), found["Seccomp"].strip()) == ("1", "2"), name
        assert found["etc"].strip() == "ro", name
        assert float(found["exposure"]) <= MOST, name


# What the programs do in earnest, the rare ways too; each must pass with the unit's own settings.
_NEEDED = {
    GUARD_UNIT: (
        "attrd_updater -n webha-test -U 1 -d 0 && ip address add 192.0.2.9/32 dev lo && ip address del 192.0.2.9/32 dev lo"
        " && ss -H -t -K dst 192.0.2.9 && grep -q LOCAL /proc/net/fib_trie && head -c 9 /var/lib/pacemaker/cib/cib.xml"
        " && arping -q -c 2 -w 3 -I $(ip -4 -o route get 10.0.0.135 | sed 's/.* dev \\([^ ]*\\).*/\\1/') 10.0.0.135"
        " && tail -c 9 /var/log/corosync/corosync.log && python3 -c 'import ctypes; ctypes.CDLL(\"libvotequorum.so.8\")'"
    ),
    READY_UNIT: (
        "attrd_updater -n webha-test -U 1 -d 0 && mariadb --no-defaults -e 'SELECT 1' && runuser -u mysql -- mariadb --no-defaults -e 'SELECT 1'"
        f" && echo x > {DOCROOT}/.webha-test && rm {DOCROOT}/.webha-test && stat /var/lib/mysql && curl -sf 'http://127.0.0.1:8081/?alive'"
    ),
    ASIDE_UNIT: (
        "systemctl restart webha-cron.timer && systemctl stop webha-cron.timer && systemctl start webha-cron.timer"
        " && systemctl kill -s CONT corosync.service && head -c 9 /var/lib/pacemaker/cib/cib.xml && tail -c 9 /var/log/corosync/corosync.log"
    ),
    KEEPER_UNIT: (
        "attrd_updater -n webha-test -p -U 1 && crm_node -n && crm_node -p && attrd_updater -n webha-test -A -Q && systemctl reset-failed mariadb.service"
        " && runuser -u mysql -- sh -c 'mariadbd --version && head -c 9 /etc/mysql/webha-node.pem && mktemp -u' && mariadb --no-defaults -e 'SELECT 1'"
        " && cd /var/lib/mysql && cp grastate.dat webha-test && chown mysql: webha-test && rm webha-test"
        " && systemctl kill -s CONT mariadb.service && kill -0 $(systemctl show -P MainPID mariadb) && head -c 9 /proc/$(systemctl show -P MainPID mariadb)/cmdline"
    ),
}


@pytest.mark.parametrize("unit", DAEMONS)
def test_a_daemon_has_all_that_it_needs(deployed: str, unit: str) -> None:
    assert deployed
    text = on("nodoha2", f"cat /etc/systemd/system/{unit}")
    settings = [
        word for line in text[text.index("NoNewPrivileges=") :].split("\n\n")[0].splitlines() for word in ("-p", line)
    ]
    try:
        on(
            "nodoha2",
            shlex.join(["systemd-run", "-q", "--wait", "--pipe", "--collect", *settings, "sh", "-ec", _NEEDED[unit]]),
        )
    finally:
        on("nodoha2", "attrd_updater -n webha-test -D", check=False)
