"""The site's own drush, as the web server, on this node."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from webha_node.site import layout
from webha_node.site.change import ChangeError

# It ends with this process, whatever ends that: nobody goes back while it still changes the database.
AS_SERVER = ("setpriv", "--reuid=www-data", "--regid=www-data", "--init-groups", "--pdeathsig=KILL", "--")
WHERE = ("vendor/bin/drush", "vendor/drush/drush/drush")
NOT_FOUND = "the site has no drush (vendor/bin/drush): add it where the site is built (composer require drush/drush), then run tasks/site.py"
SAID = 600  # characters of its last words that a person gets


def program(home: Path) -> Path | None:
    """Return the drush of the release in this folder; None: it has none."""
    return next((home / one for one in WHERE if (home / one).is_file()), None)


def command(found: Path, root: Path, host: str, words: Sequence[str]) -> tuple[str, ...]:
    """Return the command line that runs it for the code served from ``root``."""
    return (
        *AS_SERVER,
        *("php", "-d", "memory_limit=512M", str(found), f"--root={root}", f"--uri=http://{host}"),
        *words,
    )


def drush(root: Path, host: str, words: Sequence[str]) -> int:
    """Run that of the release that runs, with these words; what it prints goes where this process prints. Raises ChangeError where there is none."""
    release = layout.running(root)
    home = root if release is None else layout.home(root, release)
    found = program(home)
    if found is None:
        raise ChangeError(NOT_FOUND)
    # Where the code really lies: drush knows no Drupal in a docroot of links.
    done = command(found, home / layout.docroot(home), host, words)
    return subprocess.run(done, stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT, check=False).returncode


def updatedb(found: Path, root: Path, host: str, seconds: float) -> None:
    """Have it bring the database to its code. Raises ChangeError with its last words where it fails."""
    done = subprocess.run(
        command(found, root, host, ("updatedb", "--yes", "--no-interaction")),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=seconds,
        check=False,
    )
    if done.returncode != 0:
        raise ChangeError(f"drush updatedb ended with {done.returncode}: {' '.join(done.stdout.split())[-SAID:]}")
