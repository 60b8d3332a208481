"""Galera: what a node says of itself, and what may be decided from what all nodes say."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from webha.galera_data import owning
from webha.probe import ProbeError
from webha.shown import Shown
from webha.verdict import Verdict

NO_HISTORY = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True)
class Grastate:
    """/var/lib/mysql/grastate.dat: the cluster this data directory belongs to and how far it came."""

    uuid: str
    seqno: int
    safe_to_bootstrap: bool

    @property
    def has_history(self) -> bool:
        """Whether the directory has ever been part of a cluster."""
        return self.uuid != NO_HISTORY


@dataclass(frozen=True)
class Member(Shown):
    """One node as probed. ``status`` is wsrep's own, empty when mariadbd does not answer.

    ``here``: there is a data directory. ``databases`` are those besides MariaDB's own, ``made`` those among them that carry our mark, ``strangers`` what else
    lies in the data directory and is not MariaDB's; ``elsewhere``: other directories that mariadbd keeps its data in, or would.
    ``configured`` and ``running`` are digests of the configuration on disk and of the one the running daemon started with
    (None: not there, not known). ``recovered``: the position, UUID and seqno, with which a mariadbd that waits was
    started; ``keeper``: what the node's keeper last said.
    """

    installed: bool
    unit: str
    status: Mapping[str, str] = field(default_factory=dict)
    grastate: Grastate | None = None
    here: bool = False
    databases: tuple[str, ...] = ()
    made: tuple[str, ...] = ()
    strangers: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()
    configured: str | None = None
    running: str | None = None
    recovered: tuple[str, int] | None = None
    keeper: str | None = None

    @property
    def runs(self) -> bool:
        """Whether systemd has a mariadbd, started or starting."""
        return self.unit in ("active", "activating", "reloading", "deactivating")

    @property
    def primary(self) -> bool:
        """Whether the node is in a primary component."""
        return self.status.get("wsrep_cluster_status") == "Primary"

    @property
    def was_member(self) -> bool:
        """Whether its data are, or were once, a cluster's."""
        return self.primary or (self.grastate is not None and self.grastate.has_history)

    @property
    def own(self) -> tuple[str, ...]:
        """What a state transfer would erase and no member has: databases that we did not make, and files of somebody's."""
        return () if self.was_member else (*(one for one in self.databases if one not in self.made), *self.strangers)

    @property
    def synced(self) -> bool:
        """Whether the node is a working member: Primary, Synced, ready and connected ("active" is none of these)."""
        return (
            self.primary
            and self.status.get("wsrep_local_state_comment") == "Synced"
            and self.status.get("wsrep_ready") == "ON"
            and self.status.get("wsrep_connected") == "ON"
        )

    @property
    def size(self) -> int:
        """Members of the node's component, 0 when it is in none."""
        return int(self.status.get("wsrep_cluster_size", "0"))

    @property
    def uuid(self) -> str | None:
        """The cluster's UUID as this running member knows it."""
        return self.status.get("wsrep_cluster_state_uuid")

    @property
    def position(self) -> int | None:
        """How far the data are, as far as is known without stopping anything; None: galera_recovery would tell.

        Galera's own rule: a seqno in grastate.dat counts before a recovered one.
        """
        if self.grastate is None or self.status:
            return None
        if self.grastate.seqno >= 0:
            return self.grastate.seqno
        return self.recovered[1] if self.recovered and self.recovered[0] == self.grastate.uuid else None

    @property
    def stale(self) -> bool:
        """Whether the running daemon was started with another configuration than the one on disk."""
        return self.runs and self.running != self.configured


Members = Mapping[str, Member | None]


def parse_grastate(text: str) -> Grastate:
    """Read grastate.dat. Raises ProbeError for a file that says less than a cluster's history."""
    pairs = (line.partition(":") for line in text.splitlines() if not line.startswith("#"))
    values = {key.strip(): value.strip() for key, separator, value in pairs if separator}
    try:
        return Grastate(values["uuid"].lower(), int(values["seqno"]), values.get("safe_to_bootstrap", "0") == "1")
    except (KeyError, ValueError) as error:
        raise ProbeError(f"grastate.dat is damaged ({error}): {text!r}") from error


