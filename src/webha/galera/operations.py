"""MariaDB Galera: bootstrap once, then members one by one (the document's §2.1.3)."""

from collections.abc import Iterable

from pyinfra.api.command import StringCommand
from pyinfra.api.operation import operation
from pyinfra.context import host

from webha import galera
from webha.galera import encryption
from webha.galera.facts import AUTHORITIES, KEYS, KEYS_TAKEN, SQL, Account, Galera
from webha.ground import shell
from webha.machine.operations import Commands, File, placed
from webha.run import ending
from webha.run.across import everyone

_DIAGNOSIS = (
    f"{SQL} \"SHOW GLOBAL STATUS LIKE 'wsrep_%st%'\" 2>&1 | grep -E 'cluster_status|cluster_size|local_state_comment'; "
    "systemctl --no-pager -n 0 status mariadb; journalctl -u mariadb -n 15 --no-pager -o cat"
)


def synced(size: int) -> str:
    """Return the shell condition that this node is a Synced member of a primary component of at least ``size``."""
    return (
        f"s=$({SQL} \"SHOW GLOBAL STATUS WHERE Variable_name IN ('wsrep_cluster_status', 'wsrep_local_state_comment', "
        "'wsrep_ready', 'wsrep_connected', 'wsrep_cluster_size')\" 2>/dev/null) && "
        "for want in Primary Synced; do printf '%s\\n' \"$s\" | cut -f2 | grep -qx $want || exit 1; done; "
        '[ "$(printf \'%s\\n\' "$s" | cut -f2 | grep -cx ON)" = 2 ] && '
        f'[ "$(printf \'%s\\n\' "$s" | grep wsrep_cluster_size | cut -f2)" -ge {size} ]'
    )


def _wait(size: int, seconds: int) -> StringCommand:
    return shell.until(f"( {synced(size)} )", seconds, f"Synced in a primary component of {size} or more", _DIAGNOSIS)


def _provider(option: str, value: str) -> str:
    """Return the shell that gives a running Galera another ``value``. From MariaDB 11 on its options are variables, and times numbers."""
    variable, plain = option.replace(".", "_"), value.removeprefix("PT").removesuffix("S")
    return (
        f"{SQL} 'SET GLOBAL wsrep_provider_{variable}={plain}' 2>/dev/null || "
        f"{SQL} \"SET GLOBAL wsrep_provider_options='{option}={value}'\""
    )


@operation()
def configured(between: File, wished: File, nodes: Iterable[str], *, tls: bool) -> Commands:
    """Own the configuration on disk: ``wished``, or ``between`` while a running member speaks in another way than the wished one alone.

    A cluster that runs gets to TLS, and back, in two rounds (:mod:`webha.galera.encryption`); this is the first. As
    :func:`webha.machine.operations.placed` else.
    """
    members = everyone(Galera, nodes)
    mode = galera.next_mode(members, encrypted=tls)
    silent = [name for name, one in members.items() if one is not None and one.runs and one.encryption is None]
    if (
        silent
        and mode == ("on" if tls else "off")
        and any(one and one.encryption not in (None, mode) for one in members.values())
    ):
        yield shell.refusal(
            f"MariaDB of {', '.join(silent)} does not say how it speaks to the others, and not all are alike: run this again when it does"
        )
        return
    if mode == "either" and (member := members[host.name]) is not None and member.encryption not in (None, mode):
        yield shell.script("; ".join(_provider(name, value) for name, value in encryption.PATIENT.items()))
    yield from placed._inner(files=[between if mode == "either" else wished])


@operation()
def keys_in_force() -> Commands:
    """Own that a running mariadbd has read the node's key and the authorities on disk, for its members and its clients; no connection is lost.

    Decides from the note of what it read last. Does nothing where it does not run, or speaks in clear (its restart reads them).
    """
    member = host.get_fact(Galera)
    if member is None:
        yield shell.refusal("the database's state is unknown")
    elif member.keys is None or member.keys == member.keys_taken or member.encryption in (None, "off"):
        host.noop("mariadbd has read the keys on disk, or will when it starts")
    else:
        yield shell.script(
            f"{_provider('socket.ssl_reload', '1')}; {SQL} 'FLUSH SSL'; "
            f"cat {KEYS} {AUTHORITIES} | sha256sum > {KEYS_TAKEN}"
        )


