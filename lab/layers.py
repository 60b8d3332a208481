"""What lies below a node's own disk: the suite's image, and above it the layers of a variant, each made once and kept."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from lab import image
from lab.group import Group
from lab.layout import NODES, STATE, LabError, Node
from lab.network import inside
from lab.variant import Variant

_SCRIPTS = Path(__file__).with_name("variants")
_ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}

# In a mount namespace that ends with it: what is interrupted leaves no mount. $1: the images below, $2: a folder for the rest.
_INSIDE = """
cd "$2"
mount -t overlay -o "lowerdir=$1,upperdir=upper,workdir=work" webha-lab root
mount -t proc proc root/proc
mount --rbind /dev root/dev
mount -t tmpfs tmpfs root/run
mount -t tmpfs tmpfs root/tmp
exec chroot root sh -eu -s
"""

# No daemon starts while its package is installed; the lists would only grow old.
_PRELUDE = """
umask 022
install_packages() {
    printf '#!/bin/sh\\nexit 101\\n' >/usr/sbin/policy-rc.d
    chmod 755 /usr/sbin/policy-rc.d
    apt-get -q update
    apt-get -q -y --no-install-recommends install "$@"
    apt-get clean
    rm -rf /var/lib/apt/lists/* /usr/sbin/policy-rc.d
}
"""


def below(suite: str, variant: Variant) -> dict[Node, tuple[Path, ...]]:
    """Return each node's images, the uppermost first, making those that this machine lacks. The gateway must be running."""
    base = (image.ensure(suite),)
    common = _over(base, variant.everywhere)
    first = _over(common, variant.first)
    return {one: first if one == NODES[0] else common for one in NODES}


def _over(images: tuple[Path, ...], scripts: tuple[str, ...]) -> tuple[Path, ...]:
    for name in scripts:
        images = (_layer(name, images), *images)
    return images


def _layer(name: str, images: tuple[Path, ...]) -> Path:
    script = _PRELUDE + (_SCRIPTS / f"{name}.sh").read_text()
    recipe = "\n".join([*(one.name for one in images), _INSIDE, script])
    made = STATE / "images" / f"{name}-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"
    if not made.exists():
        print(f"lab: making the layer {name} (once on this machine)", file=sys.stderr)
        _build(name, made, images, script)
    return made


def _build(name: str, made: Path, images: tuple[Path, ...], script: str) -> None:
    partial = made.with_name(f"{made.name}.partial")
    if partial.exists():
        shutil.rmtree(partial)
    for folder in ("upper", "work", "root"):
        (partial / folder).mkdir(parents=True)
    (partial / "upper").chmod(0o755)
    command = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-euc", _INSIDE, "layer"]
    done = subprocess.run(
        Group("build").wrap(*inside(*command, ":".join(map(str, images)), str(partial))),
        input=script,
        capture_output=True,
        text=True,
        errors="replace",
        env=_ENVIRONMENT,
        check=False,
    )
    if done.returncode != 0:
        lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
        errors = [line for line in lines if line.startswith("E: ")] or lines[-3:] or [f"exit code {done.returncode}"]
        shutil.rmtree(partial, ignore_errors=True)
        raise LabError(f"the layer {name} could not be made: {'; '.join(errors)}")
    (partial / "upper").rename(made)
    shutil.rmtree(partial)
