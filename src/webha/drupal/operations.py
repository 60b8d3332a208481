"""Drupal: database, release, settings and site (the document's §2.5)."""

import json
import re
from collections.abc import Iterable

from pyinfra.api.exceptions import OperationError
from pyinfra.api.operation import operation
from pyinfra.context import host

from webha import drupal
from webha.drupal.facts import Drupal
from webha.drupal.fetching import fetched
from webha.drupal.state import MARKER, OTHERWISE, OURS, STAGING, VALUES
from webha.galera.datadir import MARK
from webha.galera.facts import SQL, STATEMENTS
from webha.ground import shell
from webha.ground.forms import all_of
from webha.machine.facts import Directories, Files
from webha.machine.operations import SCRATCH, Commands, File, place, room, send
from webha.run.ending import say_at_end

# Creating a file on the volume is a dozen round trips: a few writers at once took three quarters of one's time (docs/decisions/0005-docroot.md).
WRITERS = 4
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,31}")


def _named(*names: str) -> None:
    for name in names:
        if not _NAME.fullmatch(name):
            raise OperationError(
                f"{name!r} is no name for a database or its user: letters, digits and _, a letter first"
            )


_NO_PRIMARY = "the database is not in a reachable primary component; run tasks/galera.py first"


def _not_given(site: drupal.Site, database: str, user: str, hashed: str) -> str:
    """Say what keeps the site's database and account from being made; empty where nothing does."""
    if not site.primary:
        return _NO_PRIMARY
    if site.taken:
        return drupal.TAKEN.format(site.tables)
    if site.password_hash == OTHERWISE:
        return (
            f"the account {user}@localhost of MariaDB logs in by something else than a password of ours (SHOW CREATE USER): name another "
            "drupal_db_user, or give it mysql_native_password"
        )
    known = (None, site.password_hash, *site.other_hashes)
    if site.password_hash is not None and hashed not in known and not site.ours:
        return (
            f"the account {user}@localhost of MariaDB has another password than ours, and the database {database} is not proved ours: "
            "write the one that is in use into secrets/drupal_db_password, or name another drupal_db and drupal_db_user"
        )
    return ""


@operation()
def database(database: str, user: str, password: str, root: str) -> Commands:
    """Own the database, the local account with this password, and its privileges on that database; for one node only.

    Compares hashes, so a changed password is set and an unchanged one is not; the former one stays beside it until
    :func:`password_alone`, for the site knows no other one yet. The password goes to MariaDB over its
    standard input. A database of ours carries a mark; one of a cluster of before the mark is given it. Refuses while the node
    is no Synced member, and where the account of a database that is not proved ours has another password.
    """
    _named(database, user)
    site = host.get_fact(Drupal, root=root, database=database, user=user)
    hashed = drupal.native_password(password)
    if site is None or (words := _not_given(site, database, user, hashed)):
        yield shell.refusal(_NO_PRIMARY if site is None else words)
        return
    statements = []
    if not site.database:
        statements.append(
            f"CREATE DATABASE `{database}` CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci COMMENT '{MARK}'"
        )
    elif site.ours and not site.made:
        statements.append(f"ALTER DATABASE `{database}` COMMENT '{MARK}'")
    if site.password_hash is None:
        statements.append(f"CREATE USER '{user}'@localhost IDENTIFIED BY PASSWORD '{hashed}'")
    elif hashed not in (site.password_hash, *site.other_hashes):
        all_of_them = (site.password_hash, *site.other_hashes, hashed)
        both = " OR ".join(f"mysql_native_password USING '{one}'" for one in all_of_them)
        statements.append(f"ALTER USER '{user}'@localhost IDENTIFIED VIA {both}")
    if not site.privileges:
        statements.append(f"GRANT ALL PRIVILEGES ON `{database}`.* TO '{user}'@localhost")
    if not statements:
        host.noop(f"database {database} and its user are as they should be")
        return
    yield shell.script(STATEMENTS, stdin=";\n".join(statements) + ";")


SEEN = 6  # seconds after which every node's PHP runs another settings.php: opcache looks every two


@operation()
def password_alone(database: str, user: str, password: str, root: str) -> Commands:
    """Own that the account has no other password than this one, once every node's settings have it. Does nothing where it has none."""
    site = host.get_fact(Drupal, root=root, database=database, user=user)
    if site is None or not site.primary:
        yield shell.refusal(_NO_PRIMARY)
    elif not site.other_hashes or not site.ours:
        host.noop("the account has one password")
    else:
        statement = f"ALTER USER '{user}'@localhost IDENTIFIED BY PASSWORD '{drupal.native_password(password)}';"
        yield shell.script(f"sleep {SEEN}; {STATEMENTS}", stdin=statement)


