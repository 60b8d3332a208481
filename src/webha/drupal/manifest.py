"""What Drupal's step puts on every node; the site itself is on the volume and in the database."""

from webha.ground.manifest import LIBRARY, Part

INSTALLER, CRON = f"{LIBRARY}/drupal-install.php", f"{LIBRARY}/drupal-cron.php"
CRON_SERVICE, CRON_TIMER = "webha-cron.service", "webha-cron.timer"
TMPFILES, TWIG_CACHE = "/etc/tmpfiles.d/webha-drupal.conf", "/var/cache/webha-twig"

SCRIPTS = Part(
    "cron and scripts", files=(TMPFILES, INSTALLER, CRON, TWIG_CACHE), units=(CRON_TIMER,), companions=(CRON_SERVICE,)
)
PARTS = (SCRIPTS,)
