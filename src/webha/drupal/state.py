"""Drupal: which release, whether a site is there, and what may be done about it."""

from dataclasses import dataclass, field
from hashlib import sha1

from webha.ground import manifest
from webha.ground.forms import AsJson
from webha_node.site import incoming, layout
from webha_node.site.apps import APPS

INSTALLING = incoming.INSTALLING  # a table of ours that stands in the database while the installer works


IMPORTING = incoming.IMPORTING  # the same while a dump of elsewhere is taken in


MARKS = (INSTALLING, IMPORTING)


OTHERWISE = "otherwise"  # in the place of a hash: the account is there and has none


@dataclass(frozen=True)
class Site(AsJson):
    """What there is of the site, seen from one node. None: unknown.

    ``release``: the checksum that our marker on the volume names; ``version``: the version, where it says one; ``code``: ``none``, ``partial`` (an unpacking of ours
    that was cut off), ``complete`` or ``foreign`` (files that we did not put there).
    ``settings``: settings.php is ``absent``, ``ours`` (it says so) or ``foreign``; ``included``: a foreign one includes our values;
    ``closed``: it answers with 503, as ours does while the installer works. ``unmarked``: our marker was on the volume and is gone;
    ``writable``: code that the web server may write; ``alone``: tables that Galera does not replicate, with their engine. ``other_hashes``: of further passwords
    that the account has, while it is given another one.
    ``app``: the application whose settings are there, None where none are. ``importing``: a dump of elsewhere is being taken in, or was cut off; ``tables``: number of tables in the database, None where it cannot be told from a reachable Primary; ``made``: it carries our mark.
    """

    mounted: bool
    code: str | None
    release: str | None
    primary: bool
    database: bool
    tables: int | None
    installing: bool
    password_hash: str | None = field(repr=False)
    privileges: bool
    settings: str = "absent"
    included: bool = False
    made: bool = False
    closed: bool = False
    unmarked: bool = False
    writable: tuple[str, ...] = ()
    alone: tuple[str, ...] = ()
    other_hashes: tuple[str, ...] = field(default=(), repr=False)
    version: str | None = None
    importing: bool = False
    app: str | None = None

    @property
    def installed(self) -> bool:
        """Whether all of it is there: its tables, where the application has any."""
        return (bool(self.tables) or not self.asks_for_tables) and not self.installing

    @property
    def asks_for_tables(self) -> bool:
        """Whether the application is not there without a database."""
        return self.app is None or APPS[self.app].tables

    @property
    def ours(self) -> bool:
        """Whether the database is proved to be ours: by its mark, or (a cluster of before the mark) by our settings of our release."""
        return self.made or (self.settings == "ours" and self.release is not None)

    @property
    def taken(self) -> bool:
        """Whether the database has tables of somebody's, to which our settings would be put as if it were ours."""
        return (
            self.mounted
            and bool(self.tables)
            and not self.installing
            and not self.importing
            and not self.ours
            and self.settings == "absent"
        )

    @property
    def emptied(self) -> bool:
        """Whether the volume holds a site of ours that was opened once, and the database has none of its tables (any more)."""
        opened = self.settings == "ours" and not self.closed and (self.release is not None or self.unmarked)
        empty = self.tables == 0 and self.asks_for_tables and not self.installing
        return self.mounted and self.code == "complete" and opened and empty


def native_password(password: str) -> str:
    """Return the hash that MariaDB keeps for ``IDENTIFIED BY`` (mysql_native_password)."""
    return "*" + sha1(sha1(password.encode()).digest()).hexdigest().upper()  # noqa: S324 (MariaDB's own scheme)


MARKER = layout.MARKER  # names the release on the volume, written when all of it is there


VALUES = "settings.webha.php"


OURS = r'"lost\+found|\.webha-.*"'  # what may lie on an empty volume: readiness writes there until the release's marker is gone


HEADER = f"// {manifest.HEADER}"  # how every settings.php of ours begins


CLOSED = (
    "http_response_code(503)"  # stands in settings.php while the installer works (templates/drupal/settings.php.j2)
)


STAGING = ".webha-unpack"  # where a release is unpacked before it is moved into place
