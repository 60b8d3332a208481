"""Galera: what a node says of itself, and what may be decided from what all nodes say."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from webha.certificates import Certificate
from webha.ground.forms import AsJson
from webha.ground.probe import ProbeError
from webha_node import grastate
from webha_node.grastate import Grastate


@dataclass(frozen=True)
class Member(AsJson):
    """One node as probed. ``status`` is wsrep's own and some of what runs, empty when mariadbd does not answer; ``shut_out``: MariaDB's words where it does
    not let root in through the socket (``status`` is then what it told the account mysql, if that one was let in).

    ``here``: there is a data directory. ``databases`` are those besides MariaDB's own, ``made`` those among them that carry our
    mark, ``strangers`` what else lies in the data directory and is not MariaDB's; ``joining``: a copy of a donor's data was cut off.
    ``elsewhere``: other directories that mariadbd keeps its data in, or would; ``scattered``: those of its logs and tablespaces;
    ``instances``: other MariaDBs of this machine. ``purged``: MariaDB was ours, and a reset has taken its packages off.
    ``configured`` and ``running`` are digests of the configuration on disk and of the one the running daemon started with
    (None: not there, not known), ``keys`` and ``keys_taken`` of its key with the authorities, on disk and as read last. ``certificates``: of the node's
    key, ``authorities``: of whom it takes others' (None: cannot be read). ``recovered``: the position, UUID and seqno, with which a mariadbd that waits was
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
    joining: bool = False
    elsewhere: tuple[str, ...] = ()
    scattered: tuple[str, ...] = ()
    instances: tuple[str, ...] = ()
    purged: bool = False
    configured: str | None = None
    running: str | None = None
    keys: str | None = None
    keys_taken: str | None = None
    certificates: tuple[Certificate, ...] | None = ()
    authorities: tuple[Certificate, ...] | None = ()
    recovered: tuple[str, int] | None = None
    keeper: str | None = None
    shut_out: str | None = None

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
    def undated(self) -> tuple[str, ...]:
        """The databases that carry our mark, where no grastate.dat tells whose history they are of, and how far they came."""
        return () if self.was_member else tuple(one for one in self.databases if one in self.made)

    @property
    def unmarked(self) -> tuple[str, ...]:
        """The databases that do not carry our mark."""
        return tuple(one for one in self.databases if one not in self.made)

    @property
    def own(self) -> tuple[str, ...]:
        """What a state transfer would erase and no member has: databases that we did not make, and files of somebody's."""
        if self.was_member or (self.joining and self.configured is not None):
            return ()
        return (*self.unmarked, *self.strangers)

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
    def addresses(self) -> tuple[str, ...]:
        """The members that this running mariadbd was told of, itself included; empty where it does not say, or was told none."""
        told = self.status.get("wsrep_cluster_address", "").removeprefix("gcomm://").partition("?")[0]
        return tuple(one.strip().partition(":")[0] for one in told.split(",") if one.strip())

    @property
    def component(self) -> frozenset[str]:
        """The addresses of the members of its component; empty where it does not say."""
        said = self.status.get("wsrep_incoming_addresses", "")
        return frozenset(one.strip() for one in said.split(",") if one.strip() not in ("", "AUTO"))

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
    def encryption(self) -> str | None:
        """How the running mariadbd speaks to the other members: ``off``, ``either`` (it takes both), ``on``; None where it does not say."""
        said = self.status.get("wsrep_provider_options")
        if said is None:
            return None
        options = {
            name.strip(): value.strip().lower() for name, _, value in (one.partition("=") for one in said.split(";"))
        }
        if options.get("socket.ssl") not in _YES:
            return "off"
        return "either" if options.get("socket.dynamic") in _YES else "on"

    @property
    def stale(self) -> bool:
        """Whether the running daemon was started with another configuration than the one on disk."""
        return self.runs and self.running != self.configured


_YES = ("yes", "true", "on", "1")  # Galera's

Members = Mapping[str, Member | None]


def parse_grastate(text: str) -> Grastate:
    """Read grastate.dat. Raises ProbeError for a file that says less than a cluster's history."""
    try:
        return grastate.parse(text)
    except ValueError as error:
        raise ProbeError(str(error)) from error


def parse_status(text: str) -> dict[str, str]:
    """Read ``SHOW STATUS`` as mariadb's batch mode prints it: name, tab, value."""
    lines = (line.partition("\t") for line in text.splitlines())
    return {name.lower(): value for name, separator, value in lines if name and separator}


def parse_grants(text: str) -> frozenset[str]:
    """Return the privileges that ``SHOW GRANTS`` gives on everything (``ON *.*``), upper case; others with what they are on."""
    found: set[str] = set()
    for line in text.splitlines():
        grant, on, rest = line.removeprefix("GRANT ").partition(" ON ")
        if not line.startswith("GRANT "):
            continue
        place = rest.partition(" TO ")[0]
        found |= {
            one.strip().upper() + ("" if place == "*.*" else f" ON {place}" if on else "") for one in grant.split(",")
        }
        if rest.endswith(" WITH GRANT OPTION"):
            found.add("GRANT OPTION")
    return frozenset(found)
