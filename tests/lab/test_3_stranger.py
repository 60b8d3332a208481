"""What a machine in the nodes' network reaches that is no node and has no key: by default nothing but ssh and the page."""

import subprocess
import time
from collections.abc import Iterator

import pytest

from lab.visitor import STRANGER
from tests.attack.stranger import ADDRESS, present, scanned
from tests.lab.nodes import ADDRESSES, VIP, converge, everywhere, on, pyinfra, refused

pytestmark = pytest.mark.usefixtures("deployed", "stranger")
NODE = ADDRESSES["nodoha2"]
# Whether a datagram is refused: by the kernel of a machine that filters or does not listen.
DATAGRAM = """
import socket, sys
one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); one.settimeout(3); one.connect((sys.argv[1], int(sys.argv[2])))
one.send(b"x" * 64)
try:
    one.recv(1); print("answered")
except TimeoutError:
    print("taken")
except ConnectionRefusedError:
    print("refused")
"""

# Comes in and stays, until it is shown out.
STAYS = """
import socket, sys
one = socket.create_connection((sys.argv[1], int(sys.argv[2])))
try:
    one.recv(1)
except ConnectionResetError:
    pass
print("ended")
"""


@pytest.fixture(scope="module")
def stranger() -> Iterator[None]:
    with present():
        yield


def as_stranger(*command: str) -> str:
    done = subprocess.run(
        ["ip", "netns", "exec", STRANGER.namespace, *command], capture_output=True, text=True, timeout=240, check=False
    )
    return done.stdout


def code(url: str) -> str:
    return as_stranger("curl", "-sk", "-m", "10", "-o", "/dev/null", "-w", "%{http_code}", url)


def test_of_a_nodes_ports_only_ssh_answers_and_at_the_virtual_ip_the_web() -> None:
    """All 65535: test_3_attack.py."""
    assert scanned(NODE, VIP, last=5000) == {NODE: {22}, VIP: {22, 80, 443}}
    assert [code(f"{scheme}://{one}/") for one in (VIP, NODE) for scheme in ("http", "https")] == [
        "200",
        "200",
        "000",
        "000",
    ]


def test_another_family_is_no_way_around() -> None:
    link = on("nodoha2", "ip -6 -o address show dev eth0 scope link | awk '{print $4}' | cut -d/ -f1")
    assert link.startswith("fe80::")
    assert scanned(f"{link}%eth0") == {f"{link}%eth0": {22}}


def test_corosyncs_port_takes_nothing_from_outside() -> None:
    assert as_stranger("python3", "-c", DATAGRAM, NODE, "5405").strip() == "refused"


# Answers the first datagram from the port that was asked, and from another one. How much of each came is said by who asked.
ANSWERS = """
import socket, sys
here, other = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
here.bind(("0.0.0.0", 5300)); other.bind(("0.0.0.0", 5301)); here.settimeout(20)
_, who = here.recvfrom(10)
other.sendto(b"uninvited", who); here.sendto(b"x" * 6000, who)
"""
ASKS = """
import socket, sys
one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); one.settimeout(3)
one.sendto(b"?", (sys.argv[1], 5300))
heard = []
try:
    while True: heard.append(len(one.recv(9000)))
except TimeoutError: print(heard)
"""


def test_who_was_asked_over_udp_answers_even_in_pieces_and_nobody_else() -> None:
    server = subprocess.Popen(["ip", "netns", "exec", STRANGER.namespace, "python3", "-c", ANSWERS])
    try:
        time.sleep(1)
        assert on("nodoha2", f"python3 -c '{ASKS}' {ADDRESS}") == "[6000]"
    finally:
        server.wait(30)


def test_the_nodes_reach_each_other_and_their_pages() -> None:
    reached = 'for port in 80 4567 24007; do timeout 3 bash -c "</dev/tcp/{}/$port" && echo $port; done'
    for name in ADDRESSES:
        other = next(address for one, address in ADDRESSES.items() if one != name)
        assert on(name, reached.format(other)).split() == ["80", "4567", "24007"], name