# On local disk first: a broken archive or a full disk shows there in seconds. Onto the volume under a name of our own,
# then moved into place, index.php last, the marker after all. The lock makes a second run wait for the first one's
# process, which may outlive a killed pyinfra; what it finished is not done again.
_UNPACK = f"""
archive=$1 root=$2 marker=$3
exec 9>/run/webha-release.lock; flock -w 900 9
cd "$root"
if [ -e {MARKER} ]; then rm -rf {STAGING}; exit 0; fi
if ! [ -e {STAGING} ] && [ -n "$(ls -A | grep -vxE {OURS})" ]; then
  echo "refused: $root holds what was not there when this run looked: $(ls -A | head -n 3 | tr '\n' ' ')" >&2; exit 1
fi
if ! [ -e {STAGING}/.complete ]; then
  local=$(mktemp -d -p /var/tmp webha-release.XXXXXX)
  trap 'rm -rf "$local" "$local".list* "$archive"; [ -e {STAGING}/.complete ] || rm -rf {STAGING}' EXIT
  tar -x -f "$archive" -C "$local" --strip-components=1 --no-same-owner --no-same-permissions || {{
    echo "the release could not be unpacked on this node: $(df -h /var/tmp | tail -n 1)" >&2; exit 1; }}
  chmod -R u=rwX,go=rX "$local"
  rm -rf {STAGING}; mkdir {STAGING}
  list="$local.list"; (cd "$local"; find . -type d) | (cd {STAGING}; xargs -d '\\n' mkdir -p)
  (cd "$local"; find . ! -type d) | split -n r/{WRITERS} - "$list."
  writers=
  for part in "$list".*; do
    (tar -c -f - -C "$local" -T "$part" | tar -x -m -f - -C {STAGING} --no-same-owner --no-same-permissions) & writers="$writers $!"
  done
  for writer in $writers; do
    wait "$writer" || {{ echo "the release could not be written to the volume: $(df -h "$root" | tail -n 1)" >&2; exit 1; }}
  done
  rm -rf "$local" "$list".*
  : > {STAGING}/.complete
fi
for entry in $(ls -A {STAGING} | grep -vx -e .complete -e index.php) index.php; do
  [ -e "{STAGING}/$entry" ] || continue
  if [ -e "$entry" ] || [ -L "$entry" ]; then
    echo "refused: $root/$entry is there already, and not from this release: move it away, then run this again" >&2; exit 1
  fi
  mv "{STAGING}/$entry" "$entry"
done
printf '%s' "$marker" > .webha-new; mv .webha-new {MARKER}
rm -rf {STAGING} "$archive"
"""


@operation()
def release(
    release: drupal.Release | None,
    root: str,
    *,
    database: str,
    user: str,
    version: str | None = None,
    by_links: bool = False,
) -> Commands:
    """Own that the release is unpacked on the volume, once, as root's (the web server cannot write code); one node only.

    The checksum is compared, and the archive looked into, on the control machine before anything reaches a node. Does
    nothing where a release (also another one) is there; refuses a volume with somebody's files. A run cut off half-way
    is continued by the next one. Of our own site whose marker somebody took away only that is written again.
    ``release``: None where one was there when the run began; ``version``: what the data name then; ``by_links``: it is not meant for the
    volume's top.
    """
    if by_links:
        host.noop("the release runs by links")
        return
    site = host.get_fact(Drupal, root=root, database=database, user=user)
    verdict = drupal.to_unpack(site, release.checksum if release else None, version)
    if verdict.action == "other":
        say_at_end(verdict.reason)
    if verdict.action in ("nothing", "other"):
        host.noop(verdict.reason)
        return
    if verdict.action == "refuse":
        yield shell.refusal(verdict.reason)
        return
    if verdict.action == "mark":  # which one it was nobody knows any more
        marker = json.dumps({"archive": "unknown", "checksum": "unknown"})
        yield shell.script(f'cd "$1"; printf %s "$2" > .webha-new; mv .webha-new {MARKER}', root, marker)
        return
    if release is None:
        yield shell.refusal("the release that was on the volume is gone: run this again")
        return
    yield shell.run("true")  # what follows fetches: not while changes are only being looked for
    try:
        archive = fetched(release)
        checksum = drupal.verified(archive, release.checksum)
    except drupal.ReleaseError as error:
        yield shell.refusal(str(error))
        return
    unpacked = drupal.unpacked_size(archive)
    yield room({SCRATCH: archive.stat().st_size + unpacked, root: unpacked}, "the release")
    remote = f"{SCRATCH}/webha-{checksum.split(':')[1][:16]}.tar"
    yield send(archive, remote)
    marker = json.dumps(drupal.described(archive, checksum))
    yield shell.script(_UNPACK, remote, root, marker)


