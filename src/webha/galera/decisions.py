"""What may be decided from what all nodes say of their databases: bootstrap, join, restart, and the sentences for a person."""

from collections.abc import Mapping

from webha.galera.components import apart
from webha.galera.datadir import PLACE, owning
from webha.galera.returning import of_unknown_age, returning
from webha.galera.state import Member, Members
from webha.ground.verdict import Verdict


def bootstrap(members: Members) -> Verdict:  # noqa: PLR0911 (one return a case)
    """Decide whether the first node may make a new primary component.

    Only if every node answered, none is in a primary component, none runs and none holds a cluster's history: unknown
    is not absent, and a second primary component is data lost (stack-notes, "What hurts the users", 1 and 2). Nor where a node
    besides it holds databases of ours: they may be newer, and would be copied over.
    """
    unknown = sorted(name for name, member in members.items() if member is None)
    known = {name: member for name, member in members.items() if member is not None}
    primary = sorted(name for name, member in known.items() if member.primary)
    closed = [words for name, member in known.items() if not member.status and (words := shut_out(name, member))]
    if closed and not primary:
        return Verdict("refuse", "; ".join(closed))
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
    if words := of_unknown_age(members):
        return Verdict("refuse", words)
    return Verdict("bootstrap", "every node answered, none is primary, none holds a cluster's history")


