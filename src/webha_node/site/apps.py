"""What an application is to the cluster: where its code, its settings and its uploads lie. All else of it is its own.

A release is known by what lies in it, so that nothing has to be told which application it is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

PROGRAMS = "/usr/local/lib/webha"


@dataclass(frozen=True)
class App:
    """An application. Paths are relative: of code to the folder that is served, of what all releases share to the docroot.

    ``sign``: the file by which code is known to be its, which says its version (``version``, a regular expression with one group; empty: it
    says none); ``docroots``: where a project may have what is served; ``needs``: what else is there in a whole one, ``beside``: the same
    beside the served folder. ``shared``: the folder at the docroot's top that belongs to no release; ``links``: the places in a release that
    lead to it, each with the place there (empty: itself); ``left``: files of an archive that are the place's where it comes from.
    ``settings``: what a deploy writes; ``uploads``; ``writable``: what the web server may write; ``made``: uploads that it makes again by
    itself; ``login``: the page where somebody logs in. ``added``: folders of code where an administrator puts what is not the core's; ``core``: names
    there that are (a regular expression), ``bare``: the archives that have no others; ``own``: settings of somebody's beside ours, in the shared folder. ``program``: what brings its database to its code,
    closes and opens it (JSON on standard input); empty: nothing does. ``package``: Debian's, which it is made of where no archive is named, in a folder of that
    name in /usr/share. ``tables``: it is not there without a database.
    """

    name: str
    title: str
    sign: str
    version: str
    shared: str
    links: Mapping[str, str] = field(hash=False)
    settings: str
    uploads: str
    writable: tuple[str, ...]
    docroots: tuple[str, ...] = ("", "web", "docroot")
    needs: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    made: tuple[str, ...] = ()
    login: str = ""
    added: tuple[str, ...] = ()
    core: str = ""
    bare: str = ""
    own: tuple[str, ...] = ()
    program: str = ""
    package: str = ""
    tables: bool = True


DRUPAL = App(
    name="drupal",
    title="Drupal",
    sign="core/lib/Drupal.php",
    version=r"const VERSION = '([0-9A-Za-z][0-9A-Za-z.+~-]{0,31})'",
    shared="sites",
    links={"sites": ""},
    settings="sites/default/settings.php",
    uploads="sites/default/files",
    writable=("sites/default/files", "sites/default/config_sync"),
    needs=("core",),
    beside=("vendor",),
    made=("php", "css", "js", "styles"),
    added=("modules", "profiles", "themes", "libraries"),
    login="user/login",
    program=f"{PROGRAMS}/drupal-update.php",
)
# Their shared folder begins with a dot, so that nobody gets anything of it but through the links.
WORDPRESS = App(
    name="wordpress",
    title="WordPress",
    sign="wp-includes/version.php",
    version=r"\$wp_version = '([0-9A-Za-z][0-9A-Za-z.+~-]{0,31})'",
    shared=".webha-site",
    links={
        "wp-config.php": "wp-config.php",
        "wp-config.local.php": "wp-config.local.php",
        "wp-content/uploads": "uploads",
    },
    own=("wp-config.local.php",),
    settings=".webha-site/wp-config.php",
    uploads=".webha-site/uploads",
    writable=(".webha-site/uploads",),
    docroots=("", "web", "docroot", "public"),
    needs=("wp-admin", "wp-includes", "wp-settings.php"),
    left=("wp-config.php",),
    added=("wp-content/plugins", "wp-content/mu-plugins", "wp-content/themes", "wp-content/languages"),
    core=r"akismet|hello\.php|index\.php|twenty[a-z]+",
    bare=r"debian:.*|wordpress-\d[\d.]*\.tar\.gz",
    login="wp-login.php",
    program=f"{PROGRAMS}/wordpress-update.php",
    package="wordpress",
)
PHP = App(
    name="php",
    title="PHP",
    sign="index.php",
    version="",
    shared=".webha-site",
    links={"webha.php": "webha.php", "files": "files"},
    settings=".webha-site/webha.php",
    uploads=".webha-site/files",
    writable=(".webha-site/files",),
    docroots=("", "web", "docroot", "public"),
    left=("webha.php",),
    tables=False,
)
APPS: Mapping[str, App] = {one.name: one for one in (DRUPAL, WORDPRESS, PHP)}


def recognised(names: Iterable[str]) -> tuple[App, str] | None:
    """Return the application whose code these paths of a project are, and its served folder; None: there is no index.php."""
    there = frozenset(names)
    for one in APPS.values():
        for docroot in one.docroots:
            if {inner(docroot, "index.php"), inner(docroot, one.sign)} <= there:
                return one, docroot
    return None


def of(release: Path) -> tuple[App, str] | None:
    """Return the same of a folder."""
    signs = {
        inner(docroot, name) for one in APPS.values() for docroot in one.docroots for name in ("index.php", one.sign)
    }
    return recognised(name for name in signs if (release / name).is_file())


def inner(docroot: str, name: str) -> str:
    """Return where a file of a served folder lies in its project."""
    return "/".join(filter(None, (docroot, name)))
