"""Secrets of the cluster: taken from the environment, else made once on the control machine and kept there.

``secrets/`` beside the inventory (ignored by git, mode 0700) holds one file a secret, mode 0600. A secret never stands
in group_data, on a command line or in a log.
"""

import os
import secrets
from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path

LENGTH = 32  # bytes of randomness
SECRETS = Path("secrets")
# The folder that is read in the place of SECRETS while new ones come (webha.run.rotation).
STAGE: ContextVar[Path | None] = ContextVar("stage", default=None)


def where(name: str, directory: Path = SECRETS) -> str:
    """Say where a person finds the secret ``name``."""
    return (
        f"with the password of {_variable(name)}"
        if of_environment(name)
        else f"with the password in {directory / name}"
    )


def _variable(name: str) -> str:
    return f"WEBHA_{name.upper()}"


def of_environment(name: str) -> str | None:
    """Return the secret ``name`` of the environment, None where it has none."""
    return os.environ.get(_variable(name)) or None


def secret(name: str, directory: Path | None = None) -> str:
    """Return the secret ``name``: ``WEBHA_<NAME>`` of the environment, else the kept one, else a new one, kept."""
    folder = directory or STAGE.get() or SECRETS
    return of_environment(name) or kept(name, lambda: secrets.token_urlsafe(LENGTH) + "\n", folder)


def kept(name: str, make: Callable[[], str], directory: Path = SECRETS) -> str:
    """Return the text that is kept under ``name``, made by ``make`` where there is none. Raise ValueError for an empty one."""
    path = directory / name
    if not path.exists():
        new = _written(path, make())
        try:
            os.link(new, path)  # fails where another process was first, whose secret is then everybody's
        except FileExistsError:
            pass
        finally:
            new.unlink()
    found = path.read_text().strip()
    if not found:
        raise ValueError(
            f"{path} is empty: remove it to have a new secret made, or write the one that is in use into it"
        )
    return found


def replace(name: str, text: str, directory: Path = SECRETS) -> None:
    """Keep ``text`` under ``name`` in the place of what is there."""
    _written(directory / name, text).replace(directory / name)


def _written(path: Path, text: str) -> Path:
    """Return a file beside ``path`` that nobody else reads, from its first byte on."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    new = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    return new
