"""What a person is told where no node is in a primary component: what is known of each, and which command makes one again."""

from webha.galera.datadir import PLACE
from webha.galera.state import Member, Members

_FORGET = f"rm -f {PLACE}/grastate.dat; galera_new_cluster"  # without that file Galera does not ask whether it is safe


def of_unknown_age(members: Members, site: str = "") -> str:
    """Say why nobody's databases may become the cluster's where it is not known which are the newest; empty: the first node's may.

    The first node makes the cluster, and all others take a full copy over what they hold. So where no node has a history, none
    but the first may hold databases of ours (with our mark, or of the name ``site`` beside our configuration), and those whole.
    """
    found = _undated(members, site)
    if not found or any(one is not None and one.was_member for one in members.values()):
        return ""
    cut = [name for name in found if (one := members[name]) is not None and one.joining]
    first = next(iter(members))
    if set(found) == {first} and not cut:
        return ""
    listed = "; ".join(
        f"{name} ({', '.join(those)}{', a copy that was cut off' if name in cut else ''})"
        for name, those in found.items()
    )
    words = f"databases of this cluster without a history (no grastate.dat, or none with a UUID) are on {listed}"
    if cut == list(found):
        return (
            f"{words}: none of them is whole. Bring back a backup; to begin anew, save what {PLACE} holds on {', '.join(cut)} and "
            "move it away"
        )
    here = all(one is not None and one.configured for name, one in members.items() if name in found)
    if len(found) == 1:
        alone = next(iter(found))
        how = f"On {alone}: '{_FORGET}'" if here else f"Name {alone} first in inventory.py"
        return f"{words}, and {first} would make the cluster: {alone} would take a full copy over them. {how}, then this again"
    how = (
        f"On the one whose data stay, and on no other: '{_FORGET}'"
        if here
        else f"Name the one whose data stay first in inventory.py, save what {PLACE} holds on the others and move it away"
    )
    return (
        f"{words}: which is the newest is not known, and all but one would take a full copy over theirs, so nothing is bootstrapped. "
        f"On {', '.join(found)}, with MariaDB stopped, 'galera_recovery' prints --wsrep_start_position=UUID:seqno: with one UUID the "
        "highest seqno has all that the others have; with different ones, or zeros, save each and compare what is in them. "
        f"{how}, then this again"
    )


def _undated(members: Members, site: str = "") -> dict[str, tuple[str, ...]]:
    """Return, by node, the databases of ours without a history."""
    found = {}
    for name, member in members.items():
        if member is not None and not member.was_member:
            sites = (site,) if site in member.unmarked and member.configured is not None else ()
            if those := (*member.undated, *sites):
                found[name] = those
    return found


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
    words = ", ".join(("no cluster's history", *(f"database {one}" for one in member.undated)))
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
    lost = sorted(_undated(members))
    if not past:
        return of_unknown_age(members) or "None was ever a member: stop MariaDB where it runs, then this again"
    positions = {name: one.position for name, one in past.items() if one.position is not None}
    safe = [name for name, one in past.items() if one.grastate and one.grastate.safe_to_bootstrap]
    best = max(positions, key=lambda name: (positions[name], name in safe), default=None)
    if best is not None and safe == [best] and not missing and not lost and not any(one.runs for one in past.values()):
        return f"{best} was the last to stop: run 'galera_new_cluster' there, then this again"
    if missing:
        first = f"{', '.join(missing)} may hold what the others do not: bring it back if you can, the rest then follows by itself"
    elif lost:
        first = f"No grastate.dat tells how far {', '.join(lost)} came: webha-galera-keeper leaves it to a person"
    else:
        first = "With every node there webha-galera-keeper brings it back by itself where that loses nothing"
    among = "of the others " if missing else ""
    where = "the most advanced one"
    if best is not None and len(positions) == len(past) and not lost:
        first += f"; {among}{best} is the most advanced (seqno {positions[best]})"
        where = best
    never = f"If {', '.join(missing)} never returns" if missing else "By hand"
    # Once the others have gone on, Galera may take a node in that kept commits of its own, and keep those.
    last = (
        f"; before {', '.join(missing)} is started again all the same, 'rm /var/lib/mysql/grastate.dat' there"
        if missing
        else ""
    )
    instead = f" (on {', '.join(lost)} '{_FORGET}')" if lost else ""
    return (
        f"{first}. {never}: on {', '.join(sorted([*past, *lost]))} 'systemctl stop webha-galera-keeper; timeout 30 systemctl stop mariadb; "
        f"systemctl kill -s KILL mariadb' (one that waits for the others does not end by itself) and compare 'galera_recovery'; "
        f"on {where} \"sed -i 's/^safe_to_bootstrap: 0/safe_to_bootstrap: 1/' /var/lib/mysql/grastate.dat && galera_new_cluster\"{instead}; "
        f"on the other 'systemctl start mariadb', one by one; on all 'systemctl start webha-galera-keeper'{last}"
    )
