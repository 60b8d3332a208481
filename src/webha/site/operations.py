"""Releases of the site: placed beside the running one, made the running one on all nodes, and left again."""

import json
from collections.abc import Iterable
from typing import Any

from pyinfra.api.exceptions import PyinfraError
from pyinfra.api.operation import operation
from pyinfra.context import host, inventory

from webha import drupal, site
from webha.drupal.facts import Drupal
from webha.drupal.fetching import fetched
from webha.ground import shell
from webha.ground.manifest import ARCHIVE
from webha.ground.verdict import Verdict
from webha.machine.operations import SCRATCH, Commands, room, send
from webha.run.across import done, everyone, given, telling, together
from webha.run.ending import say_at_end
from webha.site.facts import Releases
from webha.site.release import Wanted
from webha.site.state import Where

PATIENCE = 7200  # seconds for a change: updates of the database take what they take


@operation()
def placed(wanted: Wanted, where: Where) -> Commands:
    """Own that a release lies on the volume, whole, beside the running one; for one node only.

    What the archive is, and that it is the one that was meant, is seen on the control machine before anything reaches a node. Of modules,
    themes and libraries that the running one has a release that is core alone gets a copy. Does nothing where it lies there, or runs.
    Refuses a volume without a site of ours.
    """
    volume = host.get_fact(Releases, root=where.root, vip=where.vip)
    verdict = site.to_place(volume, _site(where), wanted.name, wanted.checksum)
    if verdict.action == "refuse":
        yield shell.refusal(verdict.reason)
        return
    if verdict.action == "nothing":
        host.noop(verdict.reason)
        return
    yield shell.run("true")  # what follows fetches: not while changes are only being looked for
    try:
        archive = fetched(wanted.release)
        checksum = drupal.verified(archive, wanted.release.checksum)
    except drupal.ReleaseError as error:
        yield shell.refusal(str(error))
        return
    size = drupal.unpacked_size(archive)
    yield room({SCRATCH: archive.stat().st_size, where.root: size}, "the release")
    remote = f"{SCRATCH}/webha-{wanted.name}.tar"
    yield send(archive, remote)
    what = {**drupal.described(archive, checksum), "id": wanted.name}
    yield _asked({"do": "place", "release": wanted.name, "archive": remote, "what": what})


@operation()
def changed(wanted: Wanted, nodes: Iterable[str], where: Where) -> Commands:
    """Own that the placed release runs on all ``nodes``; for one node only, the work is done on the virtual IP's holder.

    See :mod:`webha_node.site.change`: a change that fails goes back by itself, and this says so. A change of an earlier run that was cut
    off is gone back from first. Does nothing where the release runs everywhere.
    """
    volumes = everyone(Releases, nodes, root=where.root, vip=where.vip)
    one = _site(where)
    verdict = site.to_change(volumes, one, wanted.name, wanted.checksum)
    before = site.named(one.version, one.release or "") if one is not None else ""
    yield from _work(verdict, volumes, {"do": "update", "release": wanted.name, "before": before})


@operation()
def returned(release: str | None, nodes: Iterable[str], where: Where, confirmed: bool) -> Commands:
    """Own that ``release`` (None: the one before) runs on all ``nodes`` again; for one node only.

    Where the update changed the database it goes back, too, ``confirmed`` by the cluster's name: what was written since is given up, and
    kept as a dump beside the release that is left.
    """
    volumes = everyone(Releases, nodes, root=where.root, vip=where.vip)
    verdict = site.to_return(volumes, _site(where), release, confirmed)
    seen = next((one for one in volumes.values() if one is not None), None)
    target = release or (seen.before if seen else None)
    asked = {"do": "rollback", "release": target, "restore": verdict.action == "restore"}
    if seen is not None and seen.unfinished:
        asked = {"do": "return"}
    yield from _work(verdict, volumes, asked)


@operation()
def kept(keep: int, where: Where) -> Commands:
    """Own that of the releases that do not run the ``keep`` newest are there, and the one before; for one node only."""
    gone = site.to_remove(host.get_fact(Releases, root=where.root, vip=where.vip), keep)
    if gone:
        yield _asked({"do": "remove", "releases": list(gone)})
    else:
        host.noop("no release is too many")


def _site(where: Where) -> drupal.Site | None:
    found: drupal.Site | None = host.get_fact(Drupal, root=where.root, database=where.database, user=where.user)
    return found


def _asked(what: dict[str, Any]) -> Any:
    return shell.script(f"exec /usr/bin/python3 {ARCHIVE} site", stdin=json.dumps(what))


def _work(verdict: Verdict, volumes: dict[str, Any], asked: dict[str, Any]) -> Commands:
    if verdict.action == "refuse":
        yield shell.refusal(verdict.reason)
        return
    if verdict.action == "nothing":
        host.noop(verdict.reason)
        return
    holder = next(name for name, one in volumes.items() if one.holds)
    others = [name for name in volumes if name != holder]
    more = given()

    def work() -> None:
        said = [] if verdict.action == "follow" else _on(holder, asked, more).splitlines()
        told = json.loads(said[-1]) if said else {}
        together({name: lambda name=name: _on(name, {"do": "follow"}, more) for name in [*others, holder]})  # type: ignore[misc]
        if told.get("why"):
            raise PyinfraError(f"the site is as before, the release {told['running']} runs: {told['why']}")
        if told:
            say_at_end(f"the release {told['running']} runs on all nodes; before: {told['before'] or '-'}")

    command, failed = telling(work)
    yield command  # type: ignore[misc]  # as pyinfra takes it
    if failed:
        yield shell.refusal(failed[0])


def _on(name: str, asked: dict[str, Any], more: dict[str, Any]) -> str:
    return done(inventory.get_host(name), _asked(asked), PATIENCE, more)
