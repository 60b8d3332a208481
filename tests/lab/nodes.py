"""How the lab's tests reach the lab: its verbs, pyinfra against its nodes, testinfra on them."""

import json
import os
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import testinfra
from testinfra.host import Host

ROOT = Path(__file__).parents[2]
ADDRESSES = {"nodoha": "10.0.0.133", "nodoha2": "10.0.0.134", "nodoha3": "10.0.0.135"}
VIP = "10.0.0.250"
DOCROOT = "/var/www/html/drupal"
STEPS = ("hosts", "firewall", "galera", "apache", "cluster", "gluster", "drupal", "vip")
MOUNT = "var-www-html-drupal.mount"


@dataclass(frozen=True)
class Run:
    """How a pyinfra run ended: exit code, what it printed for a person, and its JSON (None: it was stopped)."""

    code: int
    text: str
    json: dict[str, Any] | None

    @property
    def changed(self) -> dict[str, list[str]]:
        """Operation name (without its file) to the hosts it changed."""
        assert self.json is not None, self.text
        operations = self.json["results"]["operations"]
        return {one["name"].split(" | ")[-1]: sorted(one["success"]) for one in operations if one["success"]}

    @property
    def converged(self) -> bool:
        """Whether it changed nothing and failed nowhere."""
        if self.json is None:
            return False
        totals = self.json["results"]["totals"]
        return bool(totals["success"] == 0 and totals["error"] == 0 and not self.json["results"]["failed_hosts"])


def lab(*words: str, timeout: float = 300, check: bool = True) -> str:
    done = subprocess.run(
        [str(ROOT / "script" / "lab"), *words],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout, check=False,
    )  # fmt: skip
    assert not check or done.returncode == 0, f"script/lab {' '.join(words)}: {done.stdout}{done.stderr}"
    return done.stdout


def start(*arguments: str, inventory: str = "inventory.py", **environment: str) -> subprocess.Popen[str]:
    """Start pyinfra against the lab and do not wait for it."""
    return subprocess.Popen(
        [str(ROOT / "script" / "lab"), "run", "pyinfra", inventory, *arguments],
        cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, **environment}, start_new_session=True,
    )  # fmt: skip


def pyinfra(*arguments: str, inventory: str = "inventory.py", timeout: float = 1200, **environment: str) -> Run:
    """Run pyinfra against the lab to its end."""
    process = start(*arguments, "--json", inventory=inventory, **environment)
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    return Run(process.returncode, out + err, json.loads(out) if out.startswith("{") else None)


def converge(*arguments: str, inventory: str = "inventory.py", **environment: str) -> Run:
    """Run pyinfra for real; it must succeed."""
    run = pyinfra(*arguments, "-y", inventory=inventory, **environment)
    assert run.code == 0, run.text[-6000:]
    assert run.json is not None, run.text[-6000:]
    return run


def refused(*arguments: str, inventory: str = "inventory.py", **environment: str) -> str:
    """Run pyinfra, which must end with exit code 1; return what it said."""
    run = pyinfra(*arguments, "-y", inventory=inventory, **environment)
    assert run.code == 1, f"exit code {run.code}: {run.text[-3000:]}"
    return run.text


def on(name: str, command: str, check: bool = True, timeout: float = 300) -> str:
    return lab("ssh", name, command, check=check, timeout=timeout).strip()


def everywhere(command: str) -> dict[str, str]:
    with ThreadPoolExecutor(len(ADDRESSES)) as pool:
        return dict(zip(ADDRESSES, pool.map(lambda name: on(name, command), ADDRESSES), strict=True))


def holder() -> str:
    """Return the node that has the virtual IP. Raises StopIteration where none has it."""
    return next(
        name for name, said in everywhere(f"ip -4 -o address show | grep -cF ' {VIP}/' || :").items() if said == "1"
    )


BARE: dict[str, set[str]] = {}  # the listing of every node before anything was deployed
# Where a deploy puts anything, and where packages, their scripts and their daemons do.
_ROOMS = "/ -xdev ( -path /proc -o -path /sys -o -path /dev -o -path /run -o -path /tmp -o -path /usr/share -o -path /usr/lib -o -path /var/cache/apt -o -path /var/lib/apt -o -path /var/lib/dpkg -o -path /var/lib/systemd -o -path /var/log/journal -o -path /var/tmp ) -prune -o -print"


def listing() -> dict[str, set[str]]:
    """Return all files and folders of every node, but for what a boot makes and what apt keeps."""
    found = everywhere("find " + _ROOMS.replace("(", "\\(").replace(")", "\\)"))
    return {name: set(text.splitlines()) for name, text in found.items()}


