"""The ways in that a stranger tries at the daemons. Each returns what it got, and nothing where it was refused."""

import json
import threading
import time

from tests.attack.stranger import ADDRESS, NODE, VICTIM, does, with_the_nodes_programs
from tests.attack.wire import listening
from tests.lab.nodes import DOCROOT, VIP, on

VOLUME = "fs_ha"
_SCAN = """
import asyncio, json, sys
async def tried(room, address, port):
    async with room:
        try:
            _, writer = await asyncio.wait_for(asyncio.open_connection(address, port), 3)
        except (OSError, asyncio.TimeoutError):
            return None
        writer.close()
        return port
async def main(address):
    room = asyncio.Semaphore(400)
    return [port for port in await asyncio.gather(*(tried(room, address, one) for one in range(1, 65536))) if port]
print(json.dumps(asyncio.run(main(sys.argv[1]))))
"""
_DATAGRAMS = """
import socket, sys
taken = []
for port in sys.argv[2:]:
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); one.settimeout(2); one.connect((sys.argv[1], int(port)))
    try:
        one.send(b"x" * 64); one.recv(1); taken.append(port)
    except TimeoutError:
        taken.append(port)
    except ConnectionRefusedError:
        pass
print(*taken)
"""


def ports() -> str:
    """Connect to every TCP port of a node and of the virtual IP; ssh, and the page at the virtual IP, are no way in."""
    node, vip = (json.loads(does("python3", "-c", _SCAN, one, seconds=200)) for one in (NODE, VIP))
    return " ".join(map(str, sorted({*node, *vip} - ({22, 80, 443} if not set(node) - {22} else {22}))))


def datagrams() -> str:
    """Send to every UDP port that something listens at on a node."""
    listening_at = on(VICTIM, "ss -Hlun | awk '{print $4}' | grep -v '^127\\|^\\[' | sed 's/.*://' | sort -un").split()
    return does("python3", "-c", _DATAGRAMS, NODE, *listening_at).strip()


def volume_mounted() -> str:
    """Mount the volume, write a PHP file into it, and have the virtual IP run it."""
    name = f"stranger{time.time_ns()}.php"
    tried = f"mkdir -p /mnt; timeout 30 mount -t glusterfs {NODE}:/{VOLUME} /mnt && echo '<?php echo 6*7;' > /mnt/{name} && ls /mnt && umount -l /mnt"
    with_the_nodes_programs(tried)
    try:
        ran = on("nodoha", f"curl -sk -m 10 http://{VIP}/{name}", check=False)
        there = on("nodoha", f"ls {DOCROOT}/{name}", check=False)
        return f"written{', and run' * (ran == '42')}" if there else ""
    finally:
        on("nodoha", f"rm -f {DOCROOT}/{name}")


def secrets_read() -> str:
    """Read the database's password out of settings.php on the volume."""
    tried = f"mkdir -p /mnt; timeout 30 mount -t glusterfs {NODE}:/{VOLUME} /mnt && cat /mnt/sites/default/settings*.php; umount -l /mnt"
    return "settings.php" if "database" in with_the_nodes_programs(tried) else ""


def pool_asked() -> str:
    """Have glusterd list the volume, from afar."""
    said = with_the_nodes_programs(f"timeout 30 gluster --mode=script --remote-host={NODE} volume info")
    return "the volume's description" if "Volume Name" in said else ""


def volume_changed() -> str:
    """Have glusterd change an option of the volume, from afar."""
    with_the_nodes_programs(
        f"timeout 30 gluster --mode=script --remote-host={NODE} volume set {VOLUME} user.stranger 1"
    )
    try:
        return "an option set" if "user.stranger" in on("nodoha", f"gluster volume info {VOLUME}") else ""
    finally:
        on("nodoha", f"gluster --mode=script volume reset {VOLUME} user.stranger", check=False)


def _joined(name: str) -> str:
    """Join the database's cluster as an arbitrator, for a while; whether a member was seen to count it."""
    seen = "SHOW STATUS LIKE 'wsrep_cluster_size'"
    script = f"timeout 25 garbd --address gcomm://{NODE}:4567 --group {name} --options 'pc.wait_prim_timeout=PT10S' 2>&1 & sleep 15; true"
    before = on(VICTIM, f'mariadb -NBe "{seen}" | cut -f2')
    look = f'for i in $(seq 22); do mariadb -NBe "{seen}" | cut -f2; sleep 1; done'
    watcher: list[str] = []
    thread = threading.Thread(target=lambda: watcher.append(on(VICTIM, look)))
    thread.start()
    with_the_nodes_programs(script + "; wait", seconds=40)
    thread.join()
    return "counted as a member" if max(map(int, watcher[0].split())) > int(before) else ""


