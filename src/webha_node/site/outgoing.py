"""The site for elsewhere: code, database and uploads, three archives in a folder of root's alone."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from webha_node.site import apps, database, layout
from webha_node.site.apps import App
from webha_node.site.change import ChangeError
from webha_node.site.incoming import PART, ours, running, uploads

CODE, DATABASE, UPLOADS = "code.tar.gz", "database.sql.gz", "files.tar.gz"
PREFIX = "webha-export."
_ANCHORED = ("--anchored", "--no-wildcards-match-slash")  # patterns are of whole paths


def export(root: Path, name: str) -> Path:
    """Write the three archives; return their folder. Settings of ours, with their secrets, are left out: a deploy makes them anew.

    The database is of one moment; an upload of the seconds after it is in the files without its row. Raises ChangeError.
    """
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir="/var/tmp"))
    try:
        database.dump(name, folder / DATABASE)
        _pack(folder / UPLOADS, root / running(root).uploads, "files", [one.name for one in uploads(root)])
        _code(root, folder / CODE)
    except BaseException:
        shutil.rmtree(folder)
        raise
    return folder


def _code(root: Path, path: Path) -> None:
    """Pack the release that runs, what somebody put beside it at the volume's top, and what releases share (``sites``) without uploads."""
    release, its = layout.running(root), running(root)
    home = root if release is None else layout.home(root, release)
    served = home / layout.docroot(home)
    inner = str(served.relative_to(home)) if served != home else ""
    plain, top = path.with_suffix(""), "/".join(filter(None, ("site", inner)))
    skipped = [f"--exclude={home.name}/{apps.inner(inner, one)}" for one in its.links]
    own = (f"{home.name}/{one}" for one in _names(home, its))
    _tar("-c", "-f", str(plain), *_renamed(home.name, "site"), *skipped, "-C", str(home.parent), *own)
    if release is not None and (theirs := [one for one in _names(root, its) if not (root / one).is_symlink()]):
        beside = (f"{root.name}/{one}" for one in theirs)
        _tar("-r", "-f", str(plain), *_renamed(root.name, top), "-C", str(root.parent), *beside)
    if its is apps.DRUPAL:  # whose settings may be somebody's own
        own_settings = () if _foreign(root / its.settings) else ("default/settings.php",)
        left = [f"--exclude=sites/{one}" for one in ("*/files", f"*/{PART}", "*/settings.webha.php", *own_settings)]
        _tar("-r", "-f", str(plain), *_renamed("sites", f"{top}/sites"), *left, "-C", str(root), "sites")
    for name in its.own:
        if (root / its.shared / name).exists():
            _tar("-r", "-f", str(plain), *_renamed(its.shared, top), "-C", str(root), f"{its.shared}/{name}")
    done = subprocess.run(("gzip", "-1", str(plain)), capture_output=True, check=False, text=True)
    if done.returncode != 0:
        raise ChangeError(f"the code could not be packed: {done.stderr.strip()}")


def _names(folder: Path, app: App) -> list[str]:
    names = sorted(one.name for one in folder.iterdir())
    return [one for one in names if not one.startswith(".webha-") and one not in (layout.OWN_SITES, app.shared)]


def _foreign(settings: Path) -> bool:
    return settings.is_file() and not ours(settings.read_text(errors="replace"))


def _pack(path: Path, folder: Path, top: str, names: list[str]) -> None:
    _tar(
        "-c",
        "-z",
        "-f",
        str(path),
        *_renamed(folder.name, top),
        "-C",
        str(folder.parent),
        *([f"{folder.name}/{one}" for one in names] or ["-T", "/dev/null"]),
    )


def _renamed(folder: str, top: str) -> tuple[str, ...]:
    """Return tar's words for another name of the folder that all is in; links keep what they point at."""
    return (f"--transform=flags=r;s,^{folder}\\(/\\|$\\),{top}\\1,",)


def _tar(*words: str) -> None:
    """A file that is written meanwhile (tar's 1, and its words) is in the archive as it was read: on a site that is used that is no failure."""
    done = subprocess.run(("tar", *_ANCHORED, *words), capture_output=True, check=False, text=True, errors="replace")
    if done.returncode > 1 or (done.returncode == 1 and "file changed as we read it" not in done.stderr):
        raise ChangeError(f"tar failed: {done.stderr.strip()}")
