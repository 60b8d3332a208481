"""The lab's OpenStack project as its user sees it, and how the cloud tests change it."""

import json
import subprocess
from functools import cache
from typing import Any

from tests.lab.nodes import ADDRESSES, ROOT, VIP

FLOATING_IP = "172.22.206.1"
ON = ("--data", "openstack_cloud=lab")
OTHER = ("--data", "openstack_cloud=lab-other", "--data", "floating_ip=null")
PORT, PAIRS = "Cloud: a port for the virtual IP", "Cloud: the virtual IP allowed on every node's port"
FLOATING = "Cloud: the floating IP"


_ANSWERING = """
import json, sys, openstack
n = openstack.connect(cloud=sys.argv[1]).network
for line in sys.stdin:
    try:
        answer = {"is": eval(json.loads(line))}
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
"""


@cache
def _asked(cloud: str) -> subprocess.Popen[str]:
    """One login a cloud and test run: a new one for each question would be most of the time."""
    return subprocess.Popen(
        [str(ROOT / "script" / "lab"), "run", "python", "-c", _ANSWERING, cloud],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def ask(code: str, cloud: str = "lab") -> Any:
    """Return what the expression ``code`` gives with ``n``, the SDK's network API as ``cloud``."""
    process = _asked(cloud)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(code) + "\n")
    process.stdin.flush()
    answer = json.loads(process.stdout.readline())
    assert "error" not in answer, f"{code}: {answer['error']}"
    return answer["is"]


def ports(cloud: str = "lab") -> dict[str, dict[str, Any]]:
    """Name to what matters of every port of the project that an address of the cluster has."""
    listed = ask(
        "[(p.id, p.name, p.fixed_ips[0]['ip_address'], p.allowed_address_pairs, p.tags, p.security_group_ids, p.description)"
        " for p in n.ports()]",
        cloud,
    )
    keys = ("id", "name", "address", "pairs", "tags", "groups", "description")
    return {one[2]: dict(zip(keys, one, strict=True)) for one in listed}


def floating(cloud: str = "lab") -> dict[str, Any]:
    return dict(ask("{f.floating_ip_address: f.fixed_ip_address for f in n.ips()}", cloud))


def everything(cloud: str) -> Any:
    """The whole project as Neutron lists it, but for what changes with every touch."""
    kinds = "n.ports(), n.ips(), n.networks(), n.subnets(), n.routers(), n.security_groups()"
    listed = ask(f"[[o.to_dict() for o in kind] for kind in ({kinds})]", cloud)
    for one in (one for kind in listed for one in kind):
        for key in ("revision_number", "updated_at", "location"):
            one.pop(key, None)
    return sorted(json.dumps(one, sort_keys=True) for kind in listed for one in kind)


def allowed(cloud: str = "lab") -> set[str]:
    """The nodes whose port may use the virtual IP."""
    return {
        name
        for name, address in ADDRESSES.items()
        if f"{VIP}/32" in [pair["ip_address"] for pair in ports(cloud)[address]["pairs"]]
    }


def foreign(address: str, *, bound: bool) -> str:
    """A port that somebody else made at ``address``."""
    owner = "device_owner='compute:nova', device_id='c0ffee'," if bound else ""
    project, network, subnet = ask(
        "next((p.project_id, p.network_id, p.fixed_ips[0]['subnet_id']) for p in n.ports() if p.name == 'nodoha')"
    )
    return str(
        ask(
            f"n.create_port(network_id={network!r}, project_id={project!r}, {owner} name='theirs',"
            f" fixed_ips=[{{'subnet_id': {subnet!r}, 'ip_address': {address!r}}}]).id",
            "lab-admin",
        )
    )
