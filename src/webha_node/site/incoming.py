"""A site from elsewhere: its database into an empty one, its uploads beside the settings. On the virtual IP's holder, where the site writes.

What was taken is noted on the volume by its checksums, so that it is not taken twice; a database that was cut off is emptied, and begun anew:
a table of ours stands in it meanwhile.
"""

import gzip
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from webha_node.site import apps, database, layout, placing
from webha_node.site.apps import App
from webha_node.site.change import ChangeError, Site
from webha_node.site.console import AS_SERVER
from webha_node.site.dump import DumpError, adapted
from webha_node.sql import client

NOTE = ".webha-releases/imported.json"
INSTALLING = "webha_installing"  # the installer's mark, a table that stands in the database while it works
IMPORTING = "webha_importing"  # ours, a table that stands in the database until all of it is there
PART = ".webha-files"  # beside the uploads, while some come in
SERVER = "www-data"  # who may do in the site's database whatever its pages may, and nothing beyond
INCLUDE = """
// Added by pyinfra-webha (tasks/import_site.py): this cluster's database and addresses.
include $app_root . '/' . $site_path . '/settings.webha.php';
"""


def taken(root: Path) -> dict[str, str]:
    """Return the checksums of what was taken: ``database``, ``files``."""
    try:
        found = json.loads((root / NOTE).read_text())
    except FileNotFoundError:
        return {}
    return {str(key): str(value) for key, value in found.items()}


def note(root: Path, what: str, checksum: str) -> None:
    """Note that something was taken, whole."""
    (root / NOTE).parent.mkdir(mode=0o755, exist_ok=True)
    layout.replace(root / NOTE, json.dumps(taken(root) | {what: checksum}))


def take_database(site: Site, name: str, path: Path, checksum: str) -> None:
    """Bring a dump (gzip) into the database ``name``, which is empty, and the site's code to it. Raises ChangeError.

    The client runs as the web server, with what that may do in the site's database: a dump from elsewhere changes nothing beside it.
    """
    if _count(name, INSTALLING) > 0:
        raise ChangeError(f"a site is being installed into the database {name}, or was cut off: run tasks/drupal.py")
    if _count(name) > 0 and _count(name, IMPORTING) == 0:
        raise ChangeError(f"the database {name} is not empty any more")
    database.empty(name)
    trusted = database.ask("SELECT @@GLOBAL.log_bin_trust_function_creators").strip()
    database.ask(
        f"CREATE TABLE `{name}`.`{IMPORTING}` (id INT PRIMARY KEY); GRANT ALL PRIVILEGES ON `{name}`.* TO '{SERVER}'@localhost; "
        "SET GLOBAL log_bin_trust_function_creators=1"  # Galera's log counts as one: without it a trigger asks for SUPER
    )
    try:
        _run(name, path)
    finally:
        database.ask(
            f"SET GLOBAL log_bin_trust_function_creators={trusted}; REVOKE ALL PRIVILEGES ON `{name}`.* FROM '{SERVER}'@localhost"
        )
    _include(site.root)
    release = layout.running(site.root) or ""
    looked = site.look(release)
    if looked.wrong:
        raise ChangeError("the code does not run with this database: " + "; ".join(looked.wrong))
    if looked.updates:
        print(f"{len(looked.updates)} updates of the database")
        site.update(release)
    site.rebuild(release)
    database.ask(f"DROP TABLE `{name}`.`{IMPORTING}`")
    note(site.root, "database", checksum)


def take_files(root: Path, archive: Path, checksum: str) -> None:
    """Unpack uploads, the web server's; what lies there under the same name stays. Raises LayoutError where it leads out of its folder."""
    home = root / running(root).uploads
    part = home.with_name(PART)
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    try:
        placing.unpack(archive, part, SERVER, links=False)
        stays = _merge(part, home)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    if stays:
        print(f"{stays} files were there already, and stay as they are")
    note(root, "files", checksum)


def _merge(part: Path, home: Path) -> int:
    """Move what is not there yet, folders as a whole; return how many files were there."""
    stays = 0
    for path in sorted(part.iterdir()):
        there = home / path.name
        if not os.path.lexists(there):
            path.rename(there)
        elif path.is_dir() and there.is_dir() and not there.is_symlink():
            stays += _merge(path, there)
        else:
            stays += 1
    return stays


def _run(name: str, path: Path) -> None:
    known = frozenset(
        one.encode()
        for one in database.ask(
            "SELECT COLLATION_NAME FROM information_schema.COLLATIONS WHERE COLLATION_NAME IS NOT NULL UNION "
            "SELECT FULL_COLLATION_NAME FROM information_schema.COLLATION_CHARACTER_SET_APPLICABILITY"
        ).split()
    )
    words = (*AS_SERVER, *client(SERVER), "--sandbox", "--default-character-set=utf8mb4", name)
    running = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert running.stdin is not None and running.stderr is not None  # noqa: S101, PT018 (pipes were asked for)
    wrong = ""
    try:
        with gzip.open(path) as lines:
            for line in adapted(lines, known):
                running.stdin.write(line)
    except DumpError as error:
        wrong = str(error)
    except BrokenPipeError:
        pass  # the client has stopped at a statement, and says which
    except (OSError, EOFError) as error:
        wrong = f"it is broken ({error})"
    if wrong:
        running.kill()
    with suppress(BrokenPipeError):
        running.stdin.close()
    said = " ".join(running.stderr.read().decode("utf-8", "replace").replace("--------------", "").split())
    if running.wait() != 0 or wrong:
        raise ChangeError(f"the dump was not taken: {wrong or said}")


def _include(root: Path) -> None:
    """Have settings of somebody's own read ours, at their end; nothing else of them changes. Drupal's alone can."""
    if running(root) is not apps.DRUPAL:
        return
    path = root / apps.DRUPAL.settings
    text = path.read_text(errors="surrogateescape")
    if ours(text) or any(_includes(line) for line in text.splitlines()):
        return
    new, there = path.with_name(".settings.webha-new"), path.stat()
    closing = text.rstrip().endswith("?>")
    with new.open("w", errors="surrogateescape") as file:
        new.chmod(there.st_mode & 0o777)
        os.chown(new, there.st_uid, there.st_gid)
        file.write(text.rstrip() + ("\n<?php" if closing else "") + "\n" + INCLUDE)
    new.rename(path)


def ours(settings: str) -> bool:
    """Whether the text of a settings.php says that it is ours (webha.ground.manifest.HEADER)."""
    return any("Written by pyinfra-webha" in line for line in settings.splitlines()[:3])


def _includes(line: str) -> bool:
    return "settings.webha.php" in line and not line.lstrip().startswith(("#", "*", "//"))


def _count(name: str, table: str = "") -> int:
    narrower = f" AND table_name='{table}'" if table else ""
    return int(database.ask(f"SELECT COUNT(*) FROM information_schema.tables WHERE table_schema='{name}'{narrower}"))


def uploads(root: Path) -> Iterator[Path]:
    """Return what was uploaded: not what the application makes of it again by itself."""
    its = running(root)
    for path in sorted((root / its.uploads).iterdir()):
        if path.name not in its.made:
            yield path


def running(root: Path) -> App:
    """Return the application that runs."""
    release = layout.running(root)
    return apps.DRUPAL if release is None else layout.app(layout.home(root, release))
