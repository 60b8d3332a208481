"""The worst day on machines of other names and addresses, up to a given second. The lab's cluster ends with it."""

import os
from pathlib import Path

import pytest

from tests.lab.nodes import converge, everywhere, lab, on, whole
from tests.lab.restorepoints import DRUPAL, LOGGED, begin, hashes, only_the_password
from tests.lab.standin import write

pytestmark = [pytest.mark.usefixtures("bare"), pytest.mark.any_release, pytest.mark.long]
INVENTORY = "tests/lab/elsewhere.py"
# What each node is called then, and its address (tests/lab/elsewhere.py); and what else the new cluster has of its own.
MOVED = {"nodoha": ("web-a", "10.0.0.143"), "nodoha2": ("web-b", "10.0.0.144"), "nodoha3": ("web-c", "10.0.0.145")}
VIP = "10.0.0.251"
NEW = ("--data", f"vip={VIP}", "--data", "cluster_name=elsewhere", "--data", "galera_cluster_name=others")


def moved() -> None:
    """Have the lab's bare nodes be others; the old addresses stay, as the way by which this test looks at them, and nothing is sent from them."""
    for node, (name, address) in MOVED.items():
        on(
            node,
            f"dev=$(ip -o route get 10.0.0.1 | sed 's/.* dev \\([^ ]*\\) .*/\\1/'); ip address add {address}/24 dev $dev; "
            f"ip route replace 10.0.0.0/24 dev $dev proto kernel scope link src {address}; ip route replace default via 10.0.0.1 dev $dev src {address}; "
            f"hostname {name}; echo {name} > /etc/hostname",
        )


def test_other_machines_have_the_site_as_it_was_the_second_before(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab("reset")
    os.environ["WEBHA_DRUPAL_ARCHIVE"] = str(archive)
    converge("deploy.py")
    begin()
    on("nodoha", f"{DRUPAL} 'CREATE TABLE kept (word TEXT); INSERT INTO kept VALUES (\"acknowledged\")'")
    converge("deploy.py", *LOGGED)
    converge("tasks/site.py", "--data", f"drupal_archive={write(tmp_path / 'new.tar', '7.7.7')}", *LOGGED)
    converge("tasks/backup.py", *LOGGED)
    before = hashes()
    on("nodoha2", f"{DRUPAL} 'INSERT INTO kept VALUES (\"later\")'")
    wait = "sleep 2; t=$(($(date +%s) + 2)); while [ $(date +%s) -lt $t ]; do sleep 0.02; done"
    second = on("nodoha3", f"{wait}; {DRUPAL} 'DROP TABLE kept'; date -d @$t '+%F %T'")
    whole()
    everywhere("systemctl start webha-logs.service")
    lab("reset")
    only_the_password()
    monkeypatch.delenv("WEBHA_DRUPAL_ARCHIVE")
    moved()
    more = (*LOGGED, *NEW)
    run = converge("tasks/restore.py", *more, "--data", f"until={second}", inventory=INVENTORY)
    assert "is back" in run.text
    assert "7.7.7" in lab("run", "curl", "-s", "-m", "30", f"http://{VIP}/")
    assert hashes() == before
    assert set(everywhere(f"{DRUPAL} 'SELECT GROUP_CONCAT(word ORDER BY 1) FROM kept'").values()) == {
        "acknowledged,later"
    }
    again = converge("deploy.py", *more, inventory=INVENTORY)
    assert again.converged, again.changed
    on("nodoha", "rm -rf /srv/share/points")
    only_the_password()
