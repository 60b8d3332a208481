"""What a visitor tries at the page. Each returns what it got, and nothing where it was refused."""

from tests.attack.stranger import does
from tests.lab.nodes import ADDRESSES, DOCROOT, VIP, on

FILES = f"{DOCROOT}/sites/default/files"
_BAD = {
    "sites/default/files/attack/x.php": "<?php echo 6*7;",
    "sites/default/files/attack/x.phtml": "<?php echo 6*7;",
    "sites/default/files/attack/x.phar": "<?php echo 6*7;",
    "sites/default/files/attack/x.php.jpg": "<?php echo 6*7;",
    "sites/default/files/attack/x.PHP": "<?php echo 6*7;",
    "sites/default/files/attack/.htaccess": "SetHandler application/x-httpd-php",
    "sites/default/files/private/a.txt": "secret-of-the-site",
    "sites/default/files/backup_migrate/x.sql.gz": "secret-of-the-site",
}
_TRAVERSALS = (
    "/../../../../etc/passwd",
    "/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "/..%2f..%2f..%2fetc/passwd",
    "/icons/../../../../etc/passwd",
    "/sites/default/files/..%252f..%252fsettings.php",
)
_NOT_FOR_VISITORS = (
    "sites/default/settings.php",
    "sites/default/settings.webha.php",
    ".webha-release",
    ".git/config",
    "core/install.php",
    "core/CHANGELOG.txt",
    "composer.json",
    "server-status",
    "autoload.php",
)


def _asked(*urls: str) -> dict[str, str]:
    """Return status and page of each; from a stranger, with the path as it is."""
    return {one: does("curl", "-sk", "-m", "10", "--path-as-is", "-w", "\n%{http_code}", one) for one in urls}


def uploads_run() -> str:
    """Have a file run or handed out that an upload left: PHP under five names, an .htaccess, private files; by both schemes."""
    folders = " ".join(sorted({f"{DOCROOT}/{path}".rpartition("/")[0] for path in _BAD}))
    on(
        "nodoha",
        f"mkdir -p {folders}; " + "; ".join(f"printf '%s' '{text}' > {DOCROOT}/{path}" for path, text in _BAD.items()),
    )
    try:
        got = _asked(*(f"{scheme}://{VIP}/{path}" for scheme in ("http", "https") for path in _BAD))
        return ", ".join(
            url for url, said in got.items() if "42" in said.split() or "secret-of-the-site" in said or "<?php" in said
        )
    finally:
        on("nodoha", f"rm -rf {FILES}/attack {FILES}/private/a.txt {FILES}/backup_migrate")


def climbed_out() -> str:
    """Climb out of the docroot by the path."""
    got = _asked(*(f"http://{VIP}{path}" for path in _TRAVERSALS))
    return ", ".join(
        url for url, said in got.items() if "root:x:0" in said or ("database" in said.lower() and "password" in said)
    )


def not_for_visitors() -> str:
    """Ask for what is no page: settings, the release's marks, the installer, the server's status."""
    got = _asked(*(f"http://{VIP}/{path}" for path in _NOT_FOR_VISITORS))
    return ", ".join(url for url, said in got.items() if said.endswith("200") and "<title>" not in said)


def default_password() -> str:
    """Log in to the site as admin with what people leave as passwords."""
    found = []
    for word in ("admin", "password", "drupal", ""):
        said = does(
            "curl",
            "-sk",
            "-m",
            "15",
            "-H",
            "Content-Type: application/json",
            "-d",
            f'{{"name":"admin","pass":"{word}"}}',
            f"http://{VIP}/user/login?_format=json",
        )
        found += [word or "(empty)"] if "csrf_token" in said else []
    return ", ".join(found)


def other_doors() -> str:
    """Reach the page by a node's own address, or the health page by the network."""
    urls = [f"http://{address}{path}" for address in ADDRESSES.values() for path in ("/", ":8081/")]
    return ", ".join(url for url, said in _asked(*urls).items() if said.endswith("200"))
