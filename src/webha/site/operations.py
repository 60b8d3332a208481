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
from webha.run.across import done, everyone, given, telling_of, together
from webha.run.ending import say_at_end
from webha.site import packaging
from webha.site.facts import Releases
from webha.site.release import Wanted
from webha.site.state import Where
from webha_node.site.layout import ON_DISK

PATIENCE = 7200  # seconds for a change: updates of the database take what they take


@operation()
def placed(wanted: Wanted | None, where: Where, first: bool = False) -> Commands:
    """Own that a release lies on the volume, whole, beside the running one; for one node only.

    One of the nodes' own disks lies on this node's, and on the volume as one file for the others. What the archive is, and that it is the
    one that was meant, is seen on the control machine before anything reaches a node. Of modules,
    themes and libraries that the running one has a release that is core alone gets a copy. Does nothing where it lies there, or runs.
    Refuses a volume without a site of ours; with ``first`` it is for a volume without any, and does nothing where one is. None: the first
    one is at the volume's top.
    """
    if wanted is None:
        host.noop("the release is at the volume's top")
        return
    volume = host.get_fact(Releases, root=where.root, vip=where.vip)
    if first:
        verdict = site.to_begin(volume, of_the_site(where))
        if volume is not None and wanted.name in volume.placed:
            verdict = Verdict("nothing", f"the release {wanted.name} is on the volume")
    else:
        verdict = site.to_place(volume, of_the_site(where), wanted.name, wanted.checksum)
    if verdict.action == "refuse":
        yield shell.refusal(verdict.reason)
        return
    if verdict.action not in ("place", "unpack"):
        host.noop(verdict.reason)
        return
    remote = f"{SCRATCH}/webha-{wanted.name}.tar"
    if wanted.release.packaged is not None:
        yield room({SCRATCH: 3 * packaging.SIZE, where.root: packaging.SIZE}, "the release")
        yield packaging.packed(wanted.release, remote)
        yield _place(wanted.name, remote, packaging.described(wanted.release))
        return
    yield shell.run("true")  # what follows fetches: not while changes are only being looked for
    try:
        archive = fetched(wanted.release)
        checksum = drupal.verified(archive, wanted.release.checksum, wanted.release.app)
    except drupal.ReleaseError as error:
        yield shell.refusal(str(error))
        return
    size = drupal.unpacked_size(archive)
    packed = archive.stat().st_size
    on_disk, on_volume = (packed + size, packed) if wanted.local else (packed, size)
    yield room({SCRATCH: on_disk, where.root: on_volume}, "the release")
    yield send(archive, remote)
    yield _place(wanted.name, remote, drupal.described(archive, checksum, wanted.release.app))


@operation()
def changed(wanted: Wanted, nodes: Iterable[str], where: Where) -> Commands:
    """Own that the placed release runs on all ``nodes``; for one node only, the work is done on the virtual IP's holder.

    See :mod:`webha_node.site.change`: a change that fails goes back by itself, and this says so. A change of an earlier run that was cut
    off is gone back from first. Does nothing where the release runs everywhere.
    """
    volumes = everyone(Releases, nodes, root=where.root, vip=where.vip)
    one = of_the_site(where)
    verdict = site.to_change(volumes, one, wanted.name, wanted.checksum)
    before = site.named(one.version, one.release or "") if one is not None else ""
    yield from _work(verdict, volumes, {"do": "update", "release": wanted.name, "before": before}, wanted.name)


@operation()
def returned(release: str | None, nodes: Iterable[str], where: Where, confirmed: bool) -> Commands:
    """Own that ``release`` (None: the one before) runs on all ``nodes`` again; for one node only.

    Where the update changed the database it goes back, too, ``confirmed`` by the cluster's name: what was written since is given up, and
    kept as a dump beside the release that is left.
    """
    volumes = everyone(Releases, nodes, root=where.root, vip=where.vip)
    verdict = site.to_return(volumes, of_the_site(where), release, confirmed)
    seen = next((one for one in volumes.values() if one is not None), None)
    target = release or (seen.before if seen else None)
    asked = {"do": "rollback", "release": target, "restore": verdict.action == "restore"}
    if seen is not None and seen.unfinished:
        asked = {"do": "return"}
    yield from _work(verdict, volumes, asked, target or "")