def database_joined() -> str:
    """Join the database's cluster by its name, as an arbitrator with a vote."""
    return _joined("warner")


def database_joined_unnamed() -> str:
    """Join the database's cluster under another name."""
    return _joined("stranger")


def database_asked() -> str:
    """Log in to MariaDB as root without a password, as nobody, and as the site with its own password."""
    password = on(
        "nodoha",
        "sed -n \"s/.*'password' => '\\(.*\\)',/\\1/p\" /var/www/html/drupal/sites/default/settings*.php | head -n 1",
    )
    found = []
    for user, secret in (("root", ""), ("", ""), ("mysql", ""), ("drupal", password)):
        given = f"-p'{secret}'" if secret else ""
        said = with_the_nodes_programs(
            f"timeout 15 mariadb --skip-ssl-verify-server-cert --connect-timeout=5 -h {NODE} -u '{user}' {given} -e 'SELECT 6*7' 2>&1"
        )
        found += [f"{user or 'nobody'} let in"] if "42" in said.split() else []
    return ", ".join(found)


def database_greets() -> str:
    """Be greeted by MariaDB, with its version, before anybody has logged in."""
    said = with_the_nodes_programs(f"timeout 15 mariadb --connect-timeout=5 -h {NODE} -u x -e 'SELECT 1' 2>&1")
    return "greeted" if "Access denied" in said or "not allowed" in said else ""


def cluster_talked_to() -> str:
    """Send Corosync what another one sends (a packet taken from the wire), and datagrams of nothing, from a foreign address."""
    before = on(
        "nodoha",
        "corosync-quorumtool -s | grep -c 'Ring ID'; crm_node -p; corosync-cmapctl -m stats 2>/dev/null | grep -c joined || :",
    )
    does("python3", "-c", _DATAGRAMS, NODE, "5405", "5404", "5406")
    after = on(
        "nodoha",
        "corosync-quorumtool -s | grep -c 'Ring ID'; crm_node -p; corosync-cmapctl -m stats 2>/dev/null | grep -c joined || :",
    )
    return "" if before == after else f"{before} became {after}"


def read_on_the_wire() -> str:
    """Read what passes between the nodes: a row, a file, an attribute of the cluster, the site's log-in over https."""
    mark = str(time.time_ns())
    row, file, attribute, password = (f"{kind}-{mark}" for kind in ("row", "file", "attribute", "password"))
    with listening(row, file, attribute, password) as heard:
        on(
            "nodoha",
            "mariadb -e 'CREATE TABLE IF NOT EXISTS drupal.webha_wire (t TEXT, k INT PRIMARY KEY AUTO_INCREMENT)'",
        )
        on(
            "nodoha",
            f"mariadb -e \"INSERT INTO drupal.webha_wire (t) VALUES ('{row}')\"; echo '{file}' > {DOCROOT}/sites/default/files/wire.txt",
        )
        on("nodoha3", f"cat {DOCROOT}/sites/default/files/wire.txt; attrd_updater -n webha-wire -U {attribute}")
        does(
            "curl",
            "-sk",
            "-m",
            "10",
            "-d",
            f"name=admin&pass={password}&form_id=user_login_form",
            f"https://{VIP}/user/login",
        )
    on("nodoha", f"mariadb -e 'DROP TABLE drupal.webha_wire'; rm -f {DOCROOT}/sites/default/files/wire.txt")
    on("nodoha3", "attrd_updater -n webha-wire -D")
    assert heard.packets > 0, "the listener saw nothing at all"
    return ", ".join(sorted(one.partition("-")[0] for one in heard.words))


def replayed() -> str:
    """Where a state transfer listens, be its donor: send a node something of one's own to become its database."""
    return (
        "4444 open"
        if ADDRESS
        and does(
            "python3", "-c", f"import socket; socket.create_connection(('{NODE}', 4444), 3); print('open')"
        ).strip()
        == "open"
        else ""
    )
