"""A volume as a folder, and a site whose every step may be the last one before the power goes."""

import io
import json
import tarfile
from pathlib import Path

from webha_node.site import layout
from webha_node.site.change import ChangeError, Looked

OLD, NEW = "11.1.9-aaaaaaaa", "11.2.10-bbbbbbbb"
CODE = ("index.php", "core/lib/Drupal.php", "modules/README.txt", "vendor/autoload.php", "robots.txt")


class Cut(BaseException):
    """The power goes."""


def tree(top: Path, version: str, names: tuple[str, ...] = CODE, docroot: str = "") -> None:
    for name in names:
        path = top / docroot / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{version} {name}")


def archive(
    path: Path, version: str, names: tuple[str, ...] = CODE, docroot: str = "", links: dict[str, str] | None = None
) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for name in names:
            content = f"{version} {name}".encode()
            member = tarfile.TarInfo("/".join(filter(None, ("site", docroot, name))))
            member.size, member.mode = len(content), 0o666
            tar.addfile(member, io.BytesIO(content))
        for name, target in (links or {}).items():
            member = tarfile.TarInfo(f"site/{name}")
            member.type, member.linkname = tarfile.SYMTYPE, target
            tar.addfile(member)
    return path


def volume(root: Path) -> Path:
    """A site as tasks/drupal.py leaves it: its code at the top."""
    tree(root, OLD)
    (root / "sites/default/files").mkdir(parents=True)
    (root / "sites/default/settings.php").write_text("ours")
    (root / layout.MARKER).write_text(json.dumps({"checksum": "sha256:aaaaaaaa", "version": "11.1.9"}))
    (root / layout.RELEASES).mkdir()
    return root


class Site:
    """A site with its database; ``cut``: the step before which the power goes; ``fails``: the step that fails."""

    def __init__(self, root: Path, updates: int = 3, cut: int = -1, fails: str = "") -> None:
        self.root, self.updates, self.fails = root, updates, fails
        self.cut, self.steps = cut, 0
        self.database, self.closed = "old", False
        self.rows = self.acknowledged = 0  # of visitors, who write whenever the site is open
        self.kept: dict[str, int] = {}  # rows by dump
        self.closed_while_updating = True

    def step(self, name: str) -> None:
        if not self.closed:
            self.rows += 1
            self.acknowledged += 1
        self.steps += 1
        if self.steps == self.cut:
            raise Cut
        if name == self.fails:
            raise ChangeError(f"{name} failed")

    def look(self, release: str) -> Looked:
        self.step("look")
        pending = release == NEW and self.database == "old"
        return Looked([f"system_update_{one}" for one in range(self.updates if pending else 0)], [], self.closed)

    def update(self, release: str) -> None:
        assert release == NEW
        self.closed_while_updating = self.closed
        self.database = "half"
        self.step("update")
        self.database = "new"
        self.step("updated")

    def rebuild(self, release: str) -> None:
        self.step(f"rebuild {release}")

    def close(self, release: str, closed: bool) -> None:  # noqa: ARG002 (whichever code does it)
        self.step("close" if closed else "open")
        self.closed = closed
        self.step("closed" if closed else "opened")

    def settle(self) -> None:
        assert self.closed
        self.step("settle")

    def dump(self, path: Path) -> None:
        self.step("dump")
        path.write_text(self.database)
        self.kept[path.name] = self.rows

    def restore(self, path: Path) -> None:
        self.database = "half"
        self.step("restore")
        self.database, self.rows = path.read_text(), self.kept[path.name]

    def reload(self) -> None:
        self.step("reload")

    def answers(self, closed: bool) -> None:
        assert closed == self.closed
        self.step("answers")