def shut_out(name: str, member: Member | None) -> str:
    """Say that MariaDB does not let root in through the socket, and what ends that; empty where it does, or does not answer."""
    if member is None or member.shut_out is None:
        return ""
    statement = "ALTER USER root@localhost IDENTIFIED VIA unix_socket ACCOUNT UNLOCK"
    return (
        f"root cannot log in to MariaDB through the socket on {name} ({member.shut_out}), as all that looks after it here does; the "
        f"database itself may be well. There: runuser -u mysql -- mariadb -u mysql -e '{statement}', or that statement after "
        "'mariadb -p' (mysql_secure_installation asks about unix_socket: yes)"
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
    if words := shut_out(name, member):
        return Verdict("refuse", words)
    donors = {other: one for other, one in members.items() if other != name and one is not None and one.primary}
    if not donors and not member.primary:
        return Verdict(
            "refuse",
            f"no other node is in a primary component, so {name} has nothing to join: {bootstrap(members).reason}",
        )
    uuids = {one.uuid for one in donors.values()}
    if len(uuids) > 1:
        return Verdict("refuse", f"the primary nodes disagree on the cluster: {', '.join(sorted(map(str, uuids)))}")
    if words := apart(members):
        return Verdict("refuse", words)
    if member.grastate is not None and member.grastate.has_history and uuids and member.grastate.uuid not in uuids:
        return Verdict(
            "refuse",
            f"{name} holds the history of another cluster ({member.grastate.uuid}, the others: {uuids.pop()}): joining would erase "
            f"its data. Save /var/lib/mysql if you need it, then 'tasks/reset.py' with layer=galera, or remove grastate.dat there",
        )
    if member.own:
        return Verdict("refuse", f"{name} {owning(member.unmarked, member.strangers)}")
    if not donors:
        return Verdict("join", f"{name} is on its way")
    over = (
        f", by a full copy over its own ({', '.join(member.undated)}), whose history is not known"
        if member.undated
        else ""
    )
    return Verdict("join", f"{name} can join {', '.join(sorted(donors))}{over}")


def may_restart(name: str, members: Members) -> Verdict:
    """Decide whether ``name``, running on a configuration that is no longer the one on disk, may restart now.

    Only while every other node is a Synced member: never two down at once, also when an earlier run died half-way.
    """
    member = members[name]
    if member is None:
        return Verdict("refuse", f"the database state of {name} is unknown")
    if not member.stale:
        return Verdict("nothing", f"{name} runs the configuration on disk")
    if words := shut_out(name, member):
        return Verdict("refuse", words)
    missing = sorted(other for other, one in members.items() if other != name and (one is None or not one.synced))
    if missing:
        return Verdict(
            "refuse",
            f"{name} needs a restart for its changed configuration, but {', '.join(missing)} is not Synced: not two at once",
        )
    if words := apart(members):
        return Verdict("refuse", words)
    return Verdict("restart", f"the configuration of {name} changed since mariadbd started")


def whole(members: Members, sizes: bool = True) -> list[str]:
    """Say what keeps these members from being one cluster of all nodes; an empty list means it is whole.

    Without ``sizes`` a member may see more nodes than were asked.
    """
    parted = apart(members)
    found = [parted] if parted else []
    for name, member in sorted(members.items()):
        if member is None:
            found.append(f"{name}: state unknown")
        elif words := shut_out(name, member):
            found.append(f"{name}: {words}")
        elif not member.synced:
            found.append(
                f"{name}: not Synced in a primary component ({member.unit}, {member.status.get('wsrep_local_state_comment', 'no answer')})"
            )
        elif sizes and not parted and member.size != len(members):
            found.append(f"{name}: sees {member.size} of {len(members)} nodes")
    uuids = {member.uuid for member in members.values() if member is not None and member.uuid}
    if len(uuids) > 1 and not parted:
        found.append(f"more than one cluster: {', '.join(sorted(uuids))}")
    return found


def of_others(
    members: Mapping[str, Member | None],
    site: str = "",
    *,
    called: str = "",
    addresses: Mapping[str, str] | None = None,
) -> list[str]:
    """Say which node's MariaDB must not be given Galera's configuration: with it, its next start may erase what it holds.

    Nor one that runs in a cluster of another name than ``called``, or of others than ``addresses`` (where these are given): its
    restart would be for nothing, or take it out. The first node may bring databases of its own: where no node ever was in a cluster,
    they become the cluster's. Not one of the name ``site``, which would be taken for the site's. Nor where several nodes hold
    databases of ours and none knows how old they are, or are in more than one primary component.
    """
    new = not any(one is not None and one.was_member for one in members.values())
    ours = {str(one.uuid) for one in members.values() if one is not None and one.primary and one.configured}
    said = {
        name: _of_somebodys(name, member, ours, site, first=name == next(iter(members)) if new else None)
        for name, member in members.items()
    }
    for name, member in members.items():
        said[name] = said[name] or shut_out(name, member) or _of_another(member, called, addresses or {}, name)
    # One that starts may be primary when its turn comes: the bootstrap looks again.
    starts = any(one is not None and one.unit == "activating" for one in members.values())
    age = "" if starts else of_unknown_age(members, site)
    if age:  # what it says of the site's database without our mark counts, not that it may be dropped
        said |= {name: "" for name, one in members.items() if one and one.configured and one.own == (site,)}
    return [*(f"{name}: {words}" for name, words in said.items() if words), *filter(None, (age, apart(members)))]


def _of_another(member: Member | None, called: str, addresses: Mapping[str, str], own: str) -> str:
    """Say that mariadbd runs in a cluster of another name, or was started with other members."""
    if member is None or not member.primary:
        return ""
    name, theirs = member.status.get("wsrep_cluster_name"), set(member.addresses)
    if called and name and name != called:
        return (
            f"mariadbd runs in the cluster {name!r}, and galera_cluster_name is {called!r}: a member that restarts under another name "
            f"cannot join the others. Set it to {name!r}; a cluster is given another name only while MariaDB is stopped on all nodes"
        )
    wanted = set(addresses.values())
    if wanted and theirs and theirs | {addresses[own]} != wanted:  # itself it need not name
        return (
            f"mariadbd runs as a member of {', '.join(sorted(theirs))}, and the inventory has {', '.join(sorted(wanted))}: nodes "
            "are not added, removed or given other addresses while the cluster runs. Write them in inventory.py as they are"
        )
    return ""


def _of_somebodys(name: str, member: Member | None, ours: set[str], site: str, *, first: bool | None) -> str:
    """Say what keeps this node out; ``first``: it is the first of a new cluster (None: there is, or was, a cluster)."""
    if member is None:
        return "the state of its database cannot be read: its data directory, grastate.dat, systemd"
    if member.elsewhere:
        return (
            f"mariadbd keeps its data in {', '.join(member.elsewhere)} (datadir in a file under /etc/mysql, or in its unit), and only "
            f"{PLACE} is looked after here: move them there, or make it a link to them, and take that line out"
        )
    if member.configured is None and (member.primary or (member.grastate and member.grastate.has_history)):
        uuid = member.uuid or (member.grastate.uuid if member.grastate else "unknown")
        if uuid not in ours:
            return (
                f"{PLACE} holds the history of a cluster that is not this one ({uuid}): stop MariaDB there, save its data if you "
                "need them, and move them away"
            )
    return "" if member.was_member else _brought(name, member, site, first=first)


def _brought(name: str, member: Member, site: str, *, first: bool | None) -> str:
    """Say what a node that was never a member brings, and what is to be done with it first."""
    if member.instances:
        return f"has other instances of MariaDB ({', '.join(member.instances)}), whose configuration ours would be too: remove them first"
    if member.own and not first:
        ahead = "" if first is None else f"; or name {name} first in inventory.py: its databases become the cluster's"
        return f"{owning(member.unmarked, member.strangers)}{ahead}"
    if member.scattered and not first and member.configured is None:
        return (
            f"MariaDB keeps logs or tablespaces in {', '.join(member.scattered)}, which a state transfer would empty: take those lines "
            "out of the files under /etc/mysql first"
        )
    if site in member.own and member.configured is None:
        return f"has a database {site} of its own, which would be taken for the site's: set drupal_db to another name"
    if member.runs and member.configured is None:
        theirs = (
            f" with databases of its own ({', '.join(member.databases)}), which become the cluster's"
            if member.own
            else ""
        )
        return f"MariaDB runs and is no member{theirs}: 'systemctl stop mariadb' there, then this again"
    return ""


def not_ours(name: str, member: Member | None, ours: set[str]) -> list[str]:
    """Say what of the data directory of the node ``name`` is not proved ours; ``ours``: databases proved otherwise."""
    if member is None:
        return [f"{name}: what {PLACE} holds cannot be read"]
    foreign = [*(one for one in member.unmarked if one not in ours), *member.strangers]
    if not foreign:
        return []
    return [
        f"{name}: {PLACE} holds what is not proved ours ({', '.join(foreign)}): dump and drop it, or move it away, first"
    ]
