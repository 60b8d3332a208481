"""Machines that are not as Debian's image leaves them: what an organisation, a country or a past has made of one.

Each is layers over the suite's image, made once by the scripts in lab/variants (lab/layers.py), so a reset costs what it costs
without. The lab's own hands say who they are (``WEBHA_LAB``, which a hardened sshd here accepts): what is tested is how a
deploy fares there, not whether the tests do.
"""

from dataclasses import dataclass

from lab.layout import VARIANT

PLAIN = "plain"


@dataclass(frozen=True)
class Variant:
    """``everywhere``: the scripts of every node's layers, from the bottom up; ``first``: those on top of them on the first node.

    ``login``: whom ``script/lab run`` has pyinfra log in as; ``own_brick``: /gluster is a file system of its own; ``by_hand``: what a
    deploy there refuses to do, and says, as node and command; ``farewell``: the same before a reset.
    """

    name: str
    about: str
    everywhere: tuple[str, ...] = ()
    first: tuple[str, ...] = ()
    login: str = "root"
    own_brick: bool = False
    by_hand: tuple[tuple[str, str], ...] = ()
    farewell: tuple[tuple[str, str], ...] = ()


VARIANTS = {
    one.name: one
    for one in (
        Variant(PLAIN, "as the image leaves it"),
        Variant(
            "hardened",
            "umask 027, no program in /tmp, ip_nonlocal_bind, no sftp, talking shells, log-in as a user with sudo",
            everywhere=("hardened",),
            login="debian",
        ),
        Variant("spanish", "es_ES.UTF-8 for everybody, Europe/Madrid", everywhere=("spanish",)),
        Variant(
            "used",
            "an Apache with a site, fail2ban, unattended-upgrades, cron; a database on the first node; /gluster a disk of its own",
            everywhere=("used",),
            first=("used-first",),
            own_brick=True,
            by_hand=(("nodoha", "systemctl stop mariadb"),),
            farewell=(("nodoha", "mariadb-dump legacy > /root/legacy.sql && mariadb -e 'DROP DATABASE legacy'"),),
        ),
    )
}


def chosen() -> Variant:
    """Return the variant of the lab that runs, the plain one where none does."""
    return VARIANTS[VARIANT.read_text().strip() if VARIANT.exists() else PLAIN]
