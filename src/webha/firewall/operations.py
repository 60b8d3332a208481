"""Closing a node to the network without closing it to its operator."""

from collections.abc import Generator, Iterable

import gevent
from pyinfra.api.command import FunctionCommand, PyinfraCommand
from pyinfra.api.host import Host
from pyinfra.api.operation import operation
from pyinfra.api.state import State
from pyinfra.context import host

from webha import firewall
from webha.firewall import DROP_IN, RULES, TABLE, UNIT, Opening
from webha.firewall.facts import Connections, FirewallState
from webha.ground import render, shell
from webha.ground.manifest import HEADER, NOTES, UNITS
from webha.machine.operations import Commands, File, place
from webha.run import ending
from webha.run.ports import Port

SECONDS = 60  # until the node takes new rules back by itself
EPHEMERAL = 32768  # the first of the ports that Linux gives to who asks (ip_local_port_range)
PATIENCE = 30  # seconds for a new connection through them
_UNDO = "webha-firewall-undo"

# The clock runs before the rules are loaded, and what it would bring back was tried before that. A listing is not always what it was
# made of: where the file says what is there, the file comes back.
_TRY = f"""
mkdir -p {NOTES}; umask 077; new={NOTES}/firewall.new before={NOTES}/firewall.before
cat > $new
nft -c -f $new || {{ echo "nft refuses these rules, nothing was changed" >&2; exit 1; }}
case $2 in
  file) cp {RULES} $before;;
  *) printf 'table {TABLE}\\ndelete table {TABLE}\\n' > $before; [ "$2" = none ] || nft -s -t list table {TABLE} >> $before;;
esac
nft -c -f $before || {{ echo "what filters here now cannot be brought back by nft, so nothing was changed: nft list table {TABLE}" >&2; exit 1; }}
systemctl -q stop {_UNDO}.timer 2>/dev/null || :; systemctl reset-failed {_UNDO}.service 2>/dev/null || :
systemd-run -q --collect --unit={_UNDO} --on-active="$1" --timer-property=AccuracySec=100ms nft -f $before
nft -f $new
"""
_BACK = f"nft -f {NOTES}/firewall.before; systemctl -q stop {_UNDO}.timer 2>/dev/null || :; rm -f {NOTES}/firewall.new {NOTES}/firewall.before"
# A connection that came when the node had taken them back already says nothing of the new rules.
_KEEP = f"""
systemctl -q is-active {_UNDO}.timer || {{ echo "the node took the former rules back before this run came in: run it again" >&2; exit 1; }}
systemctl -q stop {_UNDO}.timer; rm -f {NOTES}/firewall.new {NOTES}/firewall.before
"""
_END = 'ss -K state established dst "$1" dport = :"$2" sport = :"$3" > /dev/null'
_OPEN = f"""
systemctl -q disable --now {UNIT} 2>/dev/null || :; rm -f {UNITS}/{UNIT} {DROP_IN} {RULES}; systemctl daemon-reload
rmdir $(dirname {DROP_IN}) 2>/dev/null || :
if command -v nft >/dev/null; then
  tables=$(nft list tables); ! printf '%s\\n' "$tables" | grep -qx 'table {TABLE}' || nft delete table {TABLE}
fi
"""


def _knock(state: State, host: Host, said: list[str]) -> bool:
    """Come in anew as this run did; ``said`` gets the reason where that does not go. True, for the operation goes on from there."""
    try:
        with gevent.Timeout(PATIENCE, TimeoutError(f"not within {PATIENCE} s")):
            fresh = type(host.connector)(state, host)
            fresh.connect()
            reached, output = fresh.run_shell_command(shell.run("true"), print_output=False, print_input=False)
            if not reached:
                said.append(output.stderr or "no command runs there")
            client = getattr(fresh, "client", None)
            if client is None:
                ending.say_at_end(
                    f"{host.name}: is not reached by ssh from here, so that its firewall lets ssh in was not tried"
                )
            else:
                client.close()
    except Exception as error:
        said.append(str(error))
    return True