@operation()
def begun(wanted: Wanted | None, nodes: Iterable[str], where: Where) -> Commands:
    """Own that the placed release is the first one of a volume that holds none, on all ``nodes``; for one node only.

    Does nothing where a release runs. Refuses what is somebody's. None: the first one is at the volume's top.
    """
    if wanted is None:
        host.noop("the release is at the volume's top")
        return
    volumes = everyone(Releases, nodes, root=where.root, vip=where.vip)
    verdict = site.to_begin(volumes.get(host.name), of_the_site(where))
    if verdict.action == "refuse":
        yield shell.refusal(verdict.reason)
        return
    if verdict.action != "unpack":
        host.noop(verdict.reason)
        return
    more = given()

    def work() -> None:
        _spread(volumes, wanted.name, more)
        on(host.name, {"do": "begin", "release": wanted.name}, more)
        together({name: lambda name=name: on(name, {"do": "follow"}, more) for name in volumes})  # type: ignore[misc]

    yield from telling_of(work)


@operation()
def kept(keep: int, nodes: Iterable[str], where: Where) -> Commands:
    """Own that of the releases that do not run the ``keep`` newest are there, and the one before; for one node only.

    Of those on the nodes' own disks each node removes its own.
    """
    volumes = everyone(Releases, nodes, root=where.root, vip=where.vip)
    own = volumes.get(host.name)
    gone = site.to_remove(own, keep)
    stale = {name: site.to_clear(one, own, gone) for name, one in volumes.items()}
    if not gone and not any(stale.values()):
        host.noop("no release is too many")
        return
    here = [*gone, *(one for one in stale.pop(host.name, ()) if one not in gone)]
    if here:
        yield _asked({"do": "remove", "releases": here})
    more = given()
    for name, theirs in stale.items():
        if theirs:
            asked = {"do": "remove", "releases": list(theirs)}
            yield from telling_of(lambda name=name, asked=asked: on(name, asked, more))  # type: ignore[misc]


def of_the_site(where: Where) -> drupal.Site | None:
    found: drupal.Site | None = host.get_fact(Drupal, root=where.root, database=where.database, user=where.user)
    return found


def _place(name: str, archive: str, what: dict[str, Any]) -> Any:
    return _asked({"do": "place", "release": name, "archive": archive, "what": {**what, "id": name}})


def _asked(what: dict[str, Any]) -> Any:
    return shell.script(f"exec /usr/bin/python3 {ARCHIVE} site", stdin=json.dumps(what))


def _work(verdict: Verdict, volumes: dict[str, Any], asked: dict[str, Any], release: str) -> Commands:
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
        _spread(volumes, release, more)
        said = [] if verdict.action == "follow" else on(holder, asked, more).splitlines()
        told = json.loads(said[-1]) if said else {}
        together({name: lambda name=name: on(name, {"do": "follow"}, more) for name in [*others, holder]})  # type: ignore[misc]
        if told.get("why"):
            raise PyinfraError(f"the site is as before, the release {told['running']} runs: {told['why']}")
        if told:
            say_at_end(f"the release {told['running']} runs on all nodes; before: {told['before'] or '-'}")

    yield from telling_of(work)


def _spread(volumes: Iterable[str], release: str, more: dict[str, Any]) -> None:
    """Have a release of the nodes' own disks on all of them, before any of them runs it."""
    if release.endswith(ON_DISK):
        together({name: lambda name=name: on(name, {"do": "spread", "release": release}, more) for name in volumes})  # type: ignore[misc]


def on(name: str, asked: dict[str, Any], more: dict[str, Any]) -> str:
    return done(inventory.get_host(name), _asked(asked), PATIENCE, more)
