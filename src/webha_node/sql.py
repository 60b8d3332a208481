"""One way to ask the node's mariadbd: through its socket, whatever an option file of somebody's says of user, host or port."""

import re
import subprocess

from webha_node.commands import run

SOCKET = "/run/mysqld/mysqld.sock"
_PATIENCE = 3  # seconds for the connection
# Access denied, by the password or without one; the account is locked; its password has expired, or must be changed first.
SHUT_OUT = "^ERROR (1045|1698|4151|1862|1820) "


def client(user: str = "root", patience: int = _PATIENCE) -> tuple[str, ...]:
    """Return the client's command: bare rows, columns between tabs. The socket vouches for ``user``, who runs it: no password exists."""
    return (
        *("mariadb", "--no-defaults", "--protocol=socket", f"--socket={SOCKET}", f"--user={user}"),
        *(f"--connect-timeout={patience}", "-N", "-B"),
    )


def as_mysql(patience: int = _PATIENCE) -> tuple[str, ...]:
    """Return the same as the account that the state transfer logs in as, which Debian's package makes, for root."""
    return ("runuser", "-u", "mysql", "--", *client("mysql", patience))


def shut_out(said: str) -> str | None:
    """Return MariaDB's words where it answers and does not let the account in."""
    found = re.search(f"{SHUT_OUT}.*$", said, re.MULTILINE)
    return found[0].strip() if found else None


def ask(statement: str, seconds: float = 5.0) -> subprocess.CompletedProcess[str]:
    """Return what MariaDB answered root; where root was given a password, or is locked out, what it answered the account mysql."""
    done = run(*client(), "-e", statement, seconds=seconds)
    if done.returncode != 0 and shut_out(done.stderr):
        return run(*as_mysql(), "-e", statement, seconds=seconds)
    return done
