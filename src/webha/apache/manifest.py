"""What Apache's step puts on every node."""

from webha.apache.facts import RELOADED
from webha.apache.state import AGENT, PHP_VERSIONS, UNIT
from webha.ground.manifest import LIBRARY, Part, drop_in

HEALTH = f"{LIBRARY}/health"
SITES = ("webha", "webha-health")
PROTECTION = "webha-protection"
CERTIFICATE = "/etc/apache2/webha-site.pem"  # its key, too
APACHE_DROP_IN = drop_in(UNIT)


def php_settings(debian: int) -> str:
    """Return the path of our PHP settings on this Debian release."""
    return f"/etc/php/{PHP_VERSIONS[debian]}/apache2/conf.d/90-webha.ini"


def commands(debian: int) -> str:
    """Return the path of our settings of PHP on the command line, cron's."""
    return f"/etc/php/{PHP_VERSIONS[debian]}/cli/conf.d/90-webha.ini"


def server(debian: int) -> Part:
    """Return the web server as it is on this Debian release."""
    return Part(
        "Apache and PHP",
        files=(
            *(f"/etc/apache2/sites-enabled/{one}.conf" for one in SITES),
            *(f"/etc/apache2/sites-available/{one}.conf" for one in SITES),
            f"/etc/apache2/conf-enabled/{PROTECTION}.conf",
            f"/etc/apache2/conf-available/{PROTECTION}.conf",
            CERTIFICATE,
            php_settings(debian),
            commands(debian),
            HEALTH,
            AGENT,
            APACHE_DROP_IN,
            RELOADED,
        ),
        packages="apache_packages",
        # Pacemaker's Apache, which systemd does not know of.
        stop=f"[ ! -e {APACHE_DROP_IN} ] || systemctl stop {UNIT} || :; "
        "[ ! -e /etc/apache2/sites-enabled/webha.conf ] || pkill -x apache2 || :",
        folders=(
            "/etc/apache2",
            "/etc/php",
            "/var/lib/apache2",
            "/var/log/apache2",
            AGENT.rpartition("/")[0],
            APACHE_DROP_IN.rpartition("/")[0],
        ),
    )
