"""How MariaDB tries a configuration: a whole start and stop of it, apart from the one that runs.

It has no option that checks a file, and Galera reads its own options only when it opens its connections. So a second mariadbd is
started with the candidate in the place of the file that it will be, as a cluster of its own in an empty directory, and told to
shut down. systemd keeps it apart: it writes nowhere else, sees no network but the node's addresses on a loopback of its own,
and is the first to go where memory runs out. 1 to 5 s in the lab.
"""

from webha.galera.facts import CONFIGURATION
from webha.machine.trial import Trial

_ETC = "/etc/mysql"
_PLACE = "/var/lib/webha"  # on a disk, as the database is
_SECONDS = 90

# What of somebody's own would write, listen or call elsewhere is set back here; the redo log and the first tablespace are small.
# Without the privilege tables it starts in an empty directory. Where the kernel promises no more memory than there is, that of
# the running database counts too: the pool is not tried then.
_START = r"""
folder=$1; shift
[ "$(readlink /proc/self/ns/net)" != "$(readlink /proc/1/ns/net)" ] || { echo '[ERROR] systemd gave it no network of its own'; exit 1; }
ip link set lo up
for address do ip address add "$address" dev lo || :; done
pool=
[ "$(cat /proc/sys/vm/overcommit_memory)" != 2 ] || pool=--innodb-buffer-pool-size=32M
cd "$folder/data"
exec setpriv --reuid mysql --regid mysql --init-groups mariadbd --datadir="$folder/data" --tmpdir="$folder/data" \
  --socket="$folder/data/socket" --pid-file="$folder/data/pid" --skip-log-error --skip-log-bin --skip-slave-start \
  --skip-grant-tables --innodb-data-home-dir= --innodb-data-file-path=ibdata1:12M:autoextend --innodb-log-group-home-dir=. \
  --innodb-undo-directory=. --aria-log-dir-path=. --innodb-log-file-size=8M --wsrep-notify-cmd= --wsrep-new-cluster \
  --init-file="$folder/end" $pool
"""

# The limit on memory's addresses is for a pool that the kernel would promise and the machine does not have; that on a file's size for
# a gcache that would fill the disk under the running database. Galera may lose its own words in a race, so it is asked again.
_TRIAL = r"""
candidate=$1 start=$2 etc=$3 place=$4 file=$5 seconds=$6
mkdir -p "$place"; find "$place" -maxdepth 1 -name 'trial.*' -mmin +10 -exec rm -rf {} +
folder=$(mktemp -d -p "$place" trial.XXXXXX); trap 'rm -rf "$folder"' EXIT
chmod 711 "$folder"; mkdir "$folder/etc"; cp -a "$etc/." "$folder/etc"
mkdir -p "$(dirname "$folder/etc/$file")"; install -m 644 "$candidate" "$folder/etc/$file"
printf '%s' "$start" > "$folder/start"; echo 'SHUTDOWN;' > "$folder/end"
addresses=$(ip -o address show scope global | awk '{ print $4 }')
room=$(df -Pk "$folder" | awk 'NR == 2 { print ($4 > 2097152 ? $4 - 1048576 : int($4 / 2)) }')
memory=$(awk '/^MemTotal:/ { print $2 * 2 + 8388608 }' /proc/meminfo)
for try in 1 2 3; do
  rm -rf "$folder/data"; mkdir -p "$folder/data/mysql"; chown -R mysql: "$folder/data"
  said=$(systemd-run --wait --pipe --collect -p PrivateNetwork=yes -p ProtectSystem=strict -p ReadWritePaths="$folder/data" \
    -p BindReadOnlyPaths="$folder/etc:$etc" -p MemoryMax=80% -p OOMScoreAdjust=1000 -p CPUWeight=10 -p RuntimeMaxSec="$seconds" \
    -p LimitAS="${memory}K" -p LimitFSIZE="${room}K" sh -eu "$folder/start" "$folder" $addresses 2>&1) && exit 0
  case $said in *schedparam*) ;; *) break;; esac
done
words=$(printf '%s\n' "$said" | sed -n 's/^.*\[ERROR\] //p' | grep -v '^Aborting' | head -n 3)
[ -n "$words" ] || words=$(printf '%s\n' "$said" | tail -n 5)
# Where the database has a disk of its own, its gcache need not fit on this one, and that is all that was found.
case $words in *'exceeds available storage space'*) [ "$(stat -L -c %d /var/lib/mysql)" = "$(stat -c %d "$folder")" ] || exit 0;; esac
printf '%s\n' "$words"; exit 1
"""

MARIADB = Trial(
    "MariaDB",
    CONFIGURATION,
    _TRIAL,
    (_START, _ETC, _PLACE, CONFIGURATION.removeprefix(f"{_ETC}/"), str(_SECONDS)),
)
