"""What `script/lab up --variant` promises: machines of another kind, until the lab is down."""

import shlex
import subprocess
from collections.abc import Iterator

import pytest

from .test_lab import lab, on

# As pyinfra comes: without the word by which the lab's own hands are known.
AS_ANYBODY = (
    'ssh -F none -i "$WEBHA_SSH_KEY" -o UserKnownHostsFile="$WEBHA_SSH_KNOWN_HOSTS" -o BatchMode=yes {}@nodoha2 {}'
)
UMASKS = {"root": "0027", "debian": "0007"}  # pam_umask lets a user's own group do what the user may
HARDENED = {
    "cat /proc/sys/net/ipv4/ip_nonlocal_bind": "1",
    "findmnt -n -o OPTIONS /tmp | grep -o noexec": "noexec",
    "f=$(mktemp /tmp/XXXXXX) && chmod 755 $f && ! $f 2>/dev/null && echo refused": "refused",
    "systemctl is-system-running": "running",
}


def as_anybody(user: str, command: str) -> list[str]:
    return lab("run", "sh", "-c", AS_ANYBODY.format(user, shlex.quote(command)), check=False).stdout.splitlines()


@pytest.fixture(scope="module", autouse=True)
def _hardened() -> Iterator[None]:
    lab("up", "--variant", "hardened", timeout=600)
    yield
    lab("up", "--variant", "plain")


def looks() -> None:
    assert "hardened" in lab("status").stdout.splitlines()[0]
    for user in ("root", "debian"):
        for command, said in HARDENED.items():
            banner, answer = as_anybody(user, command)
            assert banner.startswith("Authorised")
            assert answer == said, command
        assert as_anybody(user, "umask")[-1] == UMASKS[user]
    assert as_anybody("debian", "sudo -n id -u")[-1] == "0"


def test_hardened_machines_are_hardened_and_the_labs_own_hands_do_not_notice():
    looks()
    assert on("nodoha2", "umask") == "0022"


def test_nobody_can_send_files_over_sftp():
    words = AS_ANYBODY.replace("ssh -F", "sftp -b /dev/null -F").format("root", "")
    assert lab("run", "sh", "-c", words, check=False).returncode != 0


def test_pyinfra_logs_in_as_a_user_with_sudo_unless_told_otherwise():
    told = "${WEBHA_SSH_USER-nobody}"
    assert lab("run", "sh", "-c", f"echo {told}").stdout == "debian\n"
    assert lab("run", "env", "WEBHA_SSH_USER=root", "sh", "-c", f"echo {told}").stdout == "root\n"


def test_they_stay_hardened_through_a_reset_and_an_up_that_names_no_variant():
    lab("reset")
    lab("up")
    looks()


def test_one_that_nobody_knows_is_refused():
    done = subprocess.run(
        ["script/lab", "up", "--variant", "haunted"], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 2
    assert "hardened" in done.stderr
