"""How mariadbd is asked on a node: option files of somebody's do not count, and root without the socket is not a database that is away."""

import pytest

from webha_node import ready, sql
from webha_node.galera import machine
from webha_node.galera.decisions import state_of

from ..stubs import NAMES, fake_program

DENIED = "ERROR 1045 (28000): Access denied for user 'root'@'localhost' (using password: NO)"
AWAY = "ERROR 2002 (HY000): Can't connect to local server through socket '/run/mysqld/mysqld.sock' (2)"
SHOWN = "ActiveState=active\\nJob=0\\nUnitFileState=enabled\\nInactiveEnterTimestampMonotonic=42\\nMainPID=0"
ROWS = "wsrep_local_state_comment\\tSynced\\nwsrep_cluster_status\\tPrimary\\nwsrep_ready\\tON\\n"


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A MariaDB that answers each account in its way: shell by the account's name."""

    def answers(**accounts):
        known = "".join(f"*--user={name}*) {body};;\n" for name, body in accounts.items())
        fake_program(tmp_path, "mariadb", f'echo "$*" >> {tmp_path}/asked\ncase "$*" in\n{known}esac')
        fake_program(tmp_path, "runuser", '[ "$1 $2 $3" = "-u mysql --" ] || exit 9\nshift 3\nexec "$@"')
        fake_program(tmp_path, "systemctl", f"printf '{SHOWN}\\n'")

    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    answers.asked = lambda: (tmp_path / "asked").read_text().splitlines()
    return answers


def failing(words):
    return f'echo "{words}" >&2; exit 1'


def test_the_client_reads_no_option_file_and_uses_the_socket(here):
    here(root="echo 1")
    assert sql.ask("SELECT 1").stdout == "1\n"
    (asked,) = here.asked()
    assert asked.startswith("--no-defaults --protocol=socket --socket=/run/mysqld/mysqld.sock --user=root ")
    assert asked.endswith("-e SELECT 1")


@pytest.mark.parametrize("code", ["1045 (28000)", "1698 (28000)", "4151 (HY000)", "1862 (HY000)", "1820 (HY000)"])
def test_where_root_is_not_let_in_the_account_of_the_state_transfer_is_asked(here, code):
    here(root=failing(f"ERROR {code}: No"), mysql="echo 1")
    assert sql.ask("SELECT 1").stdout == "1\n"
    assert len(here.asked()) == 2


def test_a_database_that_is_away_is_asked_once(here):
    here(root=failing(AWAY), mysql="echo 1")
    assert sql.ask("SELECT 1").returncode == 1
    assert len(here.asked()) == 1
    assert sql.shut_out(AWAY) is None


def looks():
    return ready.Looks(ready.Values(NAMES[0], 3, "/srv", 8081, 1.0, 8.0))


def test_a_member_that_does_not_let_root_in_is_ready(here):
    here(root=failing(DENIED), mysql=f"printf '{ROWS}'")
    looks().database()


def test_one_that_is_out_of_the_component_is_not_ready_whoever_is_asked(here):
    here(root=failing(DENIED), mysql=f"printf '{ROWS.replace('Primary', 'non-Primary')}'")
    with pytest.raises(ready.BrokenError, match="non-Primary"):
        looks().database()


def test_the_address_does_not_move_because_nobody_of_ours_is_let_in(here):
    here(root=failing(DENIED), mysql=failing(DENIED))
    looks().database()
    here(root=failing(AWAY), mysql=failing(AWAY))
    with pytest.raises(ready.BrokenError, match="Can't connect"):
        looks().database()


@pytest.mark.parametrize(
    ("mysql", "kind"),
    [
        (f"printf '{ROWS}wsrep_cluster_state_uuid\\tx\\n'", "primary"),
        (failing(DENIED), "unknown"),
        (failing(AWAY), "unknown"),
    ],
)
def test_the_keeper_takes_what_it_cannot_ask_for_unknown_and_never_for_outside(here, mysql, kind):
    here(root=failing(DENIED), mysql=mysql)
    seen = machine.Machine(NAMES[0], {NAMES[0]: "10.0.0.133"}).look()
    assert state_of(seen, "", None, False).kind == kind
