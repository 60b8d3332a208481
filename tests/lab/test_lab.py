"""What the verbs of script/lab promise. The lab is the machine's: these tests take it down and up."""

import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import disk
from tests.faults.reach import BY_NAME

ROOT = Path(__file__).parents[2]
LAB = ROOT / "script" / "lab"
NODES = {"nodoha": "10.0.0.133", "nodoha2": "10.0.0.134", "nodoha3": "10.0.0.135"}


def lab(*words: str, check: bool = True, timeout: float = 180) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [str(LAB), *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout, check=False
    )
    assert not check or done.returncode == 0, f"script/lab {' '.join(words)}: {done.stdout}{done.stderr}"
    return done


def on(node: str, command: str) -> str:
    return lab("ssh", node, command).stdout.strip()


def pings(node: str, address: str, tries: int = 1) -> bool:
    return lab("ssh", node, f"ping -c {tries} -W 1 {address}", check=False).returncode == 0


def boot_id(node: str) -> str:
    return lab("ssh", node, "cat /proc/sys/kernel/random/boot_id", check=False).stdout.strip()


def leftovers() -> dict[str, list[str]]:
    """Everything of a lab that a machine could still hold."""
    mounts = Path("/proc/self/mounts").read_text().splitlines()
    found = {
        "namespaces": [str(path) for name in ("webha-lab", *NODES) if (path := Path("/run/netns", name)).exists()],
        "mounts": [line for line in mounts if "webha-lab" in line or "nspawn" in line],
        "loops": [
            line for line in subprocess.check_output(["losetup", "-a"], text=True).split() if "webha-lab" in line
        ],
        "groups": [str(path) for path in Path("/sys/fs/cgroup").glob("**/webha-lab")],
        "disks": [str(path) for path in Path("/var/lib/webha-lab").glob("nodes/*")],
        "run": [str(path) for path in (Path("/run/webha-lab"), Path("/etc/netns/webha-lab")) if path.exists()],
        "links": [
            line for line in subprocess.check_output(["ip", "-o", "link"], text=True).split() if "nodoha" in line
        ],
    }
    return {kind: what for kind, what in found.items() if what}


@pytest.fixture(autouse=True, scope="module")
def _ready() -> Iterator[None]:
    """The first `up` on a machine builds the base image; no test is to be charged for it."""
    lab("up", "--variant", "plain", timeout=600)
    lab("reset")
    yield
    lab("up")


def test_up_says_where_the_page_is_and_returns_its_output_at_once():
    done = subprocess.run(["sh", "-c", f"{LAB} up | cat"], capture_output=True, text=True, timeout=30, check=True)
    assert "http://localhost:" in done.stdout
    assert lab("status").stdout == done.stdout


@pytest.mark.parametrize("node", NODES)
def test_a_bare_node_is_a_healthy_debian(node):
    facts = on(
        node, "systemctl is-system-running; hostname; hostname -f; cat /etc/hosts; dpkg --audit; systemctl --failed -q"
    )
    assert facts.splitlines()[:4] == ["running", node, f"{node}.gonzalonazareno.com", "127.0.0.1 localhost"]
    assert f"127.0.1.1 {node}.gonzalonazareno.com {node}" in facts
    assert NODES[node] in on(node, "ip -br address show eth0")


def test_nodes_are_three_machines():
    assert len({on(node, "cat /etc/machine-id") for node in NODES}) == len(NODES)


def test_nothing_leaves_the_lab():
    assert on("nodoha", "ip route show default; ip -6 route show default") == ""
    assert not pings("nodoha", "192.0.2.1")
    assert "10.0.0." not in subprocess.check_output(["ip", "-br", "address"], text=True)


def test_packages_come_through_the_gateway_and_nothing_else_does():
    on("nodoha", "apt-get update -qq && apt-get install -qq --download-only --reinstall hostname")
    ask = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-x", "http://10.0.0.1:3142"]
    assert lab("run", *ask, "http://deb.debian.org/debian/dists/trixie/Release").stdout == "200"
    assert lab("run", *ask, "http://localhost/").stdout == "403"


def test_the_cloud_user_has_sudo_and_nobody_a_password():
    login = 'ssh -F none -i "$WEBHA_SSH_KEY" -o UserKnownHostsFile="$WEBHA_SSH_KNOWN_HOSTS" -o BatchMode=yes {} debian@nodoha2'
    assert lab("run", "sh", "-c", login.format("") + " sudo -n id -u").stdout == "0\n"
    assert lab("run", "sh", "-c", login.format("-o PubkeyAuthentication=no") + " true", check=False).returncode == 255