def parse_status(text: str) -> dict[str, str]:
    """Read ``SHOW STATUS`` as mariadb's batch mode prints it: name, tab, value."""
    return {name.lower(): value for name, _, value in (line.partition("\t") for line in text.splitlines()) if name}


def parse_position(text: str) -> tuple[str, int] | None:
    """Read ``wsrep_start_position=UUID:SEQNO`` as Debian's unit hands it to mariadbd; None where there is none."""
    found = re.search(r"wsrep_start_position=([0-9a-fA-F-]{36}):(\d+)", text)
    return (found[1].lower(), int(found[2])) if found else None


def bootstrap(members: Members) -> Verdict:
    """Decide whether the first node may make a new primary component.

    Only if every node answered, none is in a primary component, none runs and none holds a cluster's history: unknown
    is not absent, and a second primary component is data lost (stack-notes, "What hurts the users", 1 and 2).
    """
    unknown = sorted(name for name, member in members.items() if member is None)
    known = {name: member for name, member in members.items() if member is not None}
    primary = sorted(name for name, member in known.items() if member.primary)
    if unknown:
        words = f"the database state of {', '.join(unknown)} is unknown, so nothing is bootstrapped"
        past = any(member.grastate and member.grastate.has_history for member in known.values())
        return Verdict("refuse", f"{words}. {returning(members)}" if past and not primary else words)
    if primary:
        return Verdict("nothing", f"a primary component lives on {', '.join(primary)}")
    running = sorted(name for name, member in known.items() if member.runs)
    if running:
        return Verdict(
            "refuse",
            f"mariadbd runs on {', '.join(running)} without a primary component: a second cluster is not made. "
            f"See 'journalctl -u mariadb' there. {returning(members)}",
        )
    if any(member.grastate and member.grastate.has_history for member in known.values()):
        return Verdict("refuse", f"a cluster's history is on disk: it is not overwritten. {returning(members)}")
    return Verdict("bootstrap", "every node answered, none is primary, none holds a cluster's history")


def returning(members: Members) -> str:
    """Say, where no node is in a primary component, what is known of each and which command makes one again.

    The sentences are for a person who decides: they name the most advanced node only among those whose positions are
    known, and say what those that were not reached may hold.
    """
    listed = "; ".join(f"{name}: {_told(member)}" for name, member in sorted(members.items()))
    return f"{listed}. {_command(members)}"


def _told(member: Member | None) -> str:
    if member is None:
        return "not reached"
    words = "no cluster's history"
    if member.grastate and member.grastate.has_history:
        state = member.grastate
        words = f"cluster {state.uuid}, seqno {state.seqno}, safe_to_bootstrap {int(state.safe_to_bootstrap)}"
        if state.seqno < 0 and member.position is not None:
            words += f", recovered seqno {member.position}"
    said = f", its keeper: {member.keeper}" if member.keeper else ""
    return f"{words}, {member.unit}{said}"


def _command(members: Members) -> str:
    missing = sorted(name for name, member in members.items() if member is None)
    past = {name: one for name, one in sorted(members.items()) if one and one.grastate and one.grastate.has_history}
    if len({one.grastate.uuid for one in past.values() if one.grastate}) > 1:
        return "These are different clusters: decide whose data stay, and save the other's /var/lib/mysql first"
    positions = {name: one.position for name, one in past.items() if one.position is not None}
    safe = [name for name, one in past.items() if one.grastate and one.grastate.safe_to_bootstrap]
    best = max(positions, key=lambda name: (positions[name], name in safe), default=None)
    if best is not None and safe == [best] and not missing and not any(one.runs for one in past.values()):
        return f"{best} was the last to stop: run 'galera_new_cluster' there, then this again"
    if missing:
        first = f"{', '.join(missing)} may hold what the others do not: bring it back if you can, the rest then follows by itself"
    else:
        first = "With every node there webha-galera-keeper brings it back by itself where that loses nothing"
    among = "of the others " if missing else ""
    where = "the most advanced one"
    if best is not None and len(positions) == len(past):
        first += f"; {among}{best} is the most advanced (seqno {positions[best]})"
        where = best
    never = f"If {', '.join(missing)} never returns" if missing else "By hand"
    # Once the others have gone on, Galera may take a node in that kept commits of its own, and keep those.
    last = (
        f"; before {', '.join(missing)} is started again all the same, 'rm /var/lib/mysql/grastate.dat' there"
        if missing
        else ""
    )
    return (
        f"{first}. {never}: on {', '.join(past)} 'systemctl stop webha-galera-keeper; timeout 30 systemctl stop mariadb; "
        f"systemctl kill -s KILL mariadb' (one that waits for the others does not end by itself) and compare 'galera_recovery'; "
        f"on {where} \"sed -i 's/^safe_to_bootstrap: 0/safe_to_bootstrap: 1/' /var/lib/mysql/grastate.dat && galera_new_cluster\"; "
        f"on the other 'systemctl start mariadb', one by one; on all 'systemctl start webha-galera-keeper'{last}"
    )


