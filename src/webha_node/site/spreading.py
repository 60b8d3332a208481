"""A release on each node's own disk: on the volume it is one file, which every node unpacks by itself.

So a node that was away, or whose disk is new, comes to the release that runs without the control machine, and all have the same bytes.
"""

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

from webha_node.site import layout
from webha_node.site.layout import ON_DISK, RELEASES, LayoutError

PACK = ("tar", "--use-compress-program", "gzip -1", "-c", "-f")


def file_of(root: Path, release: str) -> Path:
    """Return the release as one file on the volume."""
    return root / RELEASES / f"{release}.tar.gz"


def here(release: str) -> bool:
    """Whether a release lies whole on this node's disk."""
    return (layout.LOCAL / f"{release}.json").exists()


def keep(root: Path, release: str) -> None:
    """Write the release of this node's disk onto the volume, and note that it is whole here."""
    file = file_of(root, release)
    part = file.with_name(f".{release}.part")
    _done(*PACK, str(part), "-C", str(layout.LOCAL), release)
    part.rename(file)
    _whole(release)


def lacking(root: Path, release: str | None) -> bool:
    """Whether ``release`` is one of the nodes' disks, lies on the volume, and not here."""
    return bool(release and release.endswith(ON_DISK) and not here(release) and file_of(root, release).exists())


def spread(root: Path, release: str) -> None:
    """Have the release on this node's disk, from the volume; one process at a time. Does nothing where it is. Raises LayoutError."""
    os.umask(0o022)  # of a daemon's process, too: the web server reads what is made here
    layout.LOCAL.mkdir(parents=True, exist_ok=True)
    with (layout.LOCAL / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not here(release):
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
        _done("tar", "-x", "-z", "-f", str(file), "-C", str(part), "--no-same-owner", "-p")
        shutil.rmtree(home, ignore_errors=True)
        (part / release).rename(home)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    _whole(release)


def _whole(release: str) -> None:
    """Say so after all of it is on the disk: a power cut must not leave the note beside files that are empty."""
    os.sync()
    layout.replace(layout.LOCAL / f"{release}.json", "{}")


def _done(*words: str) -> None:
    done = subprocess.run(words, capture_output=True, check=False, text=True, errors="replace")
    if done.returncode != 0:
        raise LayoutError(f"{words[0]} of a release failed: {done.stderr.strip()}")
