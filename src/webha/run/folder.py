"""A folder of one's own: thin files that run the package's tasks, with its defaults below what the folder's data say."""

import ast
import json
import runpy
from functools import cache
from pathlib import Path
from typing import Any

from pyinfra.context import host
from pyinfra_cli.util import exec_file

from webha.ground.shipped import DEFAULTS, ROOT, TASKS

_MISSING = object()
# What nobody can decide but who owns the machines. Everything else has the package's default, and may be set here too.
DECIDE = (
    "cluster_name",
    "domain",
    "vip",
    "vip_netmask",
    "server_name",
    "failover",
    "drupal_site_name",
    "drupal_admin_mail",
    "openstack_cloud",
    "floating_ip",
)
_COPIED = ("inventory.py", "config.py", "deploy.py")
_IGNORED = "/secrets/\n/.venv/\n__pycache__/\npyinfra-debug.log\n"


@cache
def defaults() -> dict[str, Any]:
    """Return the package's data, by key."""
    return {key: value for key, value in runpy.run_path(str(DEFAULTS)).items() if not key.startswith("_")}


def task(name: str) -> None:
    """Run the package's task ``name`` for this host; a datum that neither the folder nor the command line has is the package's.

    So a key that is new in a newer package never breaks an older folder.
    """
    for key, value in defaults().items():
        if host.data.get(key, _MISSING) is _MISSING:
            setattr(host.data, key, value)
    exec_file(str(TASKS / f"{name}.py"))


def contents() -> dict[str, str]:
    """Return the files of a new folder: path to text."""
    files = {name: (ROOT / name).read_text() for name in _COPIED}
    for path in sorted(TASKS.glob("*.py")):
        words = ast.get_docstring(ast.parse(path.read_text())) or path.stem
        files[f"tasks/{path.name}"] = f'"""{words}"""\n\nfrom webha.run.folder import task\n\ntask("{path.stem}")\n'
    chosen = "".join(f"{key} = {_written(defaults()[key])}\n" for key in DECIDE)
    files["group_data/all.py"] = (
        '"""What only you can decide. Every other key has the package\'s default (docs/data.md); one that is set here wins."""\n\n'
        f"{chosen}"
    )
    files[".gitignore"] = _IGNORED
    return files


def _written(value: str | int | None) -> str:
    return json.dumps(value) if isinstance(value, str) else repr(value)


def make(directory: Path) -> list[str]:
    """Write a new folder; return its files. Raises FileExistsError, and writes nothing, where one of them is there."""
    files = contents()
    there = [name for name in files if (directory / name).exists()]
    if there:
        raise FileExistsError(f"{directory} has {', '.join(there)} already: nothing was written. Name a new folder")
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return list(files)
