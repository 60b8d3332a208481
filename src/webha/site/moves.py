"""A site of somebody's in, and out; and its own drush: one time, on the virtual IP's holder, where the site writes."""

import base64
import shlex
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pyinfra.api.exceptions import PyinfraError
from pyinfra.api.operation import operation
from pyinfra.context import host, inventory

from webha import drupal, site
from webha.ground import shell
from webha.machine.operations import SCRATCH, Commands, room, send
from webha.run.across import done as answered
from webha.run.across import everyone, given, telling_of
from webha.run.ending import say_at_end
from webha.site.facts import Releases
from webha.site.moving import Given
from webha.site.operations import of_the_site, on
from webha.site.state import Volume, Where
from webha_node.site.outgoing import CODE, DATABASE, PREFIX, UPLOADS

_PIECE = 8 << 20  # bytes that are fetched at a time


@operation()
def brought(what: str, path: Given | None, nodes: Iterable[str], where: Where) -> Commands:
    """Own that somebody's ``database`` (a dump) or ``files`` (an archive of uploads) are the site's; for one node only.

    Does nothing where they were taken in before, or none are given. A database is taken into an empty one alone; one that was cut off is
    begun anew. Refuses where there is no code yet, and where the database has tables.
    """
    if path is None:
        host.noop(f"no {what} given")
        return
    volumes = everyone(Releases, nodes, root=where.root, vip=where.vip)
    verdict = site.to_bring(volumes.get(host.name), of_the_site(where), what, path.checksum)
    holder = _holder(volumes)
    if verdict.action == "nothing":
        host.noop(verdict.reason)
        return
    if verdict.action == "refuse" or holder is None:
        yield shell.refusal(verdict.reason if verdict.action == "refuse" else site.NO_HOLDER)
        return
    more, remote = given(), f"{SCRATCH}/webha-import-{what}"

    size = path.path.stat().st_size
    needed = {SCRATCH: size, where.root: drupal.unpacked_size(path.path) if what == "files" else 0}

    def work() -> None:
        answered(inventory.get_host(holder), room(needed, what), 60, more)
        answered(inventory.get_host(holder), send(path.path, remote), 3600, more)
        said = on(holder, {"do": "bring", "what": what, "path": remote, "checksum": path.checksum}, more)
        for line in said.splitlines():
            say_at_end(line)

    yield from telling_of(work)


@operation()
def exported(into: str | None, name_of: str, nodes: Iterable[str], where: Where) -> Commands:
    """Bring the site's code, database and uploads into a new folder on the control machine; for one node only.

    ``into``: that folder, None: one with the name of the cluster (``name_of``) and the time. Refuses one that is there.
    """
    volumes = everyone(Releases, nodes, root=where.root, vip=where.vip)
    holder = _holder(volumes)
    found = of_the_site(where)
    folder = Path(into or f"export-{name_of}-{time.strftime('%Y%m%d-%H%M%S')}").expanduser()
    if found is None or found.code != "complete" or not found.installed or holder is None:
        yield shell.refusal(site.NO_HOLDER if holder is None else "there is no site to export: run tasks/status.py")
        return
    if folder.exists():
        yield shell.refusal(f"{folder} is there already on the control machine: name another one, --data to=FOLDER")
        return
    more = given()

    def work() -> None:
        remote = on(holder, {"do": "export"}, more).strip().splitlines()[-1]
        if not remote.startswith(f"{SCRATCH}/{PREFIX}"):
            raise PyinfraError(f"{holder} says {remote!r} instead of where the archives are")
        try:
            folder.mkdir(mode=0o700, parents=True)
            for one in (CODE, DATABASE, UPLOADS):
                _fetched(holder, f"{remote}/{one}", folder / one, more)
        finally:
            answered(inventory.get_host(holder), shell.run("rm", "-rf", "--", remote), 60, more)
        say_at_end(f"the site is in {folder}/: {CODE}, {DATABASE}, {UPLOADS}")

    yield from telling_of(work)


@operation()
def drush(line: str | None, nodes: Iterable[str], where: Where) -> Commands:
    """Run the site's own drush with these words, as the web server, on the virtual IP's holder; say what it says. For one node only."""
    volumes = everyone(Releases, nodes, root=where.root, vip=where.vip)
    holder = _holder(volumes)
    if line is None or holder is None:
        yield shell.refusal(site.NO_HOLDER if line is not None else 'say what to run: --data run="status"')
        return
    more = given()

    def work() -> None:
        try:
            say_at_end(on(holder, {"do": "drush", "words": shlex.split(line)}, more).rstrip())
        except ValueError as error:
            raise PyinfraError(f"run={line!r} is no command line: {error}") from error

    yield from telling_of(work)


def _holder(volumes: Mapping[str, Volume | None]) -> str | None:
    """Return the one node that has the virtual IP; None: none, or several."""
    found = [name for name, one in volumes.items() if one is not None and one.holds]
    return found[0] if len(found) == 1 else None


def _fetched(name: str, remote: str, path: Path, more: dict[str, Any]) -> None:
    """Bring a file of any size, for this user alone. Over standard output: pyinfra's own download needs an sftp subsystem."""
    path.touch(mode=0o600)
    size = int(answered(inventory.get_host(name), shell.run("stat", "-c", "%s", remote), 60, more))
    with path.open("wb") as file:
        while file.tell() < size:
            where = f'tail -c +{file.tell() + 1} "$1" | head -c {_PIECE} | base64 -w 76'
            piece = base64.b64decode(answered(inventory.get_host(name), shell.script(where, remote), 600, more))
            if not piece:
                raise PyinfraError(f"{name}: {remote} has {size} bytes, and {file.tell()} came")
            file.write(piece)