def may_join(name: str, members: Members) -> Verdict:  # noqa: PLR0911 (one return a case)
    """Decide whether the stopped node ``name`` may be started to join the primary component.

    Refuses where no node is in one (there is nothing to join), where the node's history is of another cluster, and
    where it holds databases of its own without being a member: a state transfer would erase both.
    """
    member = members[name]
    if member is None:
        return Verdict("refuse", f"the database state of {name} is unknown")
    if member.synced:
        return Verdict("nothing", f"{name} is Synced in a primary component of {member.size}")
    donors = {other: one for other, one in members.items() if other != name and one is not None and one.primary}
    if not donors and not member.primary:
        return Verdict(
            "refuse",
            f"no other node is in a primary component, so {name} has nothing to join: {bootstrap(members).reason}",
        )
    uuids = {one.uuid for one in donors.values()}
    if len(uuids) > 1:
        return Verdict("refuse", f"the primary nodes disagree on the cluster: {', '.join(sorted(map(str, uuids)))}")
    if member.grastate is not None and member.grastate.has_history and uuids and member.grastate.uuid not in uuids:
        return Verdict(
            "refuse",
            f"{name} holds the history of another cluster ({member.grastate.uuid}, the others: {uuids.pop()}): joining would erase "
            f"its data. Save /var/lib/mysql if you need it, then 'tasks/reset.py' with layer=galera, or remove grastate.dat there",
        )
    if member.own:
        foreign = [one for one in member.databases if one not in member.made]
        return Verdict("refuse", owning(name, foreign, member.strangers))
    return Verdict("join", f"{name} can join {', '.join(sorted(donors))}" if donors else f"{name} is on its way")


def may_restart(name: str, members: Members) -> Verdict:
    """Decide whether ``name``, running on a configuration that is no longer the one on disk, may restart now.

    Only while every other node is a Synced member: never two down at once, also when an earlier run died half-way.
    """
    member = members[name]
    if member is None:
        return Verdict("refuse", f"the database state of {name} is unknown")
    if not member.stale:
        return Verdict("nothing", f"{name} runs the configuration on disk")
    missing = sorted(other for other, one in members.items() if other != name and (one is None or not one.synced))
    if missing:
        return Verdict(
            "refuse",
            f"{name} needs a restart for its changed configuration, but {', '.join(missing)} is not Synced: not two at once",
        )
    return Verdict("restart", f"the configuration of {name} changed since mariadbd started")


def whole(members: Members) -> list[str]:
    """Say what keeps these members from being one cluster of all nodes; an empty list means it is whole."""
    found = []
    for name, member in sorted(members.items()):
        if member is None:
            found.append(f"{name}: state unknown")
        elif not member.synced:
            found.append(
                f"{name}: not Synced in a primary component ({member.unit}, {member.status.get('wsrep_local_state_comment', 'no answer')})"
            )
        elif member.size != len(members):
            found.append(f"{name}: sees {member.size} of {len(members)} nodes")
    uuids = {member.uuid for member in members.values() if member is not None and member.uuid}
    if len(uuids) > 1:
        found.append(f"more than one cluster: {', '.join(sorted(uuids))}")
    return found


def parse_grants(text: str) -> frozenset[str]:
    """Return the privileges that ``SHOW GRANTS`` gives on everything (``ON *.*``), upper case."""
    found: set[str] = set()
    for line in text.splitlines():
        grant, separator, _ = line.removeprefix("GRANT ").partition(" ON *.* ")
        if separator and line.startswith("GRANT "):
            found |= {privilege.strip().upper() for privilege in grant.split(",")}
    return frozenset(found)