@pytest.mark.any_release
class TestData:
    def test_open_to_whom_they_name(self) -> None:
        wishes = (
            *("--data", f'web_sources=["{ADDRESS}"]', "--data", f'database_sources=["{ADDRESS}"]'),
            *("--data", 'firewall_open=["tcp 24007 from 10.0.0.64/29"]'),
        )
        converge("tasks/firewall.py", *wishes)
        try:
            assert converge("tasks/firewall.py", *wishes).converged
            assert scanned(NODE) == {NODE: {22, 80, 443, 3306, 24007}}
        finally:
            converge("tasks/firewall.py")
        assert converge("tasks/firewall.py").converged
        assert code(f"http://{NODE}/") == "000"

    def test_that_would_shut_the_operator_out_are_taken_back(self) -> None:
        before = everywhere("nft list table inet webha; cat /etc/webha/firewall.nft")
        said = refused("tasks/firewall.py", "--data", 'ssh_sources=["192.0.2.0/24"]')
        assert "no new connection by ssh came through" in said
        assert "ssh_sources is 192.0.2.0/24" in said
        assert "Traceback" not in said
        assert everywhere("nft list table inet webha; cat /etc/webha/firewall.nft") == before
        assert set(everywhere("systemctl is-active webha-firewall-undo.timer || true").values()) == {"inactive"}
        assert converge("tasks/firewall.py").converged

    @pytest.mark.long
    def test_false_opens_everything_says_so_and_is_ended_by_the_next_run(self) -> None:
        opened = converge("tasks/firewall.py", "--data", "firewall=False")
        assert "everybody on the nodes' network reaches" in opened.text
        try:
            assert {80, 3306, 4567, 24007} < scanned(NODE)[NODE]
            assert converge("tasks/firewall.py", "--data", "firewall=False").converged
            assert pyinfra("tasks/status.py", "--data", "firewall=False").code == 0
            assert "everybody on the network reaches its database" in refused("tasks/status.py")
            inside = subprocess.Popen(
                ["ip", "netns", "exec", STRANGER.namespace, "python3", "-c", STAYS, NODE, "24007"],
                stdout=subprocess.PIPE,
                text=True,
            )
            time.sleep(2)
            assert inside.poll() is None
        finally:
            closed = converge("tasks/firewall.py")
        assert inside.communicate(timeout=20)[0].strip() == "ended"
        assert f"connections were ended that nobody may make any more: {ADDRESS} at 24007" in closed.text
        assert scanned(NODE) == {NODE: {22}}


@pytest.mark.any_release
def test_rules_of_somebodys_stay_and_ours_come_back_after_a_flush() -> None:
    theirs = "table inet theirs { chain input { type filter hook input priority 10; tcp dport 9 drop; }; }"
    on("nodoha2", f"nft flush ruleset; nft '{theirs}'")
    try:
        assert "its rules were taken out of the kernel" in refused("tasks/status.py")
        assert converge("tasks/firewall.py").changed == {
            "Firewall: closed but for what is meant to be open": ["nodoha2"]
        }
        assert "table inet theirs" in on("nodoha2", "nft list tables")
        # Debian's own service throws everything away when it starts; ours comes back with it.
        for verb in ("start", "reload", "restart", "stop"):
            on("nodoha2", f"systemctl {verb} nftables")
            assert "table inet webha" in on("nodoha2", "nft list tables"), verb
        on("nodoha2", "nft insert rule inet webha input tcp dport 3306 accept")
        assert "other rules are in our table" in refused("tasks/status.py")
        assert converge("tasks/firewall.py").changed
    finally:
        on(
            "nodoha2",
            "nft delete table inet theirs 2>/dev/null; systemctl stop nftables",
        )
    assert converge("tasks/firewall.py").converged


@pytest.mark.any_release
def test_what_runs_goes_on_while_the_rules_come() -> None:
    """A connection of a node to a brick is older than the rules, and the first packet may be the other one's."""
    converge("tasks/firewall.py", "--data", "firewall=False")
    ask = "ss -Htn state established '( dport = :24007 or dport = :4567 )' | awk '{print $3, $4}' | sort"
    before = on("nodoha", ask)
    assert before
    converge("tasks/firewall.py")
    assert set(before.splitlines()) <= set(on("nodoha", f"sleep 12; {ask}").splitlines())
