"""The worst day: three bare machines, the repository and its password, docs/operations.md by the word. The lab's cluster ends with it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.nodes import DOCROOT, ROOT, VIP, converge, everywhere, lab, on, whole
from tests.lab.standin import write

pytestmark = pytest.mark.any_release
INVENTORY = "tests/lab/elsewhere.py"
TARGET = "/srv/share/worst"
WITH = ("--data", f"backup_target={TARGET}")


# The machines that are there then: what each node is called, and its address (tests/lab/elsewhere.py); and what else the new cluster has of its own.
MOVED = {"nodoha": ("web-a", "10.0.0.143"), "nodoha2": ("web-b", "10.0.0.144"), "nodoha3": ("web-c", "10.0.0.145")}
ELSEWHERE = "10.0.0.251"
NEW = ("--data", f"vip={ELSEWHERE}", "--data", "cluster_name=elsewhere", "--data", "galera_cluster_name=others")


def moved() -> None:
    """Have the lab's bare nodes be others; the old addresses stay, as the way by which this test looks at them, and nothing is sent from them."""
    for node, (name, address) in MOVED.items():
        on(
            node,
            f"dev=$(ip -o route get 10.0.0.1 | sed 's/.* dev \\([^ ]*\\) .*/\\1/'); ip address add {address}/24 dev $dev; "
            f"ip route replace 10.0.0.0/24 dev $dev proto kernel scope link src {address}; ip route replace default via 10.0.0.1 dev $dev src {address}; "
            f"hostname {name}; echo {name} > /etc/hostname",
        )


@pytest.fixture(autouse=True)
def _secrets_of_before(suite: str) -> Iterator[None]:
    """The control machine is gone, too: but for the password all secrets are new."""
    assert suite
    secrets, kept = ROOT / "secrets", ROOT / ".secrets-of-before"
    yield
    for path in secrets.glob("*"):
        path.unlink()
    if kept.exists():
        kept.rmdir()
    on("nodoha", f"rm -rf {TARGET}")


@pytest.mark.parametrize(
    "elsewhere", [False, pytest.param(True, marks=pytest.mark.long, id="of other names and addresses")]
)
def test_three_bare_machines_have_the_site_again(elsewhere: bool, archive: Path, tmp_path: Path) -> None:
    more, inventory, vip = (NEW, INVENTORY, ELSEWHERE) if elsewhere else ((), "inventory.py", VIP)
    lab("reset")
    os.environ["WEBHA_DRUPAL_ARCHIVE"] = str(archive)
    converge("deploy.py")
    on(
        "nodoha",
        f"mkdir {TARGET}; echo ours > {DOCROOT}/sites/default/files/note.txt; mariadb drupal -e 'CREATE TABLE kept (id INT PRIMARY KEY, word TEXT); INSERT INTO kept VALUES (7, \"acknowledged\")'",
    )
    converge("tasks/site.py", "--data", f"drupal_archive={write(tmp_path / 'new.tar', '7.7.7')}", *WITH)
    converge("tasks/backup.py", *WITH)
    files = f"cd {DOCROOT}; find . -type f ! -name '.*' ! -name 'settings*' ! -path './.webha-backup/*' ! -path './.webha-releases/*.sql.gz' -print0 | sort -z | xargs -0 sha256sum"
    before = on("nodoha", files)
    password = (ROOT / "secrets/backup_password").read_text()
    lab("reset")
    for path in (ROOT / "secrets").glob("*"):
        path.unlink()
    (ROOT / "secrets/backup_password").write_text(password)
    del os.environ["WEBHA_DRUPAL_ARCHIVE"]
    if elsewhere:
        moved()
    run = converge("tasks/restore.py", *WITH, *more, inventory=inventory)
    assert "is back" in run.text
    if not elsewhere:
        whole()
    assert "7.7.7" in lab("run", "curl", "-s", "-m", "30", f"http://{vip}/")
    assert on("nodoha", files) == before
    assert set(everywhere("mariadb -N -B drupal -e 'SELECT word FROM kept WHERE id = 7'").values()) == {"acknowledged"}
    again = converge("deploy.py", *WITH, *more, inventory=inventory)
    assert again.converged, again.changed