@operation()
def settled(seconds: int = 1800) -> Commands:
    """Own that mariadbd is neither starting nor stopping here: what a run before this one began is waited for.

    Does nothing where it is at rest. Fails after ``seconds`` with the unit's last words.
    """
    member = host.get_fact(Galera)
    if member is None:
        yield shell.refusal("the database's state is unknown")
    elif member.unit in ("activating", "deactivating"):
        yield shell.until(
            "case $(systemctl show -p ActiveState --value mariadb) in activating|deactivating) false;; esac",
            seconds,
            "mariadbd at rest",
            _DIAGNOSIS,
        )
    else:
        host.noop(f"mariadbd is {member.unit}")


@operation()
def bootstrapped(nodes: Iterable[str], seconds: int = 120) -> Commands:
    """Own that a primary component exists; for the first node only.

    Makes one with ``galera_new_cluster`` only where :func:`webha.galera.bootstrap` finds that every node answered and
    none was ever a member. Does nothing where a node is primary; refuses in every other case, saying what to do.
    """
    verdict = galera.bootstrap(everyone(Galera, nodes))
    if verdict.action == "refuse":
        yield shell.refusal(verdict.reason)
    elif verdict.action == "nothing":
        host.noop(verdict.reason)
    else:
        yield shell.script("systemctl reset-failed mariadb.service || :; galera_new_cluster")
        yield _wait(1, seconds)


@operation()
def account(account_name: str, grants: str) -> Commands:
    """Own a local account that logs in by its operating-system name (unix_socket: no password exists).

    Compares what SHOW GRANTS says; does nothing where the account can do what ``grants`` names. Refuses while the node
    is no Synced member (the statement would stay on this node alone).
    """
    member = host.get_fact(Galera)
    if words := galera.shut_out("this node", member):
        yield shell.refusal(words)
        return
    if member is None or not member.synced:
        yield shell.refusal(f"account {account_name}: this node is not a Synced member; run tasks/galera.py first")
        return
    known = host.get_fact(Account, account=account_name)
    wanted = {grant.strip().upper() for grant in grants.split(",")} - {
        "USAGE"
    }  # every account has it, but not every one shows it
    if known is None:
        yield shell.refusal(f"account {account_name}: mariadbd does not say what it may")
        return
    if known and (wanted <= known or "ALL PRIVILEGES" in known):
        host.noop(f"account {account_name} has its grants")
        return
    statements = (
        "CREATE USER IF NOT EXISTS '$1'@localhost IDENTIFIED VIA unix_socket; GRANT $2 ON *.* TO '$1'@localhost"
    )
    yield shell.script(f'{SQL} "{statements}"', account_name, grants)


@operation()
def member(node: str, nodes: Iterable[str], seconds: int = 1800) -> Commands:
    """Own that the stopped node ``node`` joins, and return only when it is Synced.

    Does nothing where it is Synced already; refuses by :func:`webha.galera.may_join`. Run it for one node at a time.
    """
    members = everyone(Galera, nodes)
    verdict = galera.may_join(node, members)
    if verdict.action == "refuse":
        yield shell.refusal(verdict.reason)
    elif verdict.action == "nothing":
        host.noop(verdict.reason)
    else:
        yield shell.script("systemctl reset-failed mariadb.service || :; systemctl start mariadb.service")
        yield _wait(2, seconds)


@operation()
def configuration_in_force(node: str, nodes: Iterable[str], seconds: int = 1800) -> Commands:
    """Own that the running mariadbd of ``node`` was started with the configuration on disk.

    Decides from what runs, not from what this run changed: a run that died before the restart is made good by the next.
    Restarts and waits until the node is Synced among all; refuses while another node is not. Run it for one node at a time.
    """
    members = everyone(Galera, nodes)
    verdict = galera.may_restart(node, members)
    if verdict.action == "refuse":
        yield shell.refusal(verdict.reason)
    elif verdict.action == "nothing":
        host.noop(verdict.reason)
    else:
        yield shell.run("systemctl", "restart", "mariadb.service")
        yield _wait(len(members), seconds)


@operation()
def whole(nodes: Iterable[str]) -> Commands:
    """Assert that all nodes are Synced members of one cluster; never changes anything, fails naming what is wrong.

    Tells the run's end where one runs otherwise than acknowledged writes need it.
    """
    members = everyone(Galera, nodes)
    for line in galera.endangered(members):
        ending.say_at_end(line)
    wrong = galera.whole(members)
    if wrong:
        yield shell.refusal("; ".join(wrong))
    else:
        host.noop("all nodes are Synced in one primary component")
