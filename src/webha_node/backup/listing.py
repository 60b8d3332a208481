"""What is in a folder, and what of it has changed since: by what lstat(2) says, which is there in a moment."""

import os
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from webha_node.backup.repository import BackupError
from webha_node.commands import ENGLISH


def listed(folder: Path, left: Iterable[str] = ()) -> dict[bytes, bytes]:
    """Return what is below a folder, but for what is ``left`` (as rsync names it): paths, and by what a change of each is known. Raises BackupError."""
    if not folder.is_dir():
        return {}
    names = [
        word for one in left for word in ("-o", *(("-path", f".{one}") if one.startswith("/") else ("-name", one)))
    ]
    pruned = ("(", *names[1:], ")", "-prune", "-o") if names else ()
    words = ("find", ".", "-mindepth", "1", *pruned, "-printf", r"%P\t%i %s %m %U %G %C@ %T@\0")
    done = subprocess.run(words, cwd=folder, capture_output=True, check=False, env={**os.environ, **ENGLISH})
    said = done.stderr.decode("utf-8", "replace").splitlines()
    if wrong := [line for line in said if "No such file or directory" not in line]:  # but for what went meanwhile
        raise BackupError(f"{folder} could not be listed: {wrong[0]}")
    return {path: what for path, _, what in (line.rpartition(b"\t") for line in done.stdout.split(b"\0") if line)}


def difference(before: Mapping[bytes, bytes], now: Mapping[bytes, bytes]) -> tuple[list[bytes], list[bytes]]:
    """Return what is gone, a folder after what was in it, and what is new or changed."""
    gone = sorted(before.keys() - now.keys(), reverse=True)
    return gone, [path for path, what in now.items() if before.get(path) != what]
