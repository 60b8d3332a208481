"""A release made of Debian's package of the application, on the node that places it: no archive has to be at hand, and nothing is installed."""

from pyinfra.api.command import StringCommand

from webha import drupal
from webha.ground import shell

# Fetched and verified by apt, and unpacked beside the system: the package's own dependencies would stay, and with them Apache, after a reset.
# What it has of others by links (scripts, a parser) comes along as files, what it has in /etc does not: a release is whole in itself. Its theme is
# only recommended there, and without one there is no page.
_PACK = """
package=$1 version=$2 archive=$3
others=$(LC_ALL=C apt-cache depends "$package" | sed -nE "s/^ *[|]?(Depends|Recommends): (libjs-[a-z0-9.+-]+|php-getid3|ca-certificates|$package-theme-[a-z0-9-]+)$/\\2/p" | sort -u)
whole=$(mktemp -d -p /var/tmp webha-package.XXXXXX); trap 'rm -rf "$whole" "$archive.part"' EXIT
mkdir "$whole/deb" "$whole/root"; cd "$whole/deb"
apt-get -q -o Acquire::Retries=3 -o APT::Sandbox::User=root download "$package=$version" $others >&2
for one in *.deb; do dpkg-deb -x "$one" "$whole/root"; done
code=$whole/root/usr/share/$package
bundle=$code/wp-includes/certificates/ca-bundle.crt
if [ -L "$bundle" ]; then rm "$bundle"; cat "$whole"/root/usr/share/ca-certificates/mozilla/*.crt > "$bundle"; fi
rm -f "$code/.htaccess"
tar -c -h --hard-dereference -C "$whole/root/usr/share" -f "$archive.part" "$package"
mv "$archive.part" "$archive"
"""
SIZE = 150 << 20  # bytes, at most, of a release made of a package


def described(release: drupal.Release) -> dict[str, str | None]:
    """Return what the mark on the volume says of it."""
    return {
        "archive": release.archive,
        "checksum": release.archive,
        "version": release.packaged,
        "app": release.app.name,
    }


def packed(release: drupal.Release, archive: str) -> StringCommand:
    """Return the command that fetches the release's package in its version, and makes an archive of it on the node."""
    return shell.script(_PACK, release.app.package, release.packaged or "", archive)
