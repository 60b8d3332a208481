"""What opens a target that is not a folder: secrets of the control machine, for the nodes alone."""

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from webha.backup.manifest import HOST_KEYS, SSH_KEY
from webha.backup.target import s3, sftp
from webha.ground.manifest import HEADER
from webha.run.credentials import SECRETS, kept, of_environment, replace
from webha_node.backup.repository import SFTP

KEY = "backup_ssh_key"
_S3 = {"AWS_ACCESS_KEY_ID": "backup_s3_id", "AWS_SECRET_ACCESS_KEY": "backup_s3_secret"}


def variables(target: str) -> dict[str, str]:
    """Return what restic's environment has beside the password. Raises ValueError where a secret is missing that only the target's owner gives."""
    machine = sftp(target)
    if machine is not None:
        return {SFTP: machine.command}
    return {variable: _given(name, target) for variable, name in _S3.items()} if s3(target) else {}


def _given(name: str, target: str) -> str:
    path = SECRETS / name
    found = of_environment(name) or (path.read_text().strip() if path.exists() else "")
    if not found or "\n" in found:
        raise ValueError(f"{target} asks for an access key: write it into {path}, one line (or WEBHA_{name.upper()})")
    return found


def files(target: str, host_key: str | None) -> dict[str, str]:
    """Return the files by which a machine is reached by ssh: the cluster's key, made once, whose public half is beside it, and the machine's. Raises ValueError."""
    machine = sftp(target)
    if machine is None:
        return {}
    if host_key is None:
        raise ValueError(
            f"backup_host_key is None: whoever answers as {machine.host} would be trusted. Name its public key: "
            f"ssh-keyscan -t ed25519 {machine.host} shows one, compare it with the machine's own (/etc/ssh/ssh_host_ed25519_key.pub)"
        )
    private = kept(KEY, _new) + "\n"
    public = load_pem_private_key(private.encode(), None).public_key()
    line = public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    replace(f"{KEY}.pub", f"{line} webha-backup\n")
    ours = f"# {HEADER} (tasks/backups.py)\n"
    return {SSH_KEY: ours + private, HOST_KEYS: f"{ours}{machine.known(host_key)}\n"}


def _new() -> str:
    """Return a key in the form that ssh(1) takes with a line of ours before it, which OpenSSH's own is not."""
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
