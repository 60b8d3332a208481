"""The application and this node's servers, as a change of the release uses them."""

import http.client
import json
import os
import signal
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import run
from typing import Any

from webha_node.site import apps, console, database, layout
from webha_node.site.change import ChangeError, Looked

ABSENT = Path(
    "/run/webha/site.restoring"
)  # the process that puts the database back, which pages of this node stay away for
PID = Path("/run/apache2/apache2.pid")
PATIENCE = 3600.0  # seconds for updates of the database
PAGE = 30.0  # seconds for a first page without caches
BROKEN = 500


@contextmanager
def away() -> Generator[None]:
    """Have pages of this node answer 503, for as long as this process lives."""
    ABSENT.parent.mkdir(exist_ok=True)
    ABSENT.write_text(str(os.getpid()))
    ABSENT.chmod(0o644)
    try:
        yield
    finally:
        ABSENT.unlink()


@dataclass(frozen=True)
class Application:
    """One below ``root``, at the address ``host``, with its ``database`` and the ``account`` of that. Of one without a program of ours its database asks for nothing."""

    root: Path
    host: str
    database: str
    account: str = ""

    def look(self, release: str) -> Looked:
        """By the application's own lists of updates."""
        said = self._php(release, "look")
        return Looked([*said["updates"], *said["post"]], said["wrong"], said["closed"])

    def update(self, release: str) -> None:
        """As the application's own page of updates does; by the site's own drush, where it has one, which knows what its modules add to that."""
        home = layout.home(self.root, release) if release else self.root
        own = console.program(home) if layout.app(home) is apps.DRUPAL else None
        if own is not None:
            console.updatedb(own, home / layout.docroot(home), self.host, PATIENCE)
            if left := self.look(release).updates:
                raise ChangeError(f"drush updatedb left {', '.join(left)}")
            return
        said = self._php(release, "update")
        if said["wrong"]:
            raise ChangeError("; ".join(said["wrong"]))

    def rebuild(self, release: str) -> None:
        """All of its caches."""
        self._php(release, "rebuild")

    def close(self, release: str, closed: bool) -> None:
        """By its maintenance mode, or what stands for one."""
        self._php(release, "close" if closed else "open")

    def settle(self) -> None:
        """See :mod:`webha_node.site.database`."""
        database.settled(self.database)

    def dump(self, path: Path) -> None:
        """See :mod:`webha_node.site.database`."""
        database.dump(self.database, path)

    def restore(self, path: Path) -> None:
        """See :mod:`webha_node.site.database`. Pages of this node, which is the one that serves, answer 503 meanwhile."""
        with away():
            database.restore(self.database, path, self.account)

    def reload(self) -> None:
        """Requests that are under way end with the code that they began with."""
        try:
            os.kill(int(PID.read_text()), signal.SIGUSR1)
        except (OSError, ValueError):
            return  # none runs here

    def answers(self, closed: bool) -> None:
        """A page of this node's: any answer that is no failure; of a closed site the one that says so."""
        end = time.monotonic() + PAGE
        while True:
            status, words = self._page()
            if 0 < status < BROKEN or (closed and status == http.client.SERVICE_UNAVAILABLE):
                return
            if time.monotonic() > end:
                raise ChangeError(f"this node's page answers {status or 'nothing'}: {words}")
            time.sleep(0.5)

    def _page(self) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", 80, timeout=PAGE)
        try:
            connection.request("GET", "/", headers={"Host": self.host})
            answer = connection.getresponse()
            return answer.status, answer.read(300).decode("utf-8", "replace").strip()
        except (OSError, http.client.HTTPException) as error:
            return 0, str(error)
        finally:
            connection.close()

    def _php(self, release: str, action: str) -> dict[str, Any]:
        home = layout.home(self.root, release) if release else self.root
        its, inner = layout.known(home)
        if not its.program:
            return {"updates": [], "post": [], "wrong": [], "closed": False}
        wanted = {"root": str(home / inner), "host": self.host, "action": action}
        done = run(
            (*console.AS_SERVER, "php", "-d", "memory_limit=512M", its.program),
            input=json.dumps(wanted),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
            errors="replace",
        )
        try:
            said = json.loads(done.stdout.splitlines()[-1])
        except (IndexError, ValueError):
            said = None
        if done.returncode != 0 or not isinstance(said, dict):
            words = " ".join(one for one in (done.stderr + done.stdout).splitlines() if one.strip() and one[0] != "#")
            raise ChangeError(f"the code of the release {release} fails ({action}): {words[:600] or done.returncode}")
        return said
