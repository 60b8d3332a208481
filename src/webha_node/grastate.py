"""How far a data directory of Galera's came: grastate.dat, and the position that is read from InnoDB."""

import re
from typing import NamedTuple

NO_HISTORY = "00000000-0000-0000-0000-000000000000"


class Grastate(NamedTuple):
    """/var/lib/mysql/grastate.dat: the cluster this data directory belongs to and how far it came (-1: not written down)."""

    uuid: str
    seqno: int
    safe_to_bootstrap: bool

    @property
    def has_history(self) -> bool:
        """Whether the directory has ever been part of a cluster."""
        return self.uuid != NO_HISTORY


def parse(text: str) -> Grastate:
    """Read grastate.dat. Raises ValueError for a file that says less than a cluster's history."""
    values = dict(re.findall(r"^(\w+):[ \t]*(\S+)", text, re.MULTILINE))
    try:
        return Grastate(values["uuid"].lower(), int(values["seqno"]), values.get("safe_to_bootstrap") == "1")
    except (KeyError, ValueError) as error:
        raise ValueError(f"grastate.dat is damaged ({error}): {text!r}") from error


def position(text: str) -> tuple[str, int] | None:
    """Read ``wsrep_start_position=UUID:SEQNO``, as galera_recovery prints it and Debian's unit hands it on; None: not there."""
    found = re.search(r"wsrep_start_position=([0-9a-fA-F-]{36}):(\d+)", text)
    return (found[1].lower(), int(found[2])) if found else None
