"""A release made of Debian's package of the application, on the node that places it: no archive has to be at hand."""

from pyinfra.api.command import StringCommand

from webha import drupal
from webha.ground import shell
from webha.machine.facts import INSTALLED

# What the package has of others by links (fonts, scripts) comes along as files, and what it has in /etc does not: a release is whole in itself.
# A theme is only recommended there, and without one there is no page.
_PACK = f"""
package=$1 version=$2 archive=$3
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
theme=$(apt-cache depends "$package" | sed -n "s/^ *|*Recommends: \\($package-theme-[a-z0-9-]*\\)$/\\1/p" | head -n 1)
umask 022; mkdir -p "$(dirname {INSTALLED})"
for one in "$package" $theme; do
  dpkg-query -W -f='${{db:Status-Abbrev}}' "$one" 2>/dev/null | grep -q '^[ih]i' || printf '%s\n' "$one" >> {INSTALLED}
done
apt-get -q -y -o Acquire::Retries=3 -o DPkg::Lock::Timeout=600 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold \
  --no-remove install --no-install-recommends "$package=$version" $theme >&2
tar -c -h --hard-dereference --exclude="$package/.htaccess" -C /usr/share -f "$archive.part" "$package"
mv "$archive.part" "$archive"
"""


SIZE = 150 << 20  # bytes, at most, of a release made of a package


def described(release: drupal.Release) -> dict[str, str | None]:
    """Return what the mark on the volume says of it."""
    return {"archive": release.archive, "checksum": release.archive, "version": release.packaged}


def packed(release: drupal.Release, archive: str) -> StringCommand:
    """Return the command that installs the release's package in its version, and makes an archive of it on the node."""
    return shell.script(_PACK, release.app.package, release.packaged or "", archive)
