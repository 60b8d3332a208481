"""Where the repository is: a folder that all nodes share, another machine by ssh, or S3."""

import re
from dataclasses import dataclass
from shlex import join

from webha.backup.manifest import HOST_KEYS, SSH_KEY

SSH_PORT = 22


@dataclass(frozen=True)
class Sftp:
    """Another machine, and who logs in there."""

    user: str
    host: str
    port: int

    @property
    def command(self) -> str:
        """Return the command by which restic reaches it: with the cluster's key, and to the machine that has ``backup_host_key`` alone."""
        options = {
            "BatchMode": "yes",
            "StrictHostKeyChecking": "yes",
            "UserKnownHostsFile": HOST_KEYS,
            "IdentitiesOnly": "yes",
            "ConnectTimeout": "20",
            "ServerAliveInterval": "20",
        }
        words = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
        return join(
            ["ssh", "-F", "none", *words, "-i", SSH_KEY, "-p", str(self.port), f"{self.user}@{self.host}", "-s", "sftp"]
        )

    def known(self, key: str) -> str:
        """Return the line by which ssh(1) knows the machine."""
        return f"[{self.host}]:{self.port} {key}" if self.port != SSH_PORT else f"{self.host} {key}"


def remote(target: str) -> bool:
    """Whether it is not a folder of the nodes' own."""
    return not target.startswith("/")


def sftp(target: str) -> Sftp | None:
    """Return the machine that is reached by ssh, None where it is none."""
    found = re.fullmatch(r"sftp://([^@]+)@([^:/]+)(?::(\d+))?//.*", target)
    return Sftp(found[1], found[2], int(found[3] or SSH_PORT)) if found else None


def s3(target: str) -> bool:
    """Whether it is S3."""
    return target.startswith("s3:")
