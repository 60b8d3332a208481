"""What a person is told where no node is in a primary component: what is known of each, and which command makes one again."""

from webha.galera.state import Member, Members


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
