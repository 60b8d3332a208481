"""What our daemons may do of all that root may, by what the kernel and systemd say of those that run."""

import pytest

from tests.lab.nodes import everywhere
from webha.cluster.manifest import ASIDE_UNIT, KEEPER_UNIT
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
