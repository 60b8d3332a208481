"""What may be done about the site's releases."""

from collections.abc import Iterable, Mapping

from webha import drupal
from webha.ground.verdict import Verdict
from webha.site.state import Volume
from webha_node.site.apps import APPS
from webha_node.site.layout import ON_DISK

NO_HOLDER = "the virtual IP is on no node, or on several: run tasks/status.py"
DIGITS = 8  # of a checksum, in a release's name


def named(version: str | None, checksum: str, local: bool = False) -> str:
    """Return the name of a release: its version, where it has one, the beginning of its checksum (``sha512:…``), and where it lies."""
    return f"{version or 'site'}-{checksum.partition(':')[2][:DIGITS]}{ON_DISK if local else ''}"


def _seen(volume: Volume | None, site: drupal.Site | None) -> str:  # noqa: PLR0911 (one return a case)
    """Say what keeps anything from being done; empty where nothing does."""
    if volume is None or site is None:
        return "what the volume holds is unknown"
    if not volume.mounted:
        return "the volume is not mounted at the docroot: run tasks/gluster.py first"
    if site.code != "complete" or site.release is None:
        return "no release of ours is on the volume: run tasks/drupal.py first (a site that was put there by somebody is its owner's)"
    if site.importing:
        return drupal.IMPORT_CUT
    if not site.installed:
        return "the site is not installed: run tasks/drupal.py first"
    if site.settings == "foreign" and not site.included:
        return (
            "settings.php is somebody's own and does not include settings.webha.php, so its site may have another database, of which nothing would be "
            "kept: put at its end what tasks/drupal.py says"
        )
    return ""


def to_place(volume: Volume | None, site: drupal.Site | None, release: str, checksum: str | None) -> Verdict:
    """Decide whether a release is unpacked beside the running one."""
    if (words := _seen(volume, site)) or volume is None or site is None:
        return Verdict("refuse", words)
    if volume.flat and checksum is not None and site.release == checksum:
        return Verdict("nothing", f"the release {release} runs")
    if release in volume.placed:
        return Verdict("nothing", f"the release {release} is on the volume")
    return Verdict("place", f"the release {release} is not on the volume")


def to_begin(volume: Volume | None, site: drupal.Site | None) -> Verdict:
    """Decide whether a release becomes the first one of a volume that holds none."""
    verdict = drupal.to_unpack(site, None)
    if verdict.action == "unpack" and volume is None:
        return Verdict("refuse", "what the volume holds is unknown")
    return verdict


def to_change(  # noqa: PLR0911 (one return a case)
    volumes: Mapping[str, Volume | None], site: drupal.Site | None, release: str, checksum: str | None
) -> Verdict:
    """Decide whether ``release`` is made the running one, on whichever node holds the virtual IP."""
    unknown = [name for name, one in volumes.items() if one is None]
    if unknown:
        return Verdict("refuse", f"{', '.join(unknown)} does not say what the volume holds")
    seen = [one for one in volumes.values() if one is not None]
    if words := _seen(seen[0], site):
        return Verdict("refuse", words)
    if sum(one.holds for one in seen) != 1:
        return Verdict("refuse", NO_HOLDER)
    if seen[0].unfinished:
        return Verdict("change", "a change of the release was cut off")
    if seen[0].flat and checksum is not None and site is not None and site.release == checksum:
        return Verdict("nothing", f"the release {release} runs")
    late = [name for name, one in volumes.items() if one is not None and (one.told != one.running or one.lacks)]
    if seen[0].running == release and not late:
        return Verdict("nothing", f"the release {release} runs")
    if seen[0].running == release:
        return Verdict("follow", f"{', '.join(late)} runs another release, or has not this one on its disk")
    return Verdict("change", f"the release {seen[0].running or 'at the top of the volume'} runs")


