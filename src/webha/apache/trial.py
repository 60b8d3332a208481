"""How Apache and PHP try a configuration: Apache on a copy of its folder, PHP the settings by themselves, OpenSSL the key and certificate."""

from webha.apache.manifest import CERTIFICATE, php_settings
from webha.machine.trial import Trial

# Lines of a kind, its folder, a name and the content as base64 come on standard input; $1 is Apache's folder, $2 the modules, $3 those
# that go.
APPLY = """
apply() {
  export APACHE_CONFDIR="$1" APACHE_STATEDIR="$1/.webha-state"; mkdir -p "$APACHE_STATEDIR"
  for other in $3; do ! [ -e "$1/mods-enabled/$other.load" ] || a2dismod -q -f "$other" >/dev/null; done
  a2enmod -q $2 >/dev/null </dev/null
  while read -r kind folder name content; do
    printf '%s' "$content" | base64 -d > "$1/$folder-available/.webha-new"
    mv "$1/$folder-available/.webha-new" "$1/$folder-available/$name.conf"
    "a2en$kind" -q "$name" >/dev/null
  done
  ! [ -e "$1/sites-enabled/000-default.conf" ] || a2dissite -q 000-default >/dev/null
  rm -rf "$APACHE_STATEDIR"
}
"""

# What no test of the files tells: a taken port, with which a reload ends Apache; and a site of somebody's over TLS by our name, which
# would lose its visitors to ours, and to a certificate that they do not know.
_BESIDE = r"""
case " $2 " in *" ssl "*) ;; *) exit 0;; esac
holder=$(ss -Hltnp 'sport = :443' | grep -v '"apache2"' | sed -n 's/.*users:(("\([^"]*\)".*/\1/p' | sort -u)
[ -z "$holder" ] || { echo "port 443 is held by $holder: stop and disable it, or set https to off"; exit 1; }
named=$( . "$copy/envvars"; apache2 -S -d "$copy" -f "$copy/apache2.conf" 2>/dev/null |
  sed -n 's/^ *port 443 namevhost \([^ ]*\) (\(.*\):[0-9]*)$/\1 \2/p')
ours=$(printf '%s\n' "$named" | sed -n 's#\([^ ]*\) .*/webha\.conf$#\1#p')
theirs=$(printf '%s\n' "$named" | grep -v '/webha\.conf$' | sed -n "s#^$ours .*/#sites-enabled/#p" | head -n 1)
[ -z "$theirs" ] || { echo "$theirs is a site called $ours at port 443, too: take it away, or set https to off"; exit 1; }
"""

# With a broken file no Apache starts, on any node.
_SITES = f"""{APPLY}
copy=$(mktemp -d); trap 'rm -rf "$copy"' EXIT
cp -a /etc/apache2/. "$copy"
apply "$copy" "$2" "$3" < "$1"
( . "$copy/envvars"; apache2 -t -d "$copy" -f "$copy/apache2.conf" )
{_BESIDE}
"""

# PHP goes on with another value than the one that it cannot read, a memory_limit of 0 say, and only warns.
_PHP = """
command -v php >/dev/null || exit 0
warned=$(php -n -c "$1" -d display_errors=1 -d display_startup_errors=1 -r '' 2>&1) || :
[ -z "$warned" ] || { printf '%s\\n' "$warned" | grep .; exit 1; }
"""


# With a key or certificate that its OpenSSL does not take, a graceful reload ends Apache. This server has read both when its socket is there.
_TLS = """
command -v openssl >/dev/null || { echo "openssl is not installed: it belongs to apache_packages"; exit 1; }
folder=$(mktemp -d)
openssl s_server -cert "$1" -key "$1" -cert_chain "$1" -unix "$folder/socket" > "$folder/said" 2>&1 < /dev/null & server=$!
trap 'kill $server 2>/dev/null || :; rm -rf "$folder"' EXIT
for i in $(seq 100); do
  [ ! -S "$folder/socket" ] || exit 0
  kill -0 $server 2>/dev/null || break
  sleep 0.1
done
grep -m 2 -i error "$folder/said" || cat "$folder/said"; exit 1
"""


def sites_and(modules: str, without: str) -> Trial:
    """Return the trial of the sites with these modules and ``without`` those, names with spaces between."""
    return Trial("Apache", "sites", _SITES, (modules, without))


def php(debian: int) -> Trial:
    """Return the trial of our PHP settings on this Debian release."""
    return Trial("PHP", php_settings(debian), _PHP)


TLS = Trial("OpenSSL", CERTIFICATE, _TLS)
