"""What is written for an application: its programs on every node, and the settings of its site on the volume."""

from collections.abc import Mapping
from typing import Any

from webha.drupal.manifest import CRON_SERVICE, CRON_TIMER, RESTORING, TMPFILES, TWIG_CACHE, cron, installer
from webha.drupal.state import VALUES
from webha.ground import render
from webha.ground.manifest import UNITS
from webha.machine.operations import File
from webha_node.backup.gate import GATE, INSIDE
from webha_node.site.apps import DRUPAL, WORDPRESS, App, inner

GATES = (str(GATE), str(INSIDE))
_SETTINGS = {DRUPAL.name: "drupal/settings.php.j2", WORDPRESS.name: "wordpress/wp-config.php.j2"}


def updater(app: App) -> list[File]:
    """Return the program that brings the database to the code, where the application has one."""
    return [File(app.program, render.render(f"{app.name}/update.php.j2"))] if app.program else []


def programs(app: App, root: str, vip: str, minutes: int) -> list[File]:
    """Return what installs the application and runs its cron, every ``minutes``. Of a PHP of your own that is its own cron.php."""
    own = f"{root}/cron.php"
    files = []
    if app.program:
        files += [
            File(installer(app), render.render(f"{app.name}/install.php.j2")),
            *updater(app),
            File(cron(app), render.render(f"{app.name}/cron.php.j2", root=root, vip=vip)),
        ]
    if app is DRUPAL:
        files.append(File(TMPFILES, render.render("drupal/tmpfiles.conf.j2", twig_cache=TWIG_CACHE)))
    service = render.render(
        "drupal/webha-cron.service.j2",
        vip=vip,
        title=app.title,
        script=cron(app) if app.program else own,
        needs=f"{root}/index.php" if app.program else own,
    )
    timer = render.render("drupal/webha-cron.timer.j2", minutes=minutes, title=app.title)
    return [*files, File(f"{UNITS}/{CRON_SERVICE}", service), File(f"{UNITS}/{CRON_TIMER}", timer)]


def settings(app: App, root: str, known: Mapping[str, Any], closed: bool = False) -> File:
    """Return the site's settings; ``closed``: those that answer every request with 503, while it is being installed."""
    template = _SETTINGS.get(app.name, "php/webha.php.j2")
    return _secret(
        f"{root}/{app.settings}", render.render(template, closed=closed, restoring=RESTORING, gates=GATES, **known)
    )


def values(app: App, root: str, known: Mapping[str, Any]) -> File | None:
    """Return what settings of somebody's own include; None: the application has no such place."""
    if app is not DRUPAL:
        return None
    folder = app.settings.rpartition("/")[0]
    text = render.render("drupal/settings.webha.php.j2", restoring=RESTORING, gates=GATES, **known)
    return _secret(f"{root}/{inner(folder, VALUES)}", text)


def _secret(path: str, text: str) -> File:
    return File(path, text, mode="440", owner="root:www-data")
