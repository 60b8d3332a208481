"""The lab's OpenStack: one more node with Debian's own Keystone and Neutron API, made once and kept as an image.

The API is Neutron's. What passes packets is the lab's: a namespace ``client`` outside, and in the hub what a Neutron
router would do for an associated floating IP. It does so whatever Neutron has been told.
"""

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

from lab import access, image, network, node
from lab.access import CLOUDS_YAML
from lab.layout import CLOUD, RUN, STATE, LabError, call
from lab.network import inside

_SUITE = "trixie"
_SCRIPT = Path(__file__).with_name("cloud.sh")
_TENANT = Path(__file__).with_name("tenant.py")
_PORTS = (5000, 9696)


def up() -> bool:
    """Whether the lab that runs has a cloud."""
    return CLOUDS_YAML.exists()


def create() -> None:
    """Give the lab that runs a fresh cloud that answers."""
    made = _ensure()
    _switch_on(made, image.ensure(_SUITE))
    _wait_for_the_api()
    network.create_client()
    _write_clouds_yaml()


def restore() -> None:
    """Turn the cloud of a lab that runs on again."""
    if not node.is_on(CLOUD):
        node.switch_on(CLOUD)
        node.wait_until_reachable(CLOUD, bare=False)
        _wait_for_the_api()


def remove() -> None:
    """Leave nothing of the cloud but its image."""
    CLOUDS_YAML.unlink(missing_ok=True)
    node.switch_off(CLOUD)
    node.discard_disk(CLOUD)
    network.remove_client()


def _switch_on(*layers: Path) -> None:
    node.discard_disk(CLOUD)
    node.new_disk(CLOUD, *layers)
    node.switch_on(CLOUD)
    node.wait_until_reachable(CLOUD, bare=True)


def _write_clouds_yaml() -> None:
    from lab import tenant  # noqa: PLC0415 -- openstacksdk takes half a second, and every verb would wait for it

    CLOUDS_YAML.write_text(tenant.clouds_yaml())
    CLOUDS_YAML.chmod(0o600)


def _ensure() -> Path:
    base = image.ensure(_SUITE)
    recipe = "\n".join([base.name, _SCRIPT.read_text(), _TENANT.read_text()])
    made = STATE / "images" / f"cloud-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"
    if not made.exists():
        print("lab: building the cloud (once on this machine, about two minutes)", file=sys.stderr)
        _build(base, made)
    return made


def _build(base: Path, made: Path) -> None:
    """Install it on a bare node, fill it, and keep what that node wrote to its disk."""
    from lab import tenant  # noqa: PLC0415 -- as above

    _switch_on(base)
    log = RUN / "cloud.log"
    with log.open("ab") as out, _SCRIPT.open("rb") as script:
        installed = subprocess.run(
            access.ssh(CLOUD, "sh", "-s", CLOUD.address, tenant.PASSWORD),
            stdin=script,
            stdout=out,
            stderr=out,
            check=False,
        )
        if installed.returncode != 0:
            raise LabError(f"Keystone and Neutron could not be installed: {_last_line(log)} (all of it: {log})")
        _wait_for_the_api()
        _write_clouds_yaml()
        filled = subprocess.run(
            inside(sys.executable, "-P", "-m", "lab.tenant"),
            env={**os.environ, "OS_CLIENT_CONFIG_FILE": str(CLOUDS_YAML)},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            check=False,
        )
    CLOUDS_YAML.unlink()
    if filled.returncode != 0:
        raise LabError(f"{_last_line(log)} (all of it: {log})")
    access.answers(CLOUD, "apt-get clean; systemctl poweroff", timeout=10)
    deadline = time.monotonic() + 60
    while node.is_on(CLOUD):
        if time.monotonic() > deadline:
            raise LabError(f"the cloud's node does not shut down: see {CLOUD.console}")
        time.sleep(0.1)
    call("umount", str(CLOUD.root))
    (CLOUD.disk / "upper").rename(made)


def _last_line(log: Path) -> str:
    return (log.read_text(errors="replace").strip().splitlines() or ["no output"])[-1]


def _wait_for_the_api() -> None:
    asked = " && ".join(f"curl -s -o /dev/null -m 5 http://{CLOUD.address}:{port}/" for port in _PORTS)
    deadline = time.monotonic() + 90
    while subprocess.run(inside("sh", "-c", asked), check=False).returncode != 0:
        if time.monotonic() > deadline:
            raise LabError(
                f"Keystone or Neutron does not answer at {CLOUD.address}: script/lab ssh cloud journalctl -n 30"
            )
        time.sleep(0.2)
