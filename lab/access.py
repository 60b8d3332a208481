"""Who may log in where: the lab's one client key and the nodes' host keys, made once and kept across resets."""

import os
import subprocess
import sys
from pathlib import Path

from lab.layout import CLOUD, NODES, RUN, STATE, Node, call
from lab.network import inside
from lab.variant import chosen

KEY = STATE / "keys" / "id_ed25519"
KNOWN_HOSTS = RUN / "known_hosts"
CLOUDS_YAML = RUN / "clouds.yaml"  # there while the lab has a cloud
_MACHINES = (*NODES, CLOUD)


def prepare() -> None:
    """Make the keys that are missing, and write the known_hosts that tells what the nodes' keys are."""
    KEY.parent.mkdir(mode=0o700, exist_ok=True)
    for key in (KEY, *map(host_key, _MACHINES)):
        if not key.with_suffix(".pub").exists():
            key.unlink(missing_ok=True)
            call("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "webha-lab", "-f", str(key))
    lines = [f"{n.name},{n.address} {host_key(n).with_suffix('.pub').read_text().strip()}\n" for n in _MACHINES]
    KNOWN_HOSTS.write_text("".join(lines))


def host_key(node: Node) -> Path:
    return KEY.with_name(f"{node.name}_host_ed25519")


def ssh(node: Node, *command: str, user: str = "root") -> list[str]:
    """The command line of an ssh to NODE; the user's own ssh configuration has no say in it."""
    options = {
        "IdentityFile": KEY,
        "IdentitiesOnly": "yes",
        "UserKnownHostsFile": KNOWN_HOSTS,
        "StrictHostKeyChecking": "yes",
        "ConnectTimeout": 5,
        "LogLevel": "ERROR",
        "SetEnv": "WEBHA_LAB=1",
    }
    flags = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
    return inside("ssh", "-F", "none", *flags, f"{user}@{node.address}", *command)


def answers(node: Node, command: str, user: str = "root", timeout: float = 5) -> bool:
    """Whether COMMAND succeeds on the node, over ssh."""
    try:
        return (
            subprocess.run(
                ssh(node, command, user=user),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=timeout,
                check=False,
            ).returncode
            == 0
        )
    except subprocess.TimeoutExpired:
        return False


def environment() -> dict[str, str]:
    """What a command of `run` finds in its environment."""
    login = {} if chosen().login == "root" else {"WEBHA_SSH_USER": chosen().login}
    cloud = {"OS_CLIENT_CONFIG_FILE": str(CLOUDS_YAML)} if CLOUDS_YAML.exists() else {}
    return {
        **login,
        **os.environ,
        **cloud,
        "PATH": f"{Path(sys.prefix) / 'bin'}:{os.environ.get('PATH', os.defpath)}",
        "WEBHA_LAB": "1",
        "WEBHA_SSH_KEY": str(KEY),
        "WEBHA_SSH_KNOWN_HOSTS": str(KNOWN_HOSTS),
        "PYINFRA_PROGRESS": "off",
    }
