"""Proof that a point restores: the newest one into a scratch database and folder, compared with what it says of itself."""

import os
import shutil
import time
from collections.abc import Iterable
from pathlib import Path

from webha_node.backup import record, repository, restoring, scratch, watch
from webha_node.backup.gather import PLACE, STAGE
from webha_node.backup.record import Record
from webha_node.backup.repository import BackupError
from webha_node.backup.scratch import Scratch
from webha_node.backup.watch import Cluster
from webha_node.commands import run

DRILL = PLACE / "drill"
SMALL = 4 << 30  # bytes: a smaller repository is read whole
QUARTERS = 4  # of a larger one's data one is read each time, so that all of it is within a month of weeks
# Which files rows name, as paths below the docroot: SQL of each application's own, for tables that are there.
NAMED = {
    "drupal": (
        "file_managed",
        "SELECT CONCAT(IF(uri LIKE 'public://%', 'sites/default/files/', 'sites/default/private/'), SUBSTRING_INDEX(uri, '://', -1)) "
        "FROM file_managed WHERE uri LIKE 'public://%' OR uri LIKE 'private://%'",
    ),
    "wordpress": (
        "wp_postmeta",
        "SELECT CONCAT('.webha-site/uploads/', meta_value) FROM wp_postmeta WHERE meta_key='_wp_attached_file'",
    ),
}
_SHOWN = 5


def attend(cluster: Cluster) -> None:
    """Do it once on all nodes; where another one has done it meanwhile, nothing. Raises BackupError."""
    watch.attend(cluster, ("drill",), lambda: drill(cluster), serves=False)


def drill(cluster: Cluster) -> None:
    """Do it here, under the lock; what came of it is remembered on the volume. Raises BackupError where it failed."""
    begun, found = time.time(), {"node": cluster.node}
    try:
        repository.unlocked()
        point = restoring.chosen(repository.points(cluster.name), "latest")
        found |= {"point": point.id, "when": point.time}
        quarter = f"{int(time.time() // 604800) % QUARTERS + 1}/{QUARTERS}"
        repository.checked("100%" if repository.stored() < SMALL else quarter)
        shutil.rmtree(DRILL, ignore_errors=True)
        DRILL.mkdir(mode=0o700, parents=True)
        repository.room(point.id, DRILL, 2.0)  # the dump is loaded beside it
        repository.brought(point.id, DRILL)
        folder = DRILL / str(STAGE).lstrip("/")
        told = record.read(folder)
        wrong = [*_of_files(folder, told), *_of_the_database(folder, told, cluster.gathering.root)]
        why = "; ".join(wrong)
    except (BackupError, OSError, ValueError) as error:
        why = str(error)
    finally:
        shutil.rmtree(DRILL, ignore_errors=True)
    ended = {**found, "at": time.time(), "seconds": round(time.time() - begun, 1), "why": why}
    record.remember(cluster.folder, drill=ended)
    if why:
        raise BackupError(why)
    print(
        f"the point {found['point']} restores: {told.files} files, {sum(told.rows.values())} rows in {len(told.rows)} tables, {ended['seconds']} s"
    )


def _of_files(folder: Path, told: Record) -> Iterable[str]:
    """Say which files are not what the point says of them."""
    done = run("sh", "-c", f"cd {folder / record.FILES} && sha256sum --quiet -c ../{record.SUMS}", seconds=7200)
    if done.returncode != 0:
        words = (done.stdout + done.stderr).strip().splitlines()
        yield f"{len(words)} files are not as they were: {'; '.join(words[:_SHOWN])}"
    lines = sum(1 for _ in (folder / record.SUMS).open("rb"))
    if lines != told.files:
        yield f"the point lists {lines} files and says {told.files}"


def _of_the_database(folder: Path, told: Record, root: Path) -> Iterable[str]:
    with scratch.mariadbd(DRILL, told.database, told.charset, told.collation) as server:
        server.load(folder / record.DUMP)
        tables = [
            one
            for one in server.ask(
                "SELECT table_name FROM information_schema.tables WHERE table_schema=DATABASE() AND table_type='BASE TABLE'"
            ).splitlines()
            if one
        ]
        rows = {one: int(server.ask(f"SELECT COUNT(*) FROM {_quoted(one)}")) for one in tables}
        if rows != dict(told.rows):
            other = [
                f"{one}: {rows.get(one)} of {told.rows.get(one)} rows"
                for one in sorted({*rows, *told.rows})
                if rows.get(one) != told.rows.get(one)
            ]
            yield f"tables are not as they were: {'; '.join(other[:_SHOWN])}"
        for one in tables:
            said = server.ask(f"CHECK TABLE {_quoted(one)}").strip().splitlines()
            if not said or not said[-1].endswith("\tOK"):
                yield f"CHECK TABLE {one}: {said[-1] if said else 'nothing was said'}"
        yield from _unnamed(server, folder / record.FILES, tables, told, root)


def _unnamed(server: Scratch, files: Path, tables: list[str], told: Record, root: Path) -> Iterable[str]:
    """Say which files that rows name are not there, but on the site."""
    table, question = NAMED.get(told.app, ("", ""))
    if table not in tables:
        return
    names = [one for one in server.ask(question).splitlines() if one and ".." not in one]
    missing = [one for one in names if not os.path.lexists(files / one)]
    lost = [one for one in missing if os.path.lexists(root / one)]
    if lost:
        yield f"{len(lost)} files that rows name are on the site, and not in the point: {', '.join(lost[:_SHOWN])}"


def _quoted(name: str) -> str:
    return f"`{name.replace('`', '``')}`"
