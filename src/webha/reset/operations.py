"""Taking a layer off a node (tasks/reset.py asks for the cluster's name before any of these runs)."""

from collections.abc import Iterable

from pyinfra.api.operation import operation
from pyinfra.context import host

from webha import drupal, galera, gluster, reset
from webha.cluster import cib, conflicts
from webha.cluster.facts import Cluster, LiveCib
from webha.cluster.operations import replace_configuration
from webha.drupal.facts import Drupal
from webha.drupal.state import MARKER
from webha.galera.datadir import PLACE
from webha.galera.facts import PURGED, SQL, Account, Galera
from webha.gluster.facts import Gluster
from webha.ground import shell
from webha.ground.forms import all_of
from webha.ground.manifest import HEADER, LIBRARY, NOTES, Part
from webha.machine.facts import INSTALLED
from webha.machine.operations import DPKG_AT_REST, Commands
from webha.reset.facts import Remains
from webha.run.across import everyone

# "Nobody needs it" is apt's own judgement: what we installed is marked as brought along by others, and what that alone makes
# superfluous goes; a package that somebody installed since keeps what it needs. What was superfluous before stays.
# Of the folders only those go that are empty now and no package's: a file that somebody put there stays with its folder.
_ERASE = (
    """
prepare=$1 packages=$2 empty=$3; shift 3
lists=$(mktemp -d); trap 'rm -rf "$lists"' EXIT
{ours}
superfluous() { {superfluous}; }
: > "$lists/paths"; : > "$lists/installed"; : > "$lists/configured"
for path do ! ours "$path" || printf '%s\\n' "$path" >> "$lists/paths"; done # before their neighbours go
eval "$prepare"
if [ -n "$packages" ]; then
  export DEBIAN_FRONTEND=noninteractive
  {at rest}
  for package in $(printf '%s\\n' $packages | sort); do
    case $(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null) in
      ?i*) echo "$package" >> "$lists/installed";;
      ?[!n]*) echo "$package" >> "$lists/configured";;
    esac
  done
  if [ -s "$lists/installed" ]; then
    apt-mark manual $(cat "$lists/installed") >/dev/null # as it was, where a run was cut off below
    superfluous > "$lists/before"
    trap 'apt-mark manual $(dpkg-query -W -f "\\${db:Status-Abbrev} \\${Package}\\n" $(cat "$lists/installed") 2>/dev/null | sed -n "s/^ii  *//p") >/dev/null; rm -rf "$lists"' EXIT
    apt-mark auto $(cat "$lists/installed") >/dev/null
    superfluous > "$lists/after"
    comm -13 "$lists/before" "$lists/after" > "$lists/going"
    [ ! -s "$lists/going" ] || apt-get -q -y -o DPkg::Lock::Timeout=600 purge $(cat "$lists/going")
    trap 'rm -rf "$lists"' EXIT
    for package in $(comm -23 "$lists/installed" "$lists/going"); do echo "kept, for something else needs it: $package"; done
  fi
  [ ! -s "$lists/configured" ] || apt-get -q -y -o DPkg::Lock::Timeout=600 purge $(cat "$lists/configured")
  for package in $packages; do sed -i "/^$package$/d" {record}; done 2>/dev/null || :
  [ -s {record} ] || rm -f {record}
fi
while read -r path; do rm -rf --one-file-system -- "$path"; done < "$lists/paths"
for folder in $empty {library} /var/lib/webha {notes}; do
  [ ! -d "$folder" ] || [ -L "$folder" ] || dpkg -S "$folder" >/dev/null 2>&1 || find "$folder" -xdev -depth -type d -empty -delete
done
systemctl daemon-reload; systemctl reset-failed
""".replace("{record}", INSTALLED)
    .replace("{superfluous}", reset.SUPERFLUOUS)
    .replace("{library}", LIBRARY)
    .replace("{notes}", NOTES)
    .replace("{ours}", reset.OURS)
    .replace("{at rest}", DPKG_AT_REST)
)


@operation()
def erased(part: Part, packages: Iterable[str] = ()) -> Commands:
    """Own that the node has nothing of ``part``, and none of ``packages`` that we installed.

    A package that was there before us, or that one of somebody's needs, stays, and so does a folder with anything in it. Does
    nothing where nothing of them is left.
    """
    remains = host.get_fact(Remains, packages=all_of(packages), paths=part.paths)
    if remains is None:
        yield shell.refusal("what is left of this layer cannot be read")
    elif not remains.packages and not remains.paths:
        host.noop("nothing is left of it")
    else:
        listed = " ".join(remains.packages), " ".join(part.folders)
        yield shell.script(_ERASE, part.stopping, *listed, *part.paths)


