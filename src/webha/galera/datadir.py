"""MariaDB's data directory: what in it is neither MariaDB's own nor ours, and so is lost to a state transfer or a reset."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

PLACE = "/var/lib/mysql"
MARK = "Made by pyinfra-webha"  # the COMMENT of a database that we made: it stands in the folder's db.opt and comes with a copy

_SYSTEM = {"mysql", "performance_schema", "sys", "information_schema"}
_FILES = re.compile(
    r"aria_log.*|ib_(buffer_pool|logfile\d+)|ibdata\d+|ibtmp\d+|undo_?\d+|lost\+found|\S+\.(flag|pem|pid|err|log|sst)"
    r"|(mariadb|mysql)_upgrade_info|(multi-)?master(-\S+)?\.info|relay-log(-\S+)?\.info|\S+-(bin|relay-bin)\.(\d+(\.idx)?|index|state)"
    r"|grastate\.dat|gvwstate\.dat|galera\.cache|gcache\.\S+|donor_galera_info|sst_in_progress|\.sst|wsrep_\S+"
    r"|rsync_sst\S*|stunnel\S*|tables_flushed|sst_error\S*|gvwstate\.dat\.tmp|ib_lru_dump|binlog\.(\d+(\.idx)?|index|state)|ddl\.log"
    r"|(xtrabackup|mariadb_backup|mariabackup|innobackup)\S*|backup-my\.cnf|ddl_recovery\S*|core(\.\d+)?|\S+\.sock(et)?|#rocksdb|#sql\S*"
)


@dataclass(frozen=True)
class Data:
    """The data directory: whether there is one (an empty mount or the end of a link is none), its databases besides MariaDB's
    own, the strangers, and whether a state transfer into it was cut off.
    """

    here: bool
    databases: tuple[str, ...]
    strangers: tuple[str, ...]
    joining: bool = False


def parse(listing: str) -> Data:
    """Read lines of file type and name (``d shop``, find's %y; ``d .`` for the directory itself).

    A stranger is what MariaDB does not put there, and InnoDB's files where the folder ``mysql`` and Galera's state are
    missing: whose they are cannot be told, so they are taken for somebody's.
    """
    entries = {name: kind for kind, _, name in (line.partition(" ") for line in listing.splitlines()) if name}
    here = bool(entries.keys() - {"lost+found"})
    entries.pop(".", None)
    folders = {name for name, kind in entries.items() if kind == "d" and name[0] not in ".#" and name != "lost+found"}
    known = folders | {name for name in entries if _FILES.fullmatch(name)}
    strangers = sorted(entries.keys() - known)
    if not {"mysql", "grastate.dat"} & entries.keys():
        strangers += sorted(name for name in entries if name.startswith(("ibdata", "undo", "ib_logfile")))
    joining = bool({"sst_in_progress", ".sst", "rsync_sst.conf"} & entries.keys())
    return Data(here, tuple(sorted(folders - _SYSTEM)), tuple(strangers), joining)


def owning(databases: Iterable[str], strangers: Iterable[str]) -> str:
    """Say what of its own keeps a node that was never a member from joining."""
    words = []
    if databases := list(databases):
        words.append(f"databases of its own ({', '.join(databases)})")
    if strangers := list(strangers):
        words.append(f"files in {PLACE} that are not known as MariaDB's ({', '.join(strangers)})")
    return (
        f"has {' and '.join(words)} and was never a member: joining would erase them. "
        "Dump and drop them, or move them away, first"
    )
