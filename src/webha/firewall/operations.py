"""Closing a node to the network without closing it to its operator."""

from collections.abc import Generator, Iterable

from pyinfra.api.command import FunctionCommand, PyinfraCommand
from pyinfra.api.host import Host
from pyinfra.api.operation import operation
from pyinfra.api.state import State
from pyinfra.context import host

from webha import firewall
from webha.firewall import RULES, TABLE, UNIT, Opening
from webha.firewall.facts import FirewallState
from webha.ground import render, shell
from webha.ground.manifest import NOTES, UNITS
from webha.machine.operations import Commands, File, place
from webha.run import ending

SECONDS = 60  # for a new connection through new rules, until the node takes them back by itself
_UNDO = "webha-firewall-undo"

# The clock runs before the rules are loaded. What was there is written as one transaction, like what comes.
_TRY = f"""
mkdir -p {NOTES}; umask 077; new={NOTES}/firewall.new before={NOTES}/firewall.before
cat > $new
nft -c -f $new || {{ echo "nft refuses these rules, nothing was changed" >&2; exit 1; }}
# A listing is not always what it was made of: where the file says what is there, the file comes back.
if [ "$2" = file ]; then cp {RULES} $before; else
  printf 'table {TABLE}\\ndelete table {TABLE}\\n' > $before; nft -s list table {TABLE} >> $before 2>/dev/null || :
fi
systemctl -q stop {_UNDO}.timer 2>/dev/null || :; systemctl reset-failed {_UNDO}.service 2>/dev/null || :
systemd-run -q --collect --unit={_UNDO} --on-active="$1" --timer-property=AccuracySec=100ms nft -f $before
nft -f $new
"""
_BACK = f"nft -f {NOTES}/firewall.before; systemctl -q stop {_UNDO}.timer 2>/dev/null || :; rm -f {NOTES}/firewall.new {NOTES}/firewall.before"
# Once more: a node that was slow has taken them back meanwhile.
_KEEP = f"""
systemctl -q stop {_UNDO}.timer 2>/dev/null || :
nft -f {NOTES}/firewall.new
rm -f {NOTES}/firewall.new {NOTES}/firewall.before
"""
_OPEN = f"""
systemctl -q disable --now {UNIT} 2>/dev/null || :; rm -f {UNITS}/{UNIT} {RULES}; systemctl daemon-reload
! nft list tables 2>/dev/null | grep -qx 'table {TABLE}' || nft delete table {TABLE}
"""


def _knock(state: State, host: Host, said: list[str]) -> bool:
    """Come in anew as this run did; ``said`` gets the reason where that does not go. True, for the operation goes on from there."""
    try:
        fresh = type(host.connector)(state, host)
        fresh.connect()
        reached, output = fresh.run_shell_command(shell.run("true"), print_output=False, print_input=False)
        if not reached:
            said.append(output.stderr or "no command runs there")
        client = getattr(fresh, "client", None)
        if client is not None:
            client.close()
    except Exception as error:
        said.append(str(error))
    return True


@operation()
def closed(openings: Iterable[Opening], vip: str, ssh_sources: Iterable[str]) -> Generator[PyinfraCommand, None, None]:
    """Own the table ``inet webha`` of nftables, now and at boot: the node answers ``openings`` and ssh to ``ssh_sources``, nobody else.

    No other table is touched. New rules stay only where a new connection by ssh comes through them; else what was there before is back
    at once, and after a minute by the node itself. Does nothing where the text on disk is this and the kernel has what it says. Says which of the
    node's own services nobody reaches any more, and which firewall of somebody's is at work beside it. nft(8), nftables wiki.
    """
    state = host.get_fact(FirewallState)
    if state is None:
        yield shell.refusal("what filters on this node cannot be read: nft list ruleset")
        return
    sources = list(ssh_sources)
    opened = (*firewall.ssh(state.ssh, sources), *openings)
    web = sorted({one.ports for one in opened if one.at == vip})
    rules = File(RULES, render.render("firewall/firewall.nft.j2", openings=opened, vip=vip, web=web))
    unit = File(f"{UNITS}/{UNIT}", render.render("firewall/webha-firewall.service.j2", rules=RULES))
    if state.others:
        between = ", ".join(f"{one.protocol} {one.ports}" for one in opened if one.sources)
        ending.say_at_end(
            f"{host.name}: {' and '.join(state.others)} filters there beside ours, which touches none of its rules: "
            f"see that it lets the nodes reach each other at {between}"
        )
    if state.rules == rules.content and state.in_force and state.unit == "enabled" and state.active:
        host.noop("the node is closed but for what is meant to be open")
        return
    yield shell.script(_TRY, str(SECONDS), "file" if state.in_force else "kernel", stdin=str(rules.content))
    said: list[str] = []
    yield FunctionCommand(_knock, (said,), {})
    if said:
        yield shell.script(_BACK)
        yield shell.refusal(
            f"with the new rules no new connection by ssh came through ({said[0]}), so they were taken back and this node is as it was: "
            f"ssh_sources is {', '.join(sources)}; is the machine that you run this from among them, as the node sees it?"
        )
        return
    yield shell.script(_KEEP)
    yield place(rules)
    yield place(unit)
    yield shell.script('systemctl daemon-reload; systemctl -q enable --now "$1"', UNIT)
    if shut := firewall.closed_to_all(state, opened):
        ending.say_at_end(
            f"{host.name}: from now on only the machine itself reaches {', '.join(shut)}; firewall_open in group_data opens what others need"
        )


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