_UNMOUNT = """
unit=$1 root=$2 what=$3
if grep -qs '^# {header}' "/etc/systemd/system/$unit"; then
  systemctl -q disable --now "$unit" || :; rm -f "/etc/systemd/system/$unit"; systemctl daemon-reload
fi
while [ "$(findmnt -n -o SOURCE --mountpoint "$root" | tail -n 1)" = "$what" ]; do umount -l "$root"; done
# Bricks and self-heal outlive glusterd (KillMode=process); systemd still knows them as the unit's.
systemctl kill --kill-whom=all -s KILL glusterd.service 2>/dev/null || :; systemctl stop glusterd.service 2>/dev/null || :
if [ -d "$root" ] && ! mountpoint -q "$root"; then
  case $(lsattr -d "$root" 2>/dev/null) in *i*" $root") chattr -i "$root"; rmdir "$root";; esac
fi
""".replace("{header}", HEADER)


@operation()
def unmounted(unit: str, volume: str, brick: str, root: str) -> Commands:
    """Own that ``volume`` is not mounted at ``root``, that glusterd and its bricks stand still, and that our mount unit is gone.

    The directory under the mount goes where it is the immutable one that we made, and empty. Does nothing where all is so;
    another mount, somebody's unit and somebody's folder stay.
    """
    store = host.get_fact(Gluster, brick=brick, root=root)
    files = host.get_fact(Remains, packages=(), paths=(f"/etc/systemd/system/{unit}",))
    if store is None or files is None:
        yield shell.refusal(f"what is mounted at {root} cannot be read")
    elif store.glusterd == "inactive" and not store.mounted and not store.sealed and not files.paths:
        host.noop(f"nothing is mounted at {root}")
    else:
        yield shell.script(_UNMOUNT, unit, root, f"localhost:/{volume}")


# What proves the brick ours goes last, the id after all: a run that is cut off leaves a directory that the next one still knows.
# A mount of its own stays, empty.
_ERASE_BRICK = """
if [ "$3" = used ]; then
  cd "$1"
  if [ "$(getfattr -h -n trusted.glusterfs.volume-id --only-values . | od -An -tx1 | tr -d ' \\n')" != "$2" ]; then
    echo "refused: $1 does not carry the id $2 any more: it is not erased" >&2; exit 1
  fi
  find . -mindepth 1 -maxdepth 1 ! -name lost+found ! -name .webha-release -exec rm -rf --one-file-system {} +
  rm -f .webha-release
  id=trusted.glusterfs.volume-id
  for entry in lost+found .; do # the one is e2fsck's and stays, without the number that the volume gave it
    for name in $(getfattr -h -d -m '^trusted\\.' $entry 2>/dev/null | sed -n 's/=.*//p' | grep '^trusted' | grep -vx $id); do setfattr -h -x "$name" $entry; done
  done
  setfattr -h -x $id .
  cd /
  mountpoint -q "$1" || [ -L "$1" ] || rmdir "$1"
fi
# A glusterd that stays, for it was here before us, forgets the volume and its peers.
rm -rf "/var/lib/glusterd/vols/$4" /var/lib/glusterd/peers/*
"""


@operation()
def brick_erased(volume: str, nodes: Iterable[str], brick: str, root: str) -> Commands:
    """Own that this node's brick of ``volume`` is gone with all that is on it, known by the volume's id; glusterd is stopped.

    Glusterd's own knowledge of the volume and of its peers goes with it. Does nothing where there is neither. Refuses a directory
    without that id.
    """
    store = host.get_fact(Gluster, brick=brick, root=root)
    if store is None:
        yield shell.refusal(f"the state of {brick} cannot be read")
        return
    gone = store.brick in ("absent", "empty")
    if gone and volume not in store.known:
        host.noop(f"{brick} is {store.brick}")
    elif not gone and store.brick_id not in gluster.volume_ids(
        everyone(Gluster, nodes, brick=brick, root=root).values(), volume
    ):
        yield shell.refusal(f"{brick} does not carry the id of the volume {volume}: it is not erased")
    else:
        yield shell.script(_ERASE_BRICK, brick, str(store.brick_id), store.brick, volume)


# Without Galera's state a MariaDB that stays is a plain one again, and no member of a cluster that is gone. The note goes with what
# it speaks of: it must not be there when somebody installs a MariaDB of his own.
_ERASE_DATA = f"""
if [ "$1" = all ]; then
  cd {PLACE}; find . -mindepth 1 -maxdepth 1 ! -name lost+found -exec rm -rf --one-file-system {{}} +
  cd /; mountpoint -q {PLACE} || [ -L {PLACE} ] || rmdir {PLACE}
  rm -f /etc/mysql/debian.cnf; rmdir /etc/mysql 2>/dev/null || : # what the package leaves
elif [ "$1" = state ]; then
  rm -f {PLACE}/grastate.dat {PLACE}/gvwstate.dat {PLACE}/galera.cache
fi
rm -f {PURGED}; rmdir $(dirname {PURGED}) 2>/dev/null || :
"""


