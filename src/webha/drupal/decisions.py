"""What may be done about a site: unpack, install, and the names it trusts."""

from collections.abc import Mapping, Sequence

from webha.drupal.state import MARKER, Site
from webha.ground.verdict import Verdict
from webha_node.site.apps import APPS

IMPORT_CUT = "an import of the site was cut off: run tasks/import_site.py again, with the same files"
FEW = 3  # names are enough for a person
TAKEN = "the site's database has {} tables of somebody's: name another drupal_db, or, if they are your site's, put its settings.php in place first"

EMPTIED = (
    "the volume holds a site of ours (release, settings) and its database (drupal_db) is empty or gone: import its dump, or, also where it "
    "was never installed, repeat with "
    "--data confirm={} to install a new one beside its uploads"
)


def to_unpack(site: Site | None, checksum: str | None, version: str | None = None) -> Verdict:  # noqa: PLR0911 (one return a case)
    """Decide whether the release is unpacked: once, onto a volume that holds nothing else.

    ``checksum`` and ``version``: of the release that the data name, None where they name none.
    """
    if site is None or site.code is None:
        return Verdict("refuse", "what the docroot holds is unknown")
    if not site.mounted:
        return Verdict("refuse", "the volume is not mounted at the docroot: run tasks/gluster.py first")
    if site.code == "foreign":
        return Verdict(
            "refuse",
            "the volume holds files that are not this tool's: move them away, or unpack your own Drupal with an index.php",
        )
    if site.code == "complete" and site.unmarked and site.settings == "ours" and site.made:
        return Verdict("mark", f"the release on the volume has lost its mark, {MARKER}")
    if site.code == "complete" and checksum is not None and site.release not in (checksum, None):
        return Verdict(
            "other",
            f"the volume holds the release {site.release}, the data names {checksum}: tasks/site.py makes the update",
        )
    if site.code == "complete" and version is not None and site.version not in (version, None):
        return Verdict(
            "other",
            f"the volume holds Drupal {site.version}, the data names {version} (drupal_version): tasks/site.py makes the update",
        )
    if site.code == "complete":
        return Verdict("nothing", "the release is on the volume")
    return Verdict("unpack", "no release on the volume" if site.code == "none" else "an unpacking was cut off")


def unwell(site: Site, root: str) -> list[str]:
    """Say what is wrong with a site that answered for itself, each with what to do."""
    if site.code != "complete":
        return [f"the code on the volume is {site.code}: run tasks/drupal.py"]
    if site.importing:
        return [IMPORT_CUT]
    if site.emptied:
        return ["the site is not installed, or its database was emptied: import its dump, or run tasks/drupal.py"]
    if not site.installed:
        return ["the site is not installed: run tasks/drupal.py"]
    found = []
    if site.mounted and site.settings == "absent" and (site.release is not None or site.unmarked):
        found.append("the site's settings.php is gone: run tasks/drupal.py")
    if site.unmarked and site.settings == "ours":
        found.append(f"{root}/{MARKER} is gone, so readiness no longer tries a write: run tasks/drupal.py")
    shared = APPS[site.app or "drupal"].shared
    if site.writable and (site.release is not None or site.unmarked):
        found.append(
            f'code in the docroot is writable by the site ({", ".join(site.writable)}): "find {root} -path {root}/{shared} -prune -o -exec chown '
            '-h root {} + -exec chmod go-w {} +" on one node, then run tasks/drupal.py'
        )
    if site.alone:
        more = ", …" if len(site.alone) > FEW else ""
        found.append(
            f"Galera does not replicate {', '.join(site.alone[:FEW])}{more}: ALTER TABLE … ENGINE=InnoDB, on the node whose rows are the right ones"
        )
    return found


def to_install(site: Site | None, confirm: str | None = None) -> Verdict:  # noqa: PLR0911 (one return a case)
    """Decide whether the installer runs: only into a database that a reachable Primary says is empty (or half filled by us).

    ``confirm``: what ``--data confirm=`` has to say where the volume holds a site already; None: it was said, or nothing is installed.
    """
    if site is None or not site.primary or site.tables is None:
        return Verdict(
            "refuse", "whether a site exists cannot be told: the database is not in a reachable primary component"
        )
    if site.importing:
        return Verdict("refuse", IMPORT_CUT)
    if site.taken:
        return Verdict("refuse", TAKEN.format(site.tables))
    if site.settings == "foreign":
        return Verdict("nothing", "settings.php is somebody's own: the site is left to its owner")
    if site.code != "complete":
        return Verdict("refuse", "no complete release on the volume, so there is nothing to install from")
    if not site.database:
        return Verdict("refuse", "the site's database does not exist")
    if site.installing:
        return Verdict("install", "an installation of ours was cut off")
    if site.tables:
        return Verdict("nothing", f"a site is installed ({site.tables} tables)")
    if site.emptied and confirm is not None:
        return Verdict("refuse", EMPTIED.format(confirm))
    return Verdict("install", "the database is empty")


