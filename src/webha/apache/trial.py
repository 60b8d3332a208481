"""How Apache and PHP try a configuration: Apache on a copy of its folder, PHP the settings by themselves."""

from webha.apache.manifest import php_settings
from webha.machine.trial import Trial

# Lines of a kind, its folder, a name and the content as base64 come on standard input; $1 is Apache's folder, $2 the modules, $3 those
# that go.
APPLY = """
apply() {
  export APACHE_CONFDIR="$1" APACHE_STATEDIR="$1/.webha-state"; mkdir -p "$APACHE_STATEDIR"
  while read -r kind folder name content; do
    printf '%s' "$content" | base64 -d > "$1/$folder-available/.webha-new"
    mv "$1/$folder-available/.webha-new" "$1/$folder-available/$name.conf"
    "a2en$kind" -q "$name" >/dev/null
  done
  for other in $3; do ! [ -e "$1/mods-enabled/$other.load" ] || a2dismod -q -f "$other" >/dev/null; done
  a2enmod -q $2 >/dev/null
  ! [ -e "$1/sites-enabled/000-default.conf" ] || a2dissite -q 000-default >/dev/null
  rm -rf "$APACHE_STATEDIR"
}
"""

# With a broken file no Apache starts, on any node.
_SITES = f"""{APPLY}
copy=$(mktemp -d); trap 'rm -rf "$copy"' EXIT
cp -a /etc/apache2/. "$copy"
apply "$copy" "$2" "$3" < "$1"
( . "$copy/envvars"; apache2 -t -d "$copy" -f "$copy/apache2.conf" )
"""

# PHP goes on with another value than the one that it cannot read, a memory_limit of 0 say, and only warns.
_PHP = """
command -v php >/dev/null || exit 0
warned=$(php -n -c "$1" -d display_errors=1 -d display_startup_errors=1 -r '' 2>&1) || :
[ -z "$warned" ] || { printf '%s\\n' "$warned" | grep .; exit 1; }
"""


def sites_and(modules: str, without: str) -> Trial:
    """Return the trial of the sites with these modules and ``without`` those, names with spaces between."""
    return Trial("Apache", "sites", _SITES, (modules, without))


def php(debian: int) -> Trial:
    """Return the trial of our PHP settings on this Debian release."""
    return Trial("PHP", php_settings(debian), _PHP)
