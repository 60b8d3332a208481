"""Secrets of the cluster: taken from the environment, else made once on the control machine and kept there.

``secrets/`` beside the inventory (ignored by git, mode 0700) holds one file a secret, mode 0600. A secret never stands
in group_data, on a command line or in a log.
"""

import os
import secrets
from pathlib import Path

LENGTH = 32  # bytes of randomness


def where(name: str, directory: Path = Path("secrets")) -> str:
    """Say where a person finds the secret ``name``."""
    return (
        f"with the password of {_variable(name)}"
        if os.environ.get(_variable(name))
        else f"with the password in {directory / name}"
    )


def _variable(name: str) -> str:
    return f"WEBHA_{name.upper()}"


def secret(name: str, directory: Path = Path("secrets")) -> str:
    """Return the secret ``name``: ``WEBHA_<NAME>`` of the environment, else the kept one, else a new one, kept."""
    given = os.environ.get(_variable(name))
    if given:
        return given
    directory.mkdir(mode=0o700, exist_ok=True)
    path = directory / name
    if not path.exists():
        new = directory / f".{name}.{os.getpid()}"
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(LENGTH) + "\n")
        try:
            os.link(new, path)  # fails where another process was first, whose secret is then everybody's
        except FileExistsError:
            pass
        finally:
            new.unlink()
    kept = path.read_text().strip()
    if not kept:
        raise ValueError(
            f"{path} is empty: remove it to have a new secret made, or write the one that is in use into it"
        )
    return kept
