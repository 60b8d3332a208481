"""Base images: a minimal Debian as a cloud image has it, built once per suite and recipe, never written to again."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from lab.gateway import MIRRORS, PROXY
from lab.group import Group
from lab.layout import STATE, LabError, call
from lab.network import inside

_PACKAGES = [
    *("ca-certificates", "dbus", "iproute2", "iputils-ping", "kmod", "less", "libpam-systemd", "netbase"),
    *("openssh-server", "procps", "python3-minimal", "sudo", "systemd", "systemd-sysv", "udev"),
]

# A reset or a boot must not depend on the time of day, so Debian's own timers that take the package lock are off.
# The nodes' network is given from outside, as a cloud gives it; nothing inside may touch it or wait for it.
# The kernel's debug and trace files are the host's.
_CUSTOMIZE = r"""
set -eu
cd "$1"
rm -f etc/ssh/ssh_host_* etc/hostname etc/resolv.conf
: > etc/resolv.conf
: > etc/machine-id
useradd --root "$1" --create-home --shell /bin/bash debian
echo 'debian ALL=(ALL) NOPASSWD:ALL' > etc/sudoers.d/90-cloud-init-users
chmod 440 etc/sudoers.d/90-cloud-init-users
printf 'PasswordAuthentication no\nPermitRootLogin prohibit-password\n' > etc/ssh/sshd_config.d/50-cloud-init.conf
echo force-unsafe-io > etc/dpkg/dpkg.cfg.d/lab
systemctl --root "$1" --quiet mask console-getty.service getty.target systemd-networkd.service systemd-networkd.socket \
    systemd-networkd-wait-online.service apt-daily.timer apt-daily-upgrade.timer \
    sys-kernel-debug.mount sys-kernel-tracing.mount
rm -f etc/apt/sources.list etc/apt/sources.list.d/* etc/apt/apt.conf.d/99mmdebstrap
"""

_SOURCES = """\
Types: deb
URIs: http://{debian}
Suites: {suite} {suite}-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://{security}
Suites: {suite}-security
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
"""


def _apt_settings() -> list[str]:
    """The gateway as proxy; and a machine that accepts an archive frozen in the past has nodes that do so too."""
    dump = call("apt-config", "dump", "--format", "%f %v%n", "Acquire::Check-Valid-Until", "Acquire::Check-Date")
    inherited = [
        f'{name} "{value}";' for name, _, value in (line.partition(" ") for line in dump.splitlines()) if value
    ]
    return [f'Acquire::http::Proxy "{PROXY}";', *inherited]


def ensure(suite: str) -> Path:
    """Return the base image of SUITE, building it if this machine has not yet. The gateway must be running."""
    settings = _apt_settings()
    sources = _SOURCES.format(suite=suite, **MIRRORS)
    recipe = "\n".join([suite, *_PACKAGES, *settings, sources, _CUSTOMIZE])
    image = STATE / "images" / f"{suite}-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"
    if not image.exists():
        print(f"lab: building the base image of {suite} (once on this machine)", file=sys.stderr)
        _build(suite, image, settings, sources)
    return image


def _build(suite: str, image: Path, settings: list[str], sources: str) -> None:
    image.parent.mkdir(parents=True, exist_ok=True)
    for leftover in image.parent.glob("*.partial"):
        shutil.rmtree(leftover)
    partial = image.with_name(image.name + ".partial")
    command = [
        "mmdebstrap",
        "--quiet",
        "--mode=root",
        "--variant=minbase",
        f"--include={','.join(_PACKAGES)}",
        f"--customize-hook={_CUSTOMIZE}",
        "--dpkgopt=force-unsafe-io",
        *(f"--aptopt={setting}" for setting in settings),
        suite,
        str(partial),
        f"deb http://{MIRRORS['debian']} {suite} main",
        f"deb http://{MIRRORS['debian']} {suite}-updates main",
        f"deb http://{MIRRORS['security']} {suite}-security main",
    ]
    done = subprocess.run(
        Group("build").wrap(*inside(*command)), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        errors = [line for line in done.stderr.splitlines() if line.startswith("E: ")] or done.stderr.splitlines()
        shutil.rmtree(partial, ignore_errors=True)
        raise LabError(f"mmdebstrap could not build {suite} from http://{MIRRORS['debian']}: {'; '.join(errors[:3])}")
    (partial / "etc/apt/sources.list.d/debian.sources").write_text(sources)
    (partial / "etc/apt/apt.conf.d/90lab").write_text("\n".join([*settings, ""]))
    partial.rename(image)
