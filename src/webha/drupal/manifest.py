"""What Drupal's step puts on every node; the site itself is on the volume and in the database."""

from webha.ground.manifest import LIBRARY, Part
from webha_node.site.drupal import PROGRAM
from webha_node.site.program import NOTE

INSTALLER, CRON = f"{LIBRARY}/drupal-install.php", f"{LIBRARY}/drupal-cron.php"
UPDATER = PROGRAM
CRON_SERVICE, CRON_TIMER = "webha-cron.service", "webha-cron.timer"
TMPFILES, TWIG_CACHE = "/etc/tmpfiles.d/webha-drupal.conf", "/var/cache/webha-twig"
RELEASE = str(NOTE)  # the release that this node's Apache was told of last
LOCKS = ("/run/webha-release.lock", "/run/webha-install.lock")  # of what a killed run left at work
HEALTH_ACCOUNT = {"account_name": "www-data", "grants": "USAGE"}  # MariaDB's, of the health page

SCRIPTS = Part(
    "cron and scripts",
    files=(TMPFILES, INSTALLER, CRON, UPDATER, TWIG_CACHE, RELEASE, *LOCKS),
    units=(CRON_TIMER,),
    companions=(CRON_SERVICE,),
)
PARTS = (SCRIPTS,)
