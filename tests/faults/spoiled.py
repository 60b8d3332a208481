"""A real release whose update of the database fails, for what becomes of a site then."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HOOK = "\nfunction system_update_11999() {\n  throw new \\Exception('it fails on purpose');\n}\n"


@contextmanager
def spoiled(archive: Path) -> Iterator[Path]:
    """Lend the release with one more update, which fails after the others."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["tar", "-x", "-f", archive, "-C", folder], check=True)
        (top,) = Path(folder).iterdir()
        with (top / "core/modules/system/system.install").open("a") as file:
            file.write(HOOK)
        path = Path(folder, "spoiled.tar.gz")
        subprocess.run(["tar", "-c", "-z", "-f", path, "-C", folder, top.name], check=True)
        yield path