def test_run_gives_the_command_the_project_and_its_exit_code(tmp_path):
    script = 'pwd; command -v python; echo "$WEBHA_LAB $PYINFRA_PROGRESS"; getent hosts nodoha3; exit 7'
    done = subprocess.run([LAB, "run", "sh", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 7
    here, python, variables, hosts = done.stdout.splitlines()
    assert (here, python, variables) == (str(tmp_path), str(ROOT / ".venv/bin/python"), "1 off")
    assert hosts.split()[0] == NODES["nodoha3"]


def test_the_kernel_of_the_host_is_out_of_reach():
    script = (
        "test ! -w /proc/sysrq-trigger; test -c /dev/fuse; sysctl -qw net.ipv4.ip_nonlocal_bind=1; date -s 2001-01-01"
    )
    refused = lab("ssh", "nodoha", f"set -e; {script}", check=False)
    assert "cannot set date" in refused.stderr


def test_isolated_is_unplugged_until_rejoined():
    lab("isolate", "nodoha2")
    assert not pings("nodoha", NODES["nodoha2"])
    assert "unplugged" in lab("status").stdout
    lab("rejoin", "nodoha2")
    assert pings("nodoha", NODES["nodoha2"], tries=4), "the peer may still be waiting for its last ARP question"


def test_a_paused_node_stands_still_until_it_is_resumed_and_dies_of_a_power_cut():
    count = 'systemd-run -q --unit count sh -c "while sleep 0.05; do echo >> /root/count; done"; sleep 0.3'
    on("nodoha2", f"rm -f /root/count; {count}")
    lab("pause", "nodoha2")
    disk = Path("/var/lib/webha-lab/nodes/nodoha2/root/root/count")
    before = disk.stat().st_size
    time.sleep(0.5)
    assert disk.stat().st_size == before > 0
    assert pings("nodoha", NODES["nodoha2"]), "its kernel's network lives on, as under a hypervisor it would not"
    assert "paused" in lab("status").stdout
    lab("resume", "nodoha2")
    time.sleep(0.5)
    assert disk.stat().st_size > before
    lab("pause", "nodoha2")
    lab("cut", "nodoha2")
    lab("boot", "nodoha2")
    assert "paused" not in lab("status").stdout


def test_dropped_packets_are_lost_in_one_direction_until_undropped():
    """An echo that is asked for arrives; its answer does not."""
    seen = "awk '/^Icmp: [0-9]/ {print $10}' /proc/net/snmp"  # InEchos
    assert pings("nodoha2", NODES["nodoha"], tries=4)
    lab("drop", "nodoha", "nodoha2")
    before = int(on("nodoha", seen))
    assert not pings("nodoha2", NODES["nodoha"])
    assert int(on("nodoha", seen)) == before + 1
    assert pings("nodoha3", NODES["nodoha"])
    assert "loses packets" in lab("status").stdout
    lab("undrop", "nodoha")
    assert pings("nodoha2", NODES["nodoha"], tries=4)
    lab("drop", "all", "nodoha3")
    assert not pings("nodoha", NODES["nodoha3"])
    lab("cut", "nodoha3")
    lab("boot", "nodoha3")
    assert pings("nodoha", NODES["nodoha3"], tries=4)


def test_a_power_cut_is_silent_and_spares_the_disk_only():
    """The peer's connection must stay open: a kernel that lives on would have closed it."""
    on("nodoha3", "echo kept > /root/kept; ip address add 10.0.0.250/24 dev eth0")
    before = boot_id("nodoha3")
    held = subprocess.Popen(
        [LAB, "run", "bash", "-c", "exec 3<>/dev/tcp/10.0.0.135/22; read -ru3; sleep 4; ss -Htn dst 10.0.0.135"],
        stdout=subprocess.PIPE,
        text=True,
    )
    time.sleep(1.5)
    lab("cut", "nodoha3")
    assert "ESTAB" in held.communicate()[0]
    assert not pings("nodoha", NODES["nodoha3"])
    assert lab("status").stdout.count(" off") == 1
    lab("cut", "nodoha3")
    lab("boot", "nodoha3")
    assert boot_id("nodoha3") not in ("", before)
    assert on("nodoha3", "cat /root/kept") == "kept"
    assert "10.0.0.250" not in on("nodoha3", "ip -br address")
    assert pings("nodoha", NODES["nodoha3"])


def test_a_node_can_reboot_itself_and_power_itself_off():
    before = boot_id("nodoha")
    on("nodoha", "ip address add 10.0.0.250/24 dev eth0")
    lab("ssh", "nodoha", "systemctl reboot", check=False)
    deadline = time.monotonic() + 20
    while boot_id("nodoha") in ("", before):
        assert time.monotonic() < deadline
    addresses = on("nodoha", "ip -br address")
    assert "10.0.0.133/24" in addresses
    assert "10.0.0.250" not in addresses
    lab("ssh", "nodoha", "systemctl poweroff", check=False)
    while "off" not in lab("status").stdout:
        assert time.monotonic() < deadline
    lab("boot", "nodoha")
    assert pings("nodoha2", NODES["nodoha"])


def test_an_isolated_node_stays_isolated_through_a_reboot():
    lab("isolate", "nodoha2")
    lab("cut", "nodoha2")
    lab("boot", "nodoha2")
    time.sleep(2)
    assert not pings("nodoha", NODES["nodoha2"])
    lab("up")
    assert pings("nodoha", NODES["nodoha2"], tries=4)


def test_reset_gives_bare_nodes_quickly_and_keeps_host_keys():
    on("nodoha", "touch /root/dirt")
    lab("cut", "nodoha2")
    lab("isolate", "nodoha3")
    began = time.monotonic()
    lab("reset")
    assert time.monotonic() - began < 20
    assert [on(node, "ls /root") for node in NODES] == ["", "", ""]


@pytest.mark.skipif(not Path("/dev/loop-control").exists(), reason="this machine has no loop devices")
def test_a_disk_of_its_own_is_full_or_fails_alone_until_the_node_is_off_and_on():
    node = BY_NAME["nodoha2"]
    on("nodoha2", "echo kept > /root/kept")
    lab("cut", "nodoha2")
    disk.limit(node, 60)
    lab("boot", "nodoha2")
    filled = on(
        "nodoha2", "LC_ALL=C cat /dev/zero 2>&1 > /root/full; LC_ALL=C cp /etc/passwd /root/more 2>&1; rm /root/full"
    )
    assert "No space left on device" in filled
    assert on("nodoha2", "cat /root/kept; echo room > /root/room; sync /root/room") == "kept"
    disk.fail(node)
    assert "Read-only" in on("nodoha2", "LC_ALL=C touch /root/x 2>&1 || :")
    assert on("nodoha3", "touch /root/x && echo fine") == "fine"
    lab("cut", "nodoha2")
    disk.check(node)
    lab("boot", "nodoha2")
    assert on("nodoha2", "touch /root/x; cat /root/kept /root/room").split() == ["kept", "room"]


def test_down_leaves_nothing_and_up_is_quick_again():
    lab("down")
    assert leftovers() == {}
    lab("down")
    assert lab("status", check=False).returncode == 1
    for verb in (["reset"], ["run", "true"], ["ssh", "nodoha"], ["cut", "nodoha"], ["boot", "nodoha"]):
        refused = lab(*verb, check=False)
        assert (refused.returncode, refused.stderr) == (1, "lab: the lab is down: script/lab up\n")
    assert leftovers() == {}
    began = time.monotonic()
    lab("up")
    assert time.monotonic() - began < 30


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("moment", [0.6, 1.2])
def test_up_after_an_up_that_was_ended(end, moment):
    lab("down")
    first = subprocess.Popen([LAB, "up"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(moment)
    first.send_signal(end)
    first.wait(30)
    if end is signal.SIGTERM:
        assert leftovers() == {}
    lab("up")
    assert on("nodoha3", "systemctl is-system-running") == "running"


def test_switching_the_suite_says_so():
    suites = {"trixie": "bookworm", "bookworm": "trixie"}
    before = lab("status").stdout.split()[3]
    done = lab("up", "--suite", suites[before], timeout=600)
    assert "switching" in done.stderr
    assert f"VERSION_CODENAME={suites[before]}" in on("nodoha", "cat /etc/os-release")
    assert "Debian " + suites[before] in lab("up").stdout
    lab("up", "--suite", before)


def test_without_root_it_says_so_in_one_line_and_does_nothing():
    refused = subprocess.run(
        ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", LAB, "up"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert "root" in refused.stderr