def trusted_hosts(literals: Sequence[str], patterns: Sequence[str]) -> list[str]:
    """Return Drupal's ``trusted_host_patterns`` for these names and addresses, and patterns given as they are."""
    quoted = [
        "^" + "".join(f"\\{one}" if one in ".-+" else one for one in literal) + "$"
        for literal in dict.fromkeys(literals)
        if literal
    ]
    return [*quoted, *patterns]


def of_others(
    sites: Mapping[str, Site | None], root: str, confirm: str | None = None, app: str = "drupal"
) -> list[str]:
    """Say that the mounted volume holds what is neither a release of ours nor a site of somebody's, or the database a site's tables, or
    none of those of the site on the volume (``confirm`` as in :func:`to_install`), or another application than ``app`` is there.
    """
    found = [f"{name}: what {root} and the database hold cannot be read" for name, one in sites.items() if one is None]
    ours = any(one is not None and one.ours for one in sites.values())
    taken = next((one for one in sites.values() if one is not None and one.taken), None)
    if taken is not None and not ours:
        found.append(TAKEN.format(taken.tables))
    found += another(sites, app) + by_hand(sites, root, app)
    if confirm is not None and any(one is not None and one.emptied for one in sites.values()):
        found.append(EMPTIED.format(confirm))
    foreign = [name for name, site in sites.items() if site is not None and site.mounted and site.code == "foreign"]
    if not foreign:
        return found
    return [
        *found,
        f"the volume at {root} holds files that are not this tool's (seen from {', '.join(foreign)}): move them away, or unpack your "
        "own Drupal with an index.php",
    ]


def another(sites: Mapping[str, Site | None], app: str) -> list[str]:
    """Say that the volume holds another application than the data say. Of a node that does not say it, nothing."""
    theirs = {one.app for one in sites.values() if one is not None and one.mounted and one.app is not None} - {app}
    return [
        f"the volume holds a site of {APPS[one].title}, the data say app = {app!r}: one does not become the other; set app, or take the "
        "site away first (tasks/reset.py --data layer=vip,drupal)"
        for one in sorted(theirs)
    ]


def by_hand(sites: Mapping[str, Site | None], root: str, app: str) -> list[str]:
    """Say that somebody unpacked an application by hand, or made its settings his own, where that is no Drupal: whose owner may."""
    if app == "drupal":
        return []
    found = []
    seen = [one for one in sites.values() if one is not None and one.mounted]
    if any(one.code == "complete" and one.release is None and not one.unmarked for one in seen):
        found.append(
            f"the volume at {root} holds code that somebody put there: move it away, and name it as site_source, so that it comes as a release"
        )
    if any(one.settings == "foreign" for one in seen):
        found.append(
            f"{root}/{APPS[app].settings} does not say any more that it is ours: its first lines do; move it away, and put what is yours "
            "beside it (docs/operations.md, Another application)"
        )
    return found


def not_ours(name: str, site: Site | None, database: str, root: str, ours: bool) -> list[str]:
    """Say what of the site on the volume and in the database is somebody's; ``ours``: its database is proved elsewhere."""
    if site is None:
        return [f"{name}: what the docroot {root} and the database {database} hold cannot be read"]
    found = []
    if site.mounted and (site.code == "foreign" or (site.code == "complete" and site.release is None)):
        found.append(f"{name}: the volume at {root} holds a site that this tool did not put there: move it away first")
    elif site.mounted and site.settings == "foreign":
        found.append(
            f"{name}: {root}/{APPS[site.app or 'drupal'].settings} is somebody's own: save the site, and move it away first"
        )
    if site.database and site.tables and not (site.made or ours):
        found.append(
            f"{name}: the database {database} has {site.tables} tables and is not proved ours: dump it, and drop it yourself"
        )
    return found