@operation()
def closed(openings: Iterable[Opening], vip: str, ssh_sources: Iterable[str]) -> Generator[PyinfraCommand, None, None]:
    """Own the table ``inet webha`` of nftables and its text on disk: the node answers ``openings`` and ssh to ``ssh_sources``, nobody else.

    No other table is touched. New rules stay only where a new connection by ssh comes through them; else what was there before is back
    at once, and after a minute by the node itself. Connections of those who are not let in any more are ended. Does nothing where the
    text on disk is this and the kernel has what it says. Refuses a file of somebody's in its place. Says which of the node's own services
    nobody reaches any more, and which firewall of somebody's is at work beside it. nft(8), nftables wiki.
    """
    state = host.get_fact(FirewallState)
    if state is None:
        yield shell.refusal("what filters on this node cannot be read: nft list ruleset")
        return
    sources = list(ssh_sources)
    opened = (*firewall.ssh(state.ssh, sources), *openings)
    web = sorted({one.ports for one in opened if one.at == vip})
    rules = File(
        RULES, render.render("firewall/firewall.nft.j2", openings=opened, vip=vip, web=web, ephemeral=EPHEMERAL)
    )
    if state.others:
        between = ", ".join(f"{one.protocol} {one.ports}" for one in opened if one.sources)
        ending.say_at_end(
            f"{host.name}: {' and '.join(state.others)} filters there beside ours, which touches none of its rules: "
            f"see that it lets the nodes reach each other at {between}"
        )
    if state.rules == rules.content and state.in_force:
        host.noop("the node is closed but for what is meant to be open")
        return
    if state.rules is not None and HEADER not in state.rules:
        yield shell.refusal(f"{RULES} is there and does not say that it is ours: move it away first")
        return
    before = "file" if state.in_force else "kernel" if state.loaded else "none"
    yield shell.script(_TRY, str(SECONDS), before, stdin=str(rules.content))
    said: list[str] = []
    yield FunctionCommand(_knock, (said,), {})
    if said:
        yield shell.script(_BACK)
        yield shell.refusal(
            f"with the new rules no new connection by ssh came through ({said[0]}), so they were taken back and this node is as it was: "
            f"ssh_sources is {', '.join(sources)} and sshd's port there {', '.join(map(str, state.ssh)) or 'unknown'}; is the machine that you run "
            "this from among them, as the node sees it?"
        )
        return
    yield shell.script(_KEEP)
    yield place(rules)
    connections = host.get_fact(Connections)
    if connections is None:
        ending.say_at_end(f"{host.name}: who was connected before it was closed, and is still, cannot be read: ss -tn")
    strangers = firewall.intruders(connections or (), state, opened)
    for one in strangers:
        yield shell.script(_END, one.peer, str(one.peer_port), str(one.port))
    if strangers:
        each = ", ".join(sorted({f"{one.peer} at {one.port}" for one in strangers}))
        ending.say_at_end(f"{host.name}: connections were ended that nobody may make any more: {each}")
    if shut := firewall.closed_to_all(state, opened):
        ending.say_at_end(
            f"{host.name}: from now on only the machine itself reaches {', '.join(shut)}; firewall_open in group_data opens what others need"
        )


@operation()
def lets_visitors_in(vip: str, ports: Iterable[Port]) -> Commands:
    """Assert that the rules on the node, where there are some, let anybody in at ``vip`` to those of ``ports`` that are for anybody."""
    state = host.get_fact(FirewallState)
    if state is None:
        yield shell.refusal("what filters on this node cannot be read: nft list ruleset")
    elif shut := firewall.shut_to_visitors(state, vip, ports):
        yield shell.refusal(f"{shut}: run tasks/firewall.py with the same data first")
    else:
        host.noop(f"whoever comes to {vip} is let in")


@operation()
def opened() -> Commands:
    """Own that nothing of ours filters: the table, the unit and the rules go. Does nothing where none of them is there."""
    state = host.get_fact(FirewallState)
    if state is None:
        yield shell.refusal("what filters on this node cannot be read: nft list ruleset")
    elif state.rules is None and not state.loaded and not state.unit:
        host.noop("nothing of ours filters here")
    else:
        yield shell.script(_OPEN)
