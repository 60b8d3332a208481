"""The site's own drush, as the web server, on this node."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from webha_node.site import layout
from webha_node.site.application import AS_SERVER
from webha_node.site.change import ChangeError

WHERE = ("vendor/bin/drush", "vendor/drush/drush/drush")
NOT_FOUND = "the site has no drush (vendor/bin/drush): add it where the site is built (composer require drush/drush), then run tasks/site.py"


def program(root: Path) -> Path | None:
    """Return the drush of the release that runs; None: it has none."""
    release = layout.running(root)
    home = root if release is None else layout.home(root, release)
    return next((home / one for one in WHERE if (home / one).is_file()), None)


def drush(root: Path, host: str, words: Sequence[str]) -> int:
    """Run it with these words; what it prints goes where this process prints. Raises ChangeError where there is none."""
    found = program(root)
    if found is None:
        raise ChangeError(NOT_FOUND)
    said = ("php", "-d", "memory_limit=512M", str(found), f"--root={root}", f"--uri=http://{host}", *words)
    return subprocess.run(
        (*AS_SERVER, *said), stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT, check=False
    ).returncode
