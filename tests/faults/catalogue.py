"""The faults as data: what is done to which node, and what puts it right where the cluster cannot (power, cables)."""

from dataclasses import dataclass

from tests.faults import scenarios
from tests.faults.acts import Act, boot, boot_all, lab, nothing, power_off, run, run_on_two, then

_BRICK = 'brick=$(gluster --mode=script volume info fs_ha | sed -n "s/^Brick[0-9]*: \\($(hostname)[.:].*\\)/\\1/p")'
_RESET = "gluster --mode=script volume reset-brick fs_ha"
_VIP_AGENT = "/usr/lib/ocf/resource.d/heartbeat/IPaddr2"


@dataclass(frozen=True)
class Fault:
    """``strike`` is done to the node that holds the virtual IP (``active``) or to one that does not.

    After ``lasting`` seconds ``mend`` is done: what a person does who turns a machine on again, nothing more; or, where
    the cluster cannot return by itself, what ``hands`` says, exactly. ``bound``: the longest gap for a client that is
    aimed at with failover = fast. ``says``: what the status must name while the fault lasts. ``healing``: seconds that the
    files may take to be whole again; an emptied brick of a real Drupal has 24,000 of them, 25 a second. ``prepare``: what
    the node must be given first, before anything is measured; the struck node keeps its part.
    """

    name: str
    strike: Act
    mend: Act = nothing
    active: bool = True
    lasting: float = 12
    bound: float | None = None
    hands: str = ""
    says: str = ""
    short: bool = False
    healing: float = 240
    prepare: Act = nothing


def _kill(program: str, signal: str = "KILL") -> Act:
    return run(f"pkill -{signal} -x {program}")