def host(name: str) -> Host:
    """Return the node for testinfra, as root, through the lab's network namespace."""
    config = Path("/run/webha-lab/testinfra.ssh_config")
    config.write_text(
        "Host *\n  ProxyCommand ip netns exec webha-lab socat - TCP4:%h:%p\n  StrictHostKeyChecking yes\n"
        "  UserKnownHostsFile /run/webha-lab/known_hosts\n  IdentityFile /var/lib/webha-lab/keys/id_ed25519\n  LogLevel ERROR\n"
        "  SetEnv WEBHA_LAB=1\n"
    )
    return testinfra.get_host(f"ssh://root@{ADDRESSES[name]}", ssh_config=str(config))


def eventually(condition: Callable[[], bool], seconds: float, what: str) -> float:
    """Wait until ``condition`` holds; return how long that took."""
    begin = time.monotonic()
    while not condition():
        assert time.monotonic() - begin < seconds, f"after {seconds} s still not: {what}"
        time.sleep(1)
    return time.monotonic() - begin


def page() -> str:
    return lab("run", "curl", "-s", "-m", "30", f"http://{VIP}/", check=False)


_STATE = (
    "mariadb -NBe \"SHOW STATUS WHERE Variable_name IN ('wsrep_cluster_size','wsrep_local_state_comment','wsrep_cluster_status')\" | cut -f2;"
    f"findmnt -n -o FSTYPE --mountpoint {DOCROOT}; timeout 5 stat -t {DOCROOT}/index.php >/dev/null && echo readable"
)


def resources_problem(xml: str) -> str:
    """Say what Pacemaker lacks, from ``crm_mon --output-as=xml``; empty where nothing.

    The web server may be one primitive, with the virtual IP, or a clone on every node.
    """
    if not xml.lstrip().startswith("<"):
        return "crm_mon does not answer"
    root = ElementTree.fromstring(xml)  # noqa: S314 -- of our own node
    up = {
        one.get("name")
        for one in root.findall("nodes/node")
        if one.get("online") == "true" and not {"true"} & {one.get(bad) for bad in ("standby", "pending", "unclean")}
    }
    if up != set(ADDRESSES):
        return f"online: {sorted(map(str, up))}"
    failed = {one.get("id") for one in root.iter("resource") if "true" in (one.get("failed"), one.get("blocked"))}
    if failed:
        return f"failed: {sorted(map(str, failed))}"
    cloned = any(one.get("id", "").startswith("WebServer") for one in root.findall(".//clone//resource"))
    active: dict[str, list[str]] = {"HA_VIP": [], "WebServer": []}
    for one in root.iter("resource"):
        if one.get("active") == "true" and one.get("role") == "Started":
            nodes = [str(node.get("name")) for node in one.findall("node")]
            active.setdefault(one.get("id", "").split(":")[0], []).extend(nodes)
    wanted = sorted(ADDRESSES) if cloned else active["HA_VIP"]
    if len(active["HA_VIP"]) != 1 or sorted(active["WebServer"]) != wanted:
        return f"active: {active}"
    return ""


def unhealthy() -> str:
    """Say what keeps the cluster from being whole; empty where nothing does."""
    try:
        with ThreadPoolExecutor(len(ADDRESSES)) as pool:
            states = list(pool.map(lambda name: on(name, _STATE, check=False, timeout=30), ADDRESSES))
        for name, state in zip(ADDRESSES, states, strict=True):
            if sorted(state.split()) != ["3", "Primary", "Synced", "fuse.glusterfs", "readable"]:
                return f"{name}: {state.split()}"
        found = resources_problem(on("nodoha", "crm_mon -1 --output-as=xml", check=False, timeout=30))
        return found or ("" if "<title>" in page() else "no page at the VIP")
    except subprocess.TimeoutExpired as error:
        return f"no answer within {error.timeout:.0f} s: {error.cmd[-1]}"


def unsettled() -> str:
    """Say what Gluster has still to do: files to heal, peers to connect to; empty where nothing."""
    owed = on("nodoha", "gluster volume heal fs_ha statistics heal-count", check=False, timeout=30)
    if owed.count("Number of entries: 0") != len(ADDRESSES):
        return f"to heal: {owed}"
    pools = {name: on(name, "gluster pool list", check=False, timeout=30) for name in ADDRESSES}
    return next((f"{name}: {said}" for name, said in pools.items() if said.count("Connected") != len(ADDRESSES)), "")


def whole(seconds: float = 120) -> float:
    """Wait until the cluster is whole again and Gluster at rest; return how long that took."""
    begin = time.monotonic()
    while found := unhealthy() or unsettled():
        assert time.monotonic() - begin < seconds, f"after {seconds} s still not whole: {found}"
        time.sleep(1)
    return time.monotonic() - begin