@operation()
def writable_directories(paths: Iterable[str], owner: str = "www-data") -> Commands:
    """Own that the directories exist and belong to the web server (mode 2775); what is in them is left alone."""
    wanted = all_of(paths)
    state = host.get_fact(Directories, paths=wanted)
    if state is None:
        yield shell.refusal("cannot read the state of " + ", ".join(wanted))
        return
    different = [path for path in wanted if state[path] != f"2775 {owner}:{owner}"]
    if not different:
        host.noop("directories are as they should be")
        return
    for path in different:
        yield shell.script('mkdir -p "$1"; chown "$2:$2" "$1"; chmod 2775 "$1"', path, owner)


@operation()
def local_cache(path: str) -> Commands:
    """Own the directory of Drupal's compiled templates on this node, made from its tmpfiles.d entry. Does nothing where it is."""
    state = host.get_fact(Directories, paths=(path,))
    if state is None:
        yield shell.refusal(f"cannot read the state of {path}")
    elif state[path] != "750 www-data:www-data":
        yield shell.run("systemd-tmpfiles", "--create", "/etc/tmpfiles.d/webha-drupal.conf")
    else:
        host.noop(f"{path} is as it should be")


# Under a lock and with a table of ours as mark: the installer of a killed run is waited for, what it finished is not
# done again, and only a database that our own installer left half filled is emptied.
_INSTALL = f"""
database=$1 installer=$2
configuration=$(cat)
exec 9>/run/webha-install.lock; flock -w 900 9
tables=$({SQL} "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema='$database'")
mark=$({SQL} "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema='$database' AND table_name='{drupal.INSTALLING}'")
importing=$({SQL} "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema='$database' AND table_name='{drupal.IMPORTING}'")
if [ "$importing" = 1 ]; then echo "refused: {drupal.IMPORT_CUT}" >&2; exit 1; fi
if [ "$tables" -gt 0 ] && [ "$mark" = 0 ]; then exit 0; fi
if [ "$mark" = 1 ]; then {SQL} "DROP DATABASE $database; CREATE DATABASE $database CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci COMMENT '{MARK}'"; fi
{SQL} "CREATE TABLE $database.{drupal.INSTALLING} (id INT PRIMARY KEY)"
printf '%s' "$configuration" | timeout 900 runuser -u www-data -- php -d memory_limit=512M "$installer" >&2
{SQL} "DROP TABLE $database.{drupal.INSTALLING}"
"""


@operation()
def site(
    *,
    root: str,
    database: str,
    user: str,
    settings: File,
    closed_settings: File,
    values: File | None,
    installer: str,
    configuration: str,
    install: bool,
    confirm: str | None = None,
) -> Commands:
    """Own settings.php, unless it is somebody's own, and with ``install`` that a site is installed; for one node only.

    Beside a settings.php that does not say that it is ours ``values`` are put, and the run ends with the line that includes
    them; the site is its owner's then, and nothing is installed (None: the application has no such line). While the installer works settings.php answers every web
    request with 503 (``closed_settings``): a page served meanwhile would leave a cached 404 behind. ``configuration``, JSON
    with the administrator's password, reaches the installer on standard input. Never installs over tables; refuses where
    a reachable Primary cannot tell, and where the volume holds a site whose database is gone, until ``confirm`` was said (None: it was).
    """
    _named(database, user)
    state = host.get_fact(Drupal, root=root, database=database, user=user)
    verdict = drupal.to_install(state, confirm if install else None)
    foreign = state is not None and state.settings == "foreign"
    if foreign and values is not None and state is not None and not state.included:
        say_at_end(
            f"{settings.path} is your own and stays. For this cluster's database and addresses put at its end:\n"
            f"    include $app_root . '/' . $site_path . '/{VALUES}';"
        )
    wanted = (values or settings) if foreign else settings
    files = host.get_fact(Files, paths=(wanted.path,))
    if files is None or verdict.action == "refuse":
        yield shell.refusal(verdict.reason if verdict.action == "refuse" else f"{wanted.path} cannot be read")
        return
    if verdict.action == "install" and install:
        yield place(closed_settings)
        yield shell.script(_INSTALL, database, installer, stdin=configuration)
        yield place(settings)
    elif foreign and values is None:
        host.noop(verdict.reason)
    elif wanted.differs(files[wanted.path]):
        yield place(wanted)
    else:
        host.noop(
            verdict.reason if verdict.action == "nothing" else "settings are in place; the web installer is left to you"
        )
