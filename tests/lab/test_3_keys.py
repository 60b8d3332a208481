"""Keys made anew, and TLS between the nodes turned off and on, while a visitor asks for the page."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from shlex import quote

import pytest

from tests.lab.client import Client
from tests.lab.nodes import ADDRESSES, ROOT, converge, eventually, everywhere, on, pyinfra, refused, whole

pytestmark = [pytest.mark.usefixtures("deployed"), pytest.mark.any_release]
SECRETS = ROOT / "secrets"
KEYS = "cat /etc/mysql/webha-node.pem /etc/ssl/glusterfs.pem /etc/apache2/webha-site.pem | sha256sum"
GALERA = (
    "mariadb -NBe \"SHOW VARIABLES LIKE 'wsrep_provider_options'\" | tr ';' '\\n' | grep -c 'socket.ssl = YES' || :"
)
CLEAR = "grep -h 'ssl-enabled' /var/lib/glusterd/vols/fs_ha/trusted-fs_ha.tcp-fuse.vol | sort -u; cat /run/webha/glusterd.management"


# Sees each process that begins within a minute, as anybody on the node does, until it is told to end; prints the command lines.
_WATCH = """
import os, time
from pathlib import Path
seen, known, end = set(), {}, time.monotonic() + 90
Path("/run/webha-lab.watched").touch()
while os.path.exists("/run/webha-lab.watched") and time.monotonic() < end:
    now = set(filter(str.isdigit, os.listdir("/proc")))
    for pid in now:
        known[pid] = known.get(pid, 0) + 1
        if known[pid] < 20:
            try:
                seen.add(Path("/proc", pid, "cmdline").read_bytes().decode(errors="replace").replace("\\0", " "))
            except OSError:
                pass
    for pid in set(known) - now:
        del known[pid]
    time.sleep(0.001)
print("\\n".join(seen))
"""
DECOY = "SELECT 'a-decoy-that-is-to-be-seen'"
# As long as a statement with a secret in it would be; one of five has to be seen, or the watcher shows nothing.
_DECOYS = f'for i in 1 2 3 4 5; do mariadb -e "{DECOY}" > /dev/null; done'


def rotated(part: str, *more: str) -> str:
    """Make a part anew under a client; return what the run said."""
    with Client() as client:
        run = converge("tasks/rotate.py", "--data", f"part={part}", *more)
    assert client.asked >= 20
    assert client.failed == 0
    assert not Path(SECRETS / "rotation").exists()
    return run.text


@contextmanager
def command_lines() -> Iterator[dict[str, str]]:
    """Watch the nodes' command lines; by node, once it is over."""
    seen: dict[str, str] = {}
    everywhere("rm -f /run/webha-lab.watched")
    with ThreadPoolExecutor(len(ADDRESSES)) as pool:
        watching = {name: pool.submit(on, name, f"python3 -c {quote(_WATCH)}") for name in ADDRESSES}
        try:
            eventually(lambda: all(everywhere("ls /run/webha-lab.watched 2>/dev/null || :").values()), 20, "all watch")
            everywhere(_DECOYS)
            yield seen
        finally:
            everywhere("rm -f /run/webha-lab.watched")
            seen.update({name: one.result() for name, one in watching.items()})


def test_what_is_made_anew_has_to_be_said() -> None:
    assert "--data part= says what is made anew" in refused("tasks/rotate.py")


def test_the_rings_key_changes_on_all_nodes_while_it_runs() -> None:
    before = everywhere("sha256sum < /etc/corosync/authkey")
    rotated("corosync")
    after = everywhere("sha256sum < /etc/corosync/authkey")
    assert len(set(after.values())) == 1
    assert not set(before.values()) & set(after.values())
    assert converge("tasks/cluster.py").converged
    whole()


def test_the_databases_password_changes_without_a_failed_page_and_is_seen_nowhere() -> None:
    before = (SECRETS / "drupal_db_password").read_text().strip()
    with command_lines() as lines:
        said = rotated("database", "-vvv", "--debug")
    after = (SECRETS / "drupal_db_password").read_text().strip()
    assert after != before
    for secret in (before, after):
        assert secret not in said
        assert not [name for name, text in lines.items() if secret in text]
        kept = f"journalctl -q --no-pager | grep -F -- '{secret}'; grep -rlsF -- '{secret}' /var/log /var/tmp /tmp || :"
        assert set(everywhere(kept).values()) == {""}
    assert all(DECOY in text for text in lines.values())
    assert converge("tasks/drupal.py").converged


@pytest.mark.long
@pytest.mark.parametrize("part", ["certificates", "ca"])
def test_certificates_change_and_are_in_force(part: str) -> None:
    before, authority = everywhere(KEYS), (SECRETS / "ca.pem").read_text()
    rotated(part)
    after = everywhere(KEYS)
    assert all(after[name] != before[name] for name in after)
    assert ((SECRETS / "ca.pem").read_text() != authority) == (part == "ca")
    assert converge("deploy.py").converged
    assert pyinfra("tasks/status.py").code == 0


@pytest.mark.long
def test_tls_between_the_nodes_goes_and_comes_back() -> None:
    off = ("--data", "galera_tls=False", "--data", "gluster_tls=False")
    with Client() as client:
        for task in ("tasks/galera.py", "tasks/gluster.py"):
            converge(task, *off)
            assert converge(task, *off).converged
        assert set(everywhere(GALERA).values()) == {"0"}
        assert set(everywhere(CLEAR).values()) == {"option transport.socket.ssl-enabled off\noff"}
        assert set(everywhere("ls /etc/mysql/webha-*.pem /etc/ssl/glusterfs.* 2>/dev/null || :").values()) == {""}
    for name in ADDRESSES:  # it starts without keys, too
        on(name, "systemctl restart mariadb")
        whole()
    with Client() as back:
        for task in ("tasks/galera.py", "tasks/gluster.py"):
            converge(task)
            assert converge(task).converged
    assert set(everywhere(GALERA).values()) == {"1"}
    assert set(everywhere(CLEAR).values()) == {"option transport.socket.ssl-enabled on\non"}
    assert client.failed + back.failed <= (client.asked + back.asked) / 100
    whole()
    assert pyinfra("tasks/status.py").code == 0
