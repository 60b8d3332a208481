"""What the restore points' step puts on every node; the repository is elsewhere, and its password in ``secrets/`` as well."""

from webha.galera.datadir import PLACE as DATA
from webha.ground.manifest import Part
from webha_node.backup.binlog import BASE
from webha_node.backup.binlog import LOGS as COPIES
from webha_node.backup.gate import GATE, INSIDE
from webha_node.backup.gather import PLACE
from webha_node.backup.repository import ENVIRONMENT as _ENVIRONMENT

ENVIRONMENT = str(_ENVIRONMENT)
SSH_KEY, HOST_KEYS = "/etc/webha/backup.key", "/etc/webha/backup.known"  # of a target that is reached by ssh
TMPFILES = "/etc/tmpfiles.d/webha-backup.conf"
GATES = (str(GATE), str(INSIDE))
BACKUP_SERVICE, BACKUP_TIMER = "webha-backup.service", "webha-backup.timer"
DRILL_SERVICE, DRILL_TIMER = "webha-drill.service", "webha-drill.timer"
LOGS_SERVICE, LOGS_TIMER = "webha-logs.service", "webha-logs.timer"

POINTS = Part(
    "restore points",
    files=(ENVIRONMENT, SSH_KEY, HOST_KEYS, TMPFILES, *GATES, str(PLACE)),
    units=(BACKUP_TIMER, DRILL_TIMER),
    companions=(BACKUP_SERVICE, DRILL_SERVICE),
    packages="backup_packages",
    stop=f"systemctl stop {BACKUP_SERVICE} {DRILL_SERVICE} || :",
)
# Of ours, by their name, and only where MariaDB itself says that it writes none.
_UNWRITTEN = f'[ "$(mariadb -N -B -e "SELECT @@log_bin" 2>/dev/null)" != 0 ] || rm -f -- {DATA}/{BASE}.*'
LOGS = Part(
    "binary logs",
    files=(str(COPIES),),
    units=(LOGS_TIMER,),
    companions=(LOGS_SERVICE,),
    stop=f"systemctl stop {LOGS_SERVICE} 2>/dev/null || :; {_UNWRITTEN}",
)
PARTS = (LOGS, POINTS)
