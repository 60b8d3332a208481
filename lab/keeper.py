"""The power supply of one node: boots it, boots it again when it reboots, ends when it powers off.

systemd-nspawn leaves a reboot to its caller (exit code 133). Each boot gets a new network namespace, because a
machine that reboots forgets its addresses: a virtual IP must not outlive the reboot of the node that held it.
"""

import os
import subprocess
import sys

from lab import network
from lab.layout import CLOUD, NODES, SHARE, Node
from lab.node import machine

_REBOOT = 133
_ENVIRONMENT = {
    "UNIFIED_CGROUP_HIERARCHY": "1",  # systemd 257 boots on nothing else
    "SYSTEMD_NSPAWN_API_VFS_WRITABLE": "network",  # sysctl net.*: the namespace is the node's own
}


def keep(node: Node) -> int:
    group = machine(node)
    command = [
        "systemd-nspawn",
        "--quiet",
        "--boot",
        f"--directory={node.root}",
        f"--machine={node.name}",
        f"--network-namespace-path=/run/netns/{node.name}",
        "--register=no",
        "--keep-unit",
        "--capability=all",
        "--drop-capability=CAP_SYS_TIME,CAP_SYS_MODULE",  # the clock and the kernel are the host's
        "--bind=/dev/fuse",
        *([f"--bind={SHARE}:/srv/share"] if node is not CLOUD else []),
        *([f"--bind={node.brick}:/gluster"] if node.brick.is_mount() else []),
        "--resolv-conf=off",
        "--timezone=off",
        "--link-journal=no",
        "--console=pipe",
    ]
    SHARE.mkdir(mode=0o700, exist_ok=True)
    while True:
        network.plug(node)
        code = subprocess.run(
            group.wrap(*command),
            env={**os.environ, **_ENVIRONMENT},
            check=False,
        ).returncode
        group.remove()
        if code != _REBOOT:
            network.unplug(node)
            return code


if __name__ == "__main__":
    sys.exit(keep(next(node for node in (*NODES, CLOUD) if node.name == sys.argv[1])))