@operation()
def databases_erased(database: str) -> Commands:
    """Own that MariaDB's data directory is gone, in which are no databases but those we made and ``database``; MariaDB is stopped.

    Ours is what was a member of a cluster, or what a MariaDB left that we had installed. Does nothing where that is gone. Where
    MariaDB stays, because it was here before us or somebody needs it, its data stay too, without Galera's state. Refuses
    where something of somebody's is in it.
    """
    member = host.get_fact(Galera)
    wrong = galera.not_ours(host.name, member, {database})
    if member is None or wrong:
        yield shell.refusal("; ".join(wrong))
        return
    what = "all" if member.here and (member.was_member or member.purged) else "note"
    if member.installed:
        what = "state" if member.grastate is not None else "note"
    if what == "note" and not member.purged:
        host.noop("MariaDB and its data stay" if member.installed else f"nothing of ours is in {PLACE}")
    else:
        yield shell.script(_ERASE_DATA, what)


@operation()
def unconfigured(ids: Iterable[str], seconds: int = 120) -> Commands:
    """Own that the cluster has none of the objects ``ids``: resources are stopped and their constraints go with them.

    So do the names of these in somebody's tags and sets, and what is then empty. Does nothing where Pacemaker does not run (its
    configuration goes with the layer ``cluster``) or has none of them. Refuses where something of somebody's would be another thing
    without them: a group or bundle around one, a resource that takes its values.
    """
    peer = host.get_fact(Cluster)
    if peer is None:
        yield shell.refusal("the cluster's state is unknown")
        return
    if not peer.installed or peer.pacemaker != "active":
        host.noop("pacemaker does not run here")
        return
    live = host.get_fact(LiveCib)
    if live is None:
        yield shell.refusal("pacemaker does not answer, so what is configured is unknown")
        return
    names = all_of(ids)
    configuration, removed = cib.without(live, names)
    if not removed:
        host.noop("none of them is configured")
        return
    if holding := conflicts.holding(live, names):
        yield shell.refusal("; ".join(holding))
        return
    yield replace_configuration(live, configuration)
    yield shell.run("crm_resource", "--wait", "--timeout", f"{seconds}s")


# The marker goes last: a run that is cut off leaves a volume that the next one still knows as ours.
_ERASE_CODE = f"""
cd "$1"
find . -mindepth 1 -maxdepth 1 ! -name {MARKER} ! -name lost+found -exec rm -rf --one-file-system {{}} +
rm -f {MARKER}; find . -mindepth 1 -maxdepth 1 -name '.webha-*' -exec rm -rf {{}} +
"""


@operation()
def site_erased(nodes: Iterable[str], root: str, database: str, user: str, code: bool = True) -> Commands:
    """Own that the site's database and account, and with ``code`` all that is on the volume, are gone; for one node only.

    Does nothing where a layer below is gone already (its data went with it). Refuses while the node is in no primary
    component although MariaDB runs (the drop would stay on this node alone), and what is not proved ours.
    """
    site = host.get_fact(Drupal, root=root, database=database, user=user)
    member = host.get_fact(Galera)
    if site is None or member is None:
        yield shell.refusal("what is left of the site cannot be read")
        return
    if member.runs and not member.synced:
        yield shell.refusal("the database is not in a reachable primary component")
        return
    sites = everyone(Drupal, nodes, root=root, database=database, user=user)
    ours = any(one is not None and one.ours for one in sites.values())
    erase_database = member.synced and site.database
    erase_code = code and site.mounted and site.code != "none"
    if not erase_database and not erase_code:
        host.noop("no site is left")
        return
    wrong = drupal.not_ours(host.name, site, database, root, ours)
    if wrong:
        yield shell.refusal("; ".join(wrong))
        return
    if erase_database:
        yield shell.script(f"{SQL} \"DROP USER IF EXISTS '$2'@localhost; DROP DATABASE IF EXISTS $1\"", database, user)
    if erase_code:
        yield shell.script(_ERASE_CODE, root)


@operation()
def account_removed(account_name: str, grants: str) -> Commands:
    """Own that MariaDB has no local account ``account_name`` as we make it, with ``grants`` and no more; for one node only.

    Does nothing where there is none, where it may do anything else (then it is somebody's, or MariaDB's own), and where this node is
    no Synced member: the account goes with the data, or stays with them.
    """
    member = host.get_fact(Galera)
    if member is None or not member.synced:
        host.noop("MariaDB is no Synced member here: its accounts are left to its data")
        return
    known = host.get_fact(Account, account=account_name)
    if known is None:
        yield shell.refusal(f"account {account_name}: mariadbd does not say what it may")
    elif known != {grant.strip().upper() for grant in grants.split(",")}:
        host.noop(f"account {account_name} " + ("may do other things than ours" if known else "is not there"))
    else:
        yield shell.script(f"{SQL} \"DROP USER IF EXISTS '$1'@localhost\"", account_name)
