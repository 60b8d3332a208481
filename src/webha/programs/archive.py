"""The package ``webha_node`` as one file that Python runs; the same bytes from the same sources, whoever builds it and when."""

import io
import zipfile
from functools import cache
from pathlib import Path

import webha_node
from webha.ground.manifest import HEADER

_MAIN = "import sys\n\nfrom webha_node.entry import main\n\nsys.exit(main())\n"
_PREFIX = f"#!/usr/bin/python3\n# {HEADER}: its programs on the nodes, a zipapp of the package webha_node (unzip -l shows it).\n"
_BEGINNING = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip file knows


@cache
def archive() -> bytes:
    """Return the zipapp. Not the standard library's, which takes the files' times along; stored, for zlib's versions differ."""
    root = Path(webha_node.__file__).parent
    sources = {f"webha_node/{path.relative_to(root).as_posix()}": path.read_bytes() for path in root.rglob("*.py")}
    made = io.BytesIO()
    made.write(_PREFIX.encode())
    with zipfile.ZipFile(made, "w") as packed:
        for name, content in sorted((sources | {"__main__.py": _MAIN.encode()}).items()):
            entry = zipfile.ZipInfo(name, _BEGINNING)
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            packed.writestr(entry, content)
    return made.getvalue()
