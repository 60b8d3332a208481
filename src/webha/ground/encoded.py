"""A file as lines of base64, for a command's standard input."""

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

CHUNK = 48 * 1024  # bytes of a file in a line


class Encoded(list[str]):
    """Read as it is sent: pyinfra takes a list and goes through it once; a dump or a site's uploads would not fit into memory."""

    def __init__(self, path: Path) -> None:
        """Read nothing yet."""
        super().__init__()
        self._path = path

    def __iter__(self) -> Iterator[str]:
        """Read it."""
        with self._path.open("rb") as file:
            while chunk := file.read(CHUNK):
                yield b64encode(chunk).decode()

    def __bool__(self) -> bool:
        """An empty file is sent, too."""
        return True