_cut, _boot = lab("cut"), boot
# First: what is healed is all that was written before, the other faults' files too.
_HEAL = (
    Fault("brick-emptied-passive",
          run("find /gluster -mindepth 1 -delete; python3 -c 'import os; os.removexattr(\"/gluster\", \"trusted.glusterfs.volume-id\")'"),
          run(f"{_BRICK}; systemctl stop webha-docroot.timer; {_RESET} $brick start && find /gluster -mindepth 1 -delete && {_RESET} $brick $brick commit force; systemctl start webha-docroot.timer"),
          active=False, lasting=25, bound=1, says="is not the brick it was", healing=1800,
          hands="what the status says: gluster volume reset-brick, twice"),
)  # fmt: skip
_POWER = (
    Fault("power-cut-active", _cut, _boot, bound=4.5, lasting=20, short=True),
    Fault("power-cut-passive", _cut, _boot, active=False, bound=4.5, lasting=20),
    Fault("power-cut-two", scenarios.power_cut_two, boot_all, lasting=20, says="galera"),
    Fault("power-cut-all", scenarios.power_cut_all, boot_all, lasting=3),
    Fault("power-cut-all-one-stays-away", scenarios.power_cut_all_and_one_stays_away, scenarios.as_status_says,
          lasting=60, hands="what the status says: the commands around galera_new_cluster on the node that it names"),
    Fault("power-cut-twice", scenarios.power_cut_twice, scenarios.boot_others, lasting=10),
    Fault("power-cut-joiner-during-sst", scenarios.power_cut_of_the_joiner, _boot, active=False, lasting=10, bound=4.5),
    Fault("power-cut-donor-during-sst", scenarios.power_cut_of_the_donor, boot_all, active=False, lasting=10),
    Fault("power-cut-passive-during-heal", scenarios.power_cut_during_heal, _boot, active=False, lasting=10, bound=4.5),
    Fault("power-cut-passive-during-deploy", scenarios.power_cut_during_deploy, scenarios.boot_and_deploy_again,
          active=False, lasting=10, bound=4.5),
    Fault("reboot-active", run("systemctl reboot"), bound=1, short=True),
    Fault("reboot-passive", run("systemctl reboot"), active=False, bound=1),
    Fault("shutdown-active", power_off, _boot, bound=1),
    Fault("shutdown-passive", power_off, _boot, active=False, bound=1),
    Fault("shutdown-all", scenarios.shut_down_all, boot_all, lasting=3),
    Fault("standby-active", run("crm_standby -v on"), run("crm_standby -v off"), lasting=10, bound=1),
)  # fmt: skip
_NETWORK = (
    Fault("network-cut-active", lab("isolate"), lab("rejoin"), lasting=60, bound=4.5, short=True),
    Fault("network-cut-passive", lab("isolate"), lab("rejoin"), active=False, lasting=30, bound=4.5),
    Fault("loss-from-active", lab("drop", "node", "all"), lab("undrop"), lasting=30, bound=10),
    Fault("loss-to-active", lab("drop", "all", "node"), lab("undrop"), lasting=30, bound=10),
    Fault("link-between-two-active", then(lab("drop", "node", "other"), lab("drop", "other", "node")), lab("undrop"),
          lasting=30, bound=10),
    Fault("corosync-partition-active",
          then(lab("drop", "node", "all", "--port", "5405"), lab("drop", "all", "node", "--port", "5405")),
          lab("undrop"), lasting=30, bound=10),
    Fault("packet-loss-active",
          then(lab("drop", "node", "all", "--percent", "5"), lab("drop", "all", "node", "--percent", "5")),
          lab("undrop"), lasting=30),
    Fault("vip-removed-active", run("ip address del 10.0.0.250/24 dev eth0"), bound=10),
    Fault("vip-claimed-by-stranger", scenarios.claim_the_address, scenarios.take_the_stranger_away, lasting=5,
          says="no node of ours"),
)  # fmt: skip
_DAEMONS = (
    Fault("mariadbd-killed-active", _kill("mariadbd"), bound=10, short=True),
    Fault("mariadbd-stopped-active", run("systemctl stop mariadb"), run("systemctl start mariadb"), bound=10),
    Fault("mariadbd-hung-active", _kill("mariadbd", "STOP"), _kill("mariadbd", "CONT"), lasting=30, bound=20),
    Fault("mariadbd-killed-two", run_on_two("pkill -KILL -x mariadbd")),
    Fault("apache-killed-active", _kill("apache2"), bound=10),
    Fault("apache-parent-killed-active", run("kill -KILL $(cat /run/apache2/apache2.pid)"), lasting=20, bound=10),
    Fault("apache-hung-active", _kill("apache2", "STOP"), _kill("apache2", "CONT"), lasting=45, bound=30),
    Fault("apache-broken-active",
          run("echo Nonsense > /etc/apache2/conf-enabled/zz-broken.conf; pkill -KILL -x apache2"),
          run("rm /etc/apache2/conf-enabled/zz-broken.conf"), lasting=25, bound=10),
    Fault("brick-killed-active", _kill("glusterfsd"), bound=1),
    Fault("glusterd-killed-active", _kill("glusterd"), bound=1),
    Fault("mount-killed-active", run("pkill -KILL -f 'glusterfs.*fs_ha.*drupal'"), bound=15, short=True),
    Fault("memory-exhausted-active", scenarios.exhaust_memory, scenarios.end_hogs, lasting=30, bound=30),
)  # fmt: skip
_CLUSTER = (
    Fault("corosync-killed-active", _kill("corosync"), bound=10, short=True),
    Fault("corosync-hung-active", _kill("corosync", "STOP"), _kill("corosync", "CONT"), lasting=15, bound=10),
    Fault("corosync-key-differs-passive",
          run("cp -p /etc/corosync/authkey /root/authkey.kept; head -c 256 /dev/urandom > /etc/corosync/authkey; systemctl restart corosync pacemaker"),
          run("mv /root/authkey.kept /etc/corosync/authkey; systemctl restart corosync pacemaker"),
          active=False, lasting=20, bound=1, says="key",
          hands="the other nodes' /etc/corosync/authkey to this one; systemctl restart corosync pacemaker"),
    Fault("pacemakerd-killed-active", _kill("pacemakerd"), bound=1),
    Fault("vip-does-not-stop-active",
          run(f"mv {_VIP_AGENT} {_VIP_AGENT}.kept; printf '#!/bin/sh\\n[ \"$1\" = stop ] && exit 1\\nexec {_VIP_AGENT}.kept \"$@\"\\n' > {_VIP_AGENT}; chmod 755 {_VIP_AGENT}; crm_standby -v on"),
          run(f"mv {_VIP_AGENT}.kept {_VIP_AGENT}; crm_standby -v off; crm_resource --cleanup"),
          lasting=15, says="HA_VIP", hands="what keeps it from stopping taken away; crm_resource --cleanup"),
    Fault("paused-2s-active", lab("pause"), lab("resume"), lasting=2, bound=4.5),
    Fault("paused-10s-active", lab("pause"), lab("resume"), lasting=10, bound=4.5),
    Fault("paused-60s-active", lab("pause"), lab("resume"), lasting=60, bound=4.5),
)  # fmt: skip

# Last: the nodes keep the small disks.
_DISKS = (
    Fault("disk-full-active", scenarios.fill_disk, scenarios.make_room, prepare=scenarios.small_disk,
          lasting=40, bound=15, says="% full", hands="room on the disk"),
    Fault("disk-read-only-active", scenarios.disk_fails, scenarios.off_and_on, prepare=scenarios.small_disk,
          lasting=40, bound=15, says="read-only", hands="the machine off and on (its boot repairs the file system)"),
)  # fmt: skip

FAULTS = {one.name: one for one in (*_HEAL, *_POWER, *_NETWORK, *_DAEMONS, *_CLUSTER, *_DISKS)}
SHORT = [one.name for one in FAULTS.values() if one.short]

# Why these cannot be shown here; docs/failures.md carries the list.
NOT_SHOWN = {
    "a disk of the brick's own, full or failing": "as in the document, a node has one disk for all: disk-full and disk-read-only strike brick, database and system at once",
    "clock stepped on one node": "the nodes share the machine's clock",
    "latency of 50 ms": "needs the kernel's netem, which not every kernel has; packet loss is made with nftables",
    "page cache lost with the power": "the kernel is the machine's and lives on: what was written but not synced is still there",
    "kernel panic, hypervisor, a fencing device": "one kernel for all nodes",
    "name servers dead": "there are none in the lab: every run here is one",
}
