"""A release on each node's own disk: on the volume it is one file, which every node unpacks by itself.

So a node that was away, or whose disk is new, comes to the release that runs without the control machine, and all have the same bytes.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

from webha_node.site import layout
from webha_node.site.layout import ON_DISK, RELEASES, LayoutError

PACK = ("tar", "--use-compress-program", "gzip -1", "-c", "-f")
DIGEST = "tar"  # the key of the file's checksum, on the volume and on the node's disk


def file_of(root: Path, release: str) -> Path:
    """Return the release as one file on the volume."""
    return root / RELEASES / f"{release}.tar.gz"


def here(root: Path, release: str) -> bool:
    """Whether a release lies whole on this node's disk, and is the one of that name on the volume."""
    try:
        noted = json.loads((layout.LOCAL / f"{release}.json").read_text())
    except (FileNotFoundError, ValueError):
        return False
    try:
        return bool(noted.get(DIGEST) == layout.described(root, release).get(DIGEST))
    except FileNotFoundError:
        return True


def keep(root: Path, release: str) -> str:
    """Write the release of this node's disk onto the volume, and note that it is whole here; return the file's checksum."""
    file = file_of(root, release)
    part = file.with_name(f".{release}.part")
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    _done(*PACK, str(part), "-C", str(layout.LOCAL), release)
    digest = _digest(part)
    part.rename(file)
    os.sync()
    _whole(release, digest)
    return digest


def lacking(root: Path, release: str | None) -> bool:
    """Whether ``release`` is one of the nodes' disks, lies on the volume, and not here."""
    return bool(release and release.endswith(ON_DISK) and not here(root, release) and file_of(root, release).exists())


def spread(root: Path, release: str) -> None:
    """Have the release on this node's disk, from the volume; one process at a time. Does nothing where it is. Raises LayoutError."""
    os.umask(0o022)  # of a daemon's process, too: the web server reads what is made here
    layout.LOCAL.mkdir(parents=True, exist_ok=True)
    with (layout.LOCAL / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not here(root, release):
            _unpacked(file_of(root, release), release)


def _unpacked(file: Path, release: str) -> None:
    if not file.exists():
        raise LayoutError(
            f"{file} is gone, and the release {release} is not on this node's disk: run tasks/site.py with its archive"
        )
    part, home = layout.LOCAL / f".{release}.part", layout.LOCAL / release
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    try:
        digest = _digest(file)
        _done("tar", "-x", "-z", "-f", str(file), "-C", str(part), "--no-same-owner", "-p")
        os.sync()  # a power cut must not leave the name, or the note, beside files that are empty
        (layout.LOCAL / f"{release}.json").unlink(missing_ok=True)
        shutil.rmtree(home, ignore_errors=True)
        (part / release).rename(home)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    _whole(release, digest)


def _whole(release: str, digest: str) -> None:
    layout.replace(layout.LOCAL / f"{release}.json", json.dumps({DIGEST: digest}))


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _done(*words: str) -> None:
    done = subprocess.run(words, capture_output=True, check=False, text=True, errors="replace")
    if done.returncode != 0:
        raise LayoutError(f"{words[0]} of a release failed: {done.stderr.strip()}")
