"""What of somebody's site comes from the control machine, and goes there: looked at before any of it reaches a node."""

import gzip
import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from webha.drupal import ReleaseError, digest

_MAGIC = {b"\x1f\x8b": "gz", b"\x28\xb5\x2f\xfd": "zst"}
_HEAD, _TAIL = 65536, 4096  # bytes
_DUMPS = (b"-- MySQL dump", b"-- MariaDB dump", b"/*M!", b"-- phpMyAdmin SQL Dump")
_HOW = "pack it with: tar -C sites/default -czf files.tar.gz files"


@dataclass(frozen=True)
class Given:
    """A file of somebody's, as it is sent, and its checksum as it was given."""

    path: Path
    checksum: str


def dump(path: Path, cache: Path) -> Given:
    """Return a dump (plain, gzip or zstd), as gzip. Raises ReleaseError where it is none, or was cut off."""
    _there(path)
    checksum = digest(path)
    cache.mkdir(parents=True, exist_ok=True)
    packed, part = cache / f"dump-{checksum[-16:]}.sql.gz", cache / f".dump-{os.getpid()}"
    head = tail = b""
    try:
        with _opened(path) as source, gzip.open(part, "wb", compresslevel=1) as target:
            part.chmod(0o600)
            while chunk := source.read(1 << 20):
                head = head or chunk[:_HEAD]
                tail = (tail + chunk)[-_TAIL:]
                target.write(chunk)
        _look(path, head, tail)
        part.rename(packed)
    except (OSError, EOFError) as error:
        raise ReleaseError(f"{path} is broken ({error}): dump the site's database anew") from error
    finally:
        part.unlink(missing_ok=True)
    return Given(packed, checksum)


def files(path: Path) -> Given:
    """Return an archive of uploads. Raises ReleaseError where it is not one folder, or leads out of it."""
    _there(path)
    try:
        with tarfile.open(path) as archive:
            names = archive.getnames()
    except (tarfile.TarError, EOFError, OSError) as error:
        raise ReleaseError(f"{path} is a broken archive ({error}): {_HOW}") from error
    tops = {name.partition("/")[0] for name in names}
    if len(tops) != 1 or any(".." in name.split("/") for name in names):
        raise ReleaseError(f"{path} is not the one folder of uploads: {_HOW}")
    if tops - {"files", "."} or any(name.startswith(("./files/", "./sites/", "./default/")) for name in names):
        raise ReleaseError(f"{path} has the uploads below {names[0]}: {_HOW}")
    return Given(path, digest(path))


def _there(path: Path) -> None:
    if not path.is_file():
        raise ReleaseError(f"{path}: no such file on the control machine")


def _look(path: Path, head: bytes, tail: bytes) -> None:
    if not head.lstrip().startswith(_DUMPS):
        raise ReleaseError(
            f"{path} is no dump of a database that is known here: make one with mariadb-dump, mysqldump, phpMyAdmin or drush sql:dump"
        )
    if head.lstrip().startswith(_DUMPS[:3]) and b"Dump completed" not in tail:
        raise ReleaseError(f"{path} was cut off: its last line is not the one with which a dump ends; make it anew")


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    with path.open("rb") as file:
        kind = next((kind for magic, kind in _MAGIC.items() if file.read(4).startswith(magic) or file.seek(0)), "")
        file.seek(0)
        if kind == "gz":
            with gzip.open(file) as opened:
                yield opened  # type: ignore[misc]  # GzipFile reads as a binary file does
        elif kind == "zst":
            with _unpacked(path) as opened:
                yield opened
        else:
            yield file


@contextmanager
def _unpacked(path: Path) -> Iterator[IO[bytes]]:
    if shutil.which("zstd") is None:
        raise ReleaseError(
            f"{path} is packed by zstd, which this machine does not have: apt-get install zstd, or give it as gzip"
        )
    words = ("zstd", "-dcq", "--", str(path))
    with subprocess.Popen(words, stdout=subprocess.PIPE) as running:  # noqa: S603 (the program of this machine)
        assert running.stdout is not None  # noqa: S101 (a pipe was asked for)
        yield running.stdout
        if running.wait() != 0:
            raise OSError("zstd could not unpack it")


def named(database: str | None, uploads: str | None) -> tuple[Path | None, Path | None]:
    """Return the paths that were given. Raises ReleaseError where none was."""
    if not (database or uploads):
        raise ReleaseError("say what comes in: --data database=DUMP, --data files=ARCHIVE, or both")
    return tuple(Path(one).expanduser() if one else None for one in (database, uploads))  # type: ignore[return-value]  # two
