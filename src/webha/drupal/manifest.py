"""What the application's step puts on every node; the site itself is on the volume and in the database."""

from webha.ground.manifest import LIBRARY, Part
from webha_node.site.application import ABSENT
from webha_node.site.apps import APPS, App

CRON_SERVICE, CRON_TIMER = "webha-cron.service", "webha-cron.timer"
TMPFILES, TWIG_CACHE = "/etc/tmpfiles.d/webha-drupal.conf", "/var/cache/webha-twig"
RESTORING = str(ABSENT)  # there, while this node puts a database back
LOCKS = ("/run/webha-release.lock", "/run/webha-install.lock")  # of what a killed run left at work
HEALTH_ACCOUNT = {"account_name": "www-data", "grants": "USAGE"}  # MariaDB's, of the health page


def installer(app: App) -> str:
    """Return where the program lies that installs the application."""
    return f"{LIBRARY}/{app.name}-install.php"


def cron(app: App) -> str:
    """Return where the program lies that runs its cron once."""
    return f"{LIBRARY}/{app.name}-cron.php"


PROGRAMS = tuple(
    path for one in APPS.values() if one.program for path in (installer(one), cron(one), one.program)
)  # of any application: a cluster may have had another one before
SCRIPTS = Part(
    "cron and scripts",
    files=(TMPFILES, *PROGRAMS, TWIG_CACHE, RESTORING, *LOCKS),
    units=(CRON_TIMER,),
    companions=(CRON_SERVICE,),
)
PARTS = (SCRIPTS,)