def to_return(  # noqa: PLR0911 (one return a case)
    volumes: Mapping[str, Volume | None], site: drupal.Site | None, release: str | None, confirmed: bool
) -> Verdict:
    """Decide whether the site goes back to ``release`` (None: the one before). ``confirmed``: the cluster's name was said.

    The action ``restore`` takes the database back too, and gives up what was written since.
    """
    verdict = to_change(volumes, site, release or "", None)
    seen = next((one for one in volumes.values() if one is not None), None)
    if verdict.action == "refuse" or seen is None:
        return verdict
    target = release or seen.before
    if seen.unfinished:
        return Verdict("change", "a change of the release was cut off")
    if release is None and seen.returned and verdict.action != "follow":
        return Verdict("nothing", f"the release {seen.running} runs, which was gone back to")
    if target is None or (target not in seen.placed and target != seen.running):
        return Verdict(
            "refuse", f"there is no release {target or 'before this one'} on the volume: there {_are(seen.placed)}"
        )
    if target == seen.running:
        return verdict if verdict.action == "follow" else Verdict("nothing", f"the release {target} runs")
    if site is not None and site.app is not None and not APPS[site.app].program:
        return Verdict("change", "nothing is known of its database, which stays as it is")
    if target == seen.before and not seen.schema:
        return Verdict("change", "the database was not changed by the update")
    if target not in seen.dumped:
        return Verdict("refuse", f"the database of the release {target} was not kept")
    if not confirmed:
        return Verdict(
            "refuse",
            f"the database was changed since {target}: going back takes it back to the moment when {target} was left, and gives up what was "
            "written since (it is kept as a dump beside the release): repeat with --data confirm= and the cluster's name",
        )
    return Verdict("restore", f"the database goes back with the release {target}")


def to_clear(node: Volume | None, volume: Volume | None, gone: Iterable[str]) -> tuple[str, ...]:
    """Return what of releases on a node's own disk goes: those that are ``gone``, and those that the volume does not list any more."""
    if node is None or volume is None or not volume.mounted or volume.unfinished:
        return ()
    staying = {*volume.placed, volume.running} - set(gone)
    return tuple(one for one in node.here if one not in staying)


def unwell(volumes: Mapping[str, Volume | None]) -> list[str]:
    """Say what is wrong with the release that runs, each with the node and what to do. Nothing of a volume that is not mounted: Gluster's layer does."""
    found = []
    for name, one in volumes.items():
        if one is None:
            found.append(f"{name}: unknown, which release of the site runs")
        elif one.mounted and one.lacks:
            found.append(
                f"{name}: the release {one.running} is not on its disk: journalctl -u webha-docroot says why, or run tasks/site.py"
            )
        elif one.mounted and one.running is not None and one.told != one.running:
            found.append(
                f"{name}: its Apache was told of the release {one.told or '-'}, {one.running} runs: run tasks/site.py"
            )
    if any(one is not None and one.unfinished for one in volumes.values()):
        found.append("an update of the site was cut off: run tasks/site.py, or tasks/rollback.py, which go back first")
    return found


def shown(volumes: Iterable[Volume | None]) -> str:
    """Return which release runs, for a person: of one at the volume's top nothing is known by this layer."""
    found = {one.running for one in volumes if one is not None and one.running is not None}
    return ", ".join(sorted(found))


def to_bring(  # noqa: PLR0911 (one return a case)
    volume: Volume | None, site: drupal.Site | None, what: str, checksum: str
) -> Verdict:
    """Decide whether somebody's ``database`` or ``files`` are taken in: once, a database only into an empty one."""
    if volume is None or site is None or site.code is None:
        return Verdict("refuse", "what the volume holds is unknown")
    if checksum in volume.imported and (what == "files" or (site.tables and not site.importing)):
        return Verdict(
            "nothing", f"the {what} were taken in before" if what == "files" else "the dump was taken in before"
        )
    if not volume.mounted or site.code != "complete" or site.settings == "absent" or not site.database:
        return Verdict(
            "refuse",
            "there is no code, or no database to take it in: run deploy.py with site_source and --data drupal_install=False first",
        )
    if what == "database" and (not site.primary or site.tables is None):
        return Verdict(
            "refuse", "whether the database is empty cannot be told: it is not in a reachable primary component"
        )
    if what == "database" and site.installing:
        return Verdict(
            "refuse", "an installation of a site was begun there: run tasks/drupal.py, or wait for the run that does it"
        )
    if what == "database" and site.tables and not site.importing:
        return Verdict(
            "refuse",
            f"the database has {site.tables} tables, and a dump goes into an empty one alone: a site of its own, or an import of before. Nothing "
            "was changed; to have another one here, name another drupal_db, or drop the tables yourself",
        )
    return Verdict("bring", f"the {what} of elsewhere")


def to_remove(volume: Volume | None, keep: int) -> tuple[str, ...]:
    """Return the releases that go: of those that do not run all but the ``keep`` newest, and never the one before."""
    if volume is None or volume.unfinished or volume.running is None:
        return ()
    others = [one for one in volume.placed if one != volume.running]
    return tuple(one for one in others[keep:] if one != volume.before)


def _are(placed: tuple[str, ...]) -> str:
    return "are " + ", ".join(placed) if placed else "is none"
