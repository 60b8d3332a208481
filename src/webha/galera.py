"""Galera: what a node says of itself, and what may be decided from what all nodes say."""

from collections.abc import Mapping
from dataclasses import dataclass, field

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

    ``databases`` are those besides MariaDB's own; ``configured`` and ``running`` are digests of the configuration on
    disk and of the one the running daemon started with (None: not there, not known).
    """

    installed: bool
    unit: str
    status: Mapping[str, str] = field(default_factory=dict)
    grastate: Grastate | None = None
    databases: tuple[str, ...] = ()
    configured: str | None = None
    running: str | None = None

    @property
    def runs(self) -> bool:
        """Whether systemd has a mariadbd, started or starting."""
        return self.unit in ("active", "activating", "reloading", "deactivating")

    @property
    def primary(self) -> bool:
        """Whether the node is in a primary component."""
        return self.status.get("wsrep_cluster_status") == "Primary"

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


def bootstrap(members: Members) -> Verdict:
    """Decide whether the first node may make a new primary component.

    Only if every node answered, none is in a primary component, none runs and none holds a cluster's history: unknown
    is not absent, and a second primary component is data lost (stack-notes, "What hurts the users", 1 and 2).
    """
    unknown = sorted(name for name, member in members.items() if member is None)
    if unknown:
        return Verdict("refuse", f"the database state of {', '.join(unknown)} is unknown, so nothing is bootstrapped")
    known = {name: member for name, member in members.items() if member is not None}
    primary = sorted(name for name, member in known.items() if member.primary)
    if primary:
        return Verdict("nothing", f"a primary component lives on {', '.join(primary)}")
    running = sorted(name for name, member in known.items() if member.runs)
    if running:
        return Verdict(
            "refuse",
            f"mariadbd runs on {', '.join(running)} without a primary component: a second cluster is not made. "
            "See 'journalctl -u mariadb' there; if all three were stopped cleanly, " + _recover_words(known),
        )
    history = {
        name: member.grastate for name, member in known.items() if member.grastate and member.grastate.has_history
    }
    if history:
        listed = "; ".join(
            f"{name}: cluster {state.uuid}, seqno {state.seqno}, safe_to_bootstrap {int(state.safe_to_bootstrap)}"
            for name, state in sorted(history.items())
        )
        return Verdict(
            "refuse", f"a cluster's history is on disk ({listed}): it is not overwritten. {_recover_words(known)}"
        )
    return Verdict("bootstrap", "every node answered, none is primary, none holds a cluster's history")


def _recover_words(known: Mapping[str, Member]) -> str:
    safe = sorted(
        name
        for name, member in known.items()
        if member.grastate and member.grastate.has_history and member.grastate.safe_to_bootstrap
    )
    if len(safe) == 1:
        return f"{safe[0]} was the last to stop: run 'galera_new_cluster' there, then this again"
    return (
        "compare 'galera_recovery' on all nodes, run 'galera_new_cluster' on the most advanced one "
        "(after 'safe_to_bootstrap: 1' in its grastate.dat), then this again"
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
    if member.databases and not (member.grastate and member.grastate.has_history) and not member.primary:
        return Verdict(
            "refuse",
            f"{name} has databases of its own ({', '.join(member.databases)}) and was never a member: joining would erase them. "
            "Dump and drop them first",
        )
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
