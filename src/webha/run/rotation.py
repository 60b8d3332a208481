"""New keys, certificates and secrets in stages: each is on all nodes before the next begins, and a run that is cut off is gone on with.

A stage is a folder of secrets/ that looks as secrets/ will. Its files are made while the run is prepared; the steps place what is in it, and
when all nodes have it, it takes the place of what is there. A deploy after a run that was cut off takes the nodes back to the last
one that all had, which they still trust.
"""

import shutil
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pyinfra.api.command import PyinfraCommand
from pyinfra.api.operation import operation

from webha import certificates
from webha.ground import shell
from webha.run import credentials, keys
from webha.run.across import telling
from webha.run.inventory import Node, certified_for
from webha.run.parts import ROTATED as PARTS

_STAGES = "rotation"
_made: dict[str, list["Stage"]] = {}  # once a run: the deploy file is loaded for every node


@dataclass(frozen=True)
class Stage:
    """A folder as secrets/ will be, and the ``steps`` that bring it to the nodes."""

    folder: Path
    steps: tuple[str, ...]


def asked(part: str | None) -> str:
    """Return the kind of keys that the run is asked for. Raise ValueError where it is asked for none, or for what cannot be made here."""
    if part not in PARTS:
        raise ValueError(f"--data part= says what is made anew: {', '.join(PARTS)}")
    if part == "database" and credentials.of_environment("drupal_db_password"):
        raise ValueError(
            "the site's password of the database comes from WEBHA_DRUPAL_DB_PASSWORD: give another one there and run tasks/drupal.py, which "
            "leaves the former one beside it until every node has the new"
        )
    return part


def signed(nodes: Iterable[Node], data: Any) -> None:
    """Have all keys and certificates made that the ``data`` ask for, where the stage has none."""
    listed = list(nodes)
    if data.galera_tls or data.gluster_tls:
        for one in listed:
            keys.node(one, data.cluster_name)
    if data.https == "self-signed":
        keys.site(
            data.https, data.cluster_name, certified_for(data.server_name, data.vip, data.floating_ip), None, None
        )
    credentials.secret("drupal_db_password")


def _steps(part: str, data: Any, *, pairs: bool) -> tuple[str, ...]:
    """Return the steps that use what changes; ``pairs``: not only whom the nodes trust."""
    if part == "database":
        return ("drupal",)
    used = {"galera": data.galera_tls, "apache": data.https == "self-signed", "gluster": data.gluster_tls}
    if not any(used.values()):
        raise ValueError("galera_tls and gluster_tls are False and https is not self-signed: no certificate is in use")
    return tuple(name for name, uses in used.items() if uses and (pairs or name != "apache"))


@contextmanager
def staged(stage: Path) -> Iterator[None]:
    """Let the steps included here take keys and secrets from ``stage``."""
    token = credentials.STAGE.set(stage)
    try:
        yield
    finally:
        credentials.STAGE.reset(token)


def stages(part: str, nodes: Iterable[Node], data: Any) -> list[Stage]:
    """Return the stages from secrets/ to new keys of the kind ``part``, the same ones for every node of a run.

    ``certificates``: new ones, of the same authority. ``ca``: the next authority is trusted, then it signs, then the former one is
    trusted no more; one that was begun is gone on with. ``database``: the site's password of the database.
    """
    if part in _made:
        return _made[part]
    listed, base = list(nodes), keys.SECRETS
    root = base / _STAGES
    if root.exists():
        shutil.rmtree(root)
    signed(listed, data)
    found: list[Stage] = []
    before = base
    for number, change in enumerate(_plan(part, base, data.cluster_name), 1):
        steps = _steps(part, data, pairs=change in (_without_pairs, _next_signs))
        stage = root / str(number)
        stage.mkdir(parents=True, mode=0o700)
        for one in before.iterdir():
            if one.is_file() and not one.name.startswith("."):
                shutil.copy2(one, stage / one.name)
        change(stage)
        with staged(stage):
            signed(listed, data)
        found.append(Stage(stage, steps))
        before = stage
    _made[part] = found
    return found


def _plan(part: str, base: Path, cluster: str) -> tuple[Callable[[Path], None], ...]:
    if part == "certificates":
        return (_without_pairs,)
    if part == "database":
        return (_new_password,)
    if (base / keys.FORMER).exists() and not _adopted_in_part(base):
        return (_former_gone,)
    if (base / keys.FORMER).exists():
        return (_next_signs, _former_gone)
    return (lambda stage: _next_trusted(stage, cluster), _next_signs, _former_gone)


@operation()
def adopted(stage: Path) -> Generator[PyinfraCommand, None, None]:
    """Own that secrets/ is as ``stage`` was, which all nodes have by now; once a run. A verb: it always does."""
    command, said = telling(lambda: adopt(stage, keys.SECRETS))
    yield command
    if said:
        yield shell.refusal(f"{stage} could not take the place of what is in {keys.SECRETS}: {said[0]}; run this again")


def adopt(stage: Path, base: Path) -> None:
    """Put the files of ``stage`` in the place of those in ``base``; what it does not have goes last."""
    kept = {one.name for one in stage.iterdir()}
    for name in sorted(kept):
        credentials.replace(name, (stage / name).read_text(), base)
    for one in base.iterdir():
        if one.is_file() and one.name not in kept and one.name in (keys.NEXT, keys.FORMER):
            one.unlink()
    shutil.rmtree(stage)
    if not any(stage.parent.iterdir()):
        stage.parent.rmdir()


def _adopted_in_part(base: Path) -> bool:
    """Whether a run was cut off after it had noted the former authority, and before the next one took its place."""
    return (base / keys.FORMER).read_text() == certificates.public((base / keys.AUTHORITY).read_text())


def _without_pairs(stage: Path) -> None:
    for one in [*stage.glob("node-*.pem"), stage / keys.SITE]:
        one.unlink(missing_ok=True)


def _new_password(stage: Path) -> None:
    (stage / "drupal_db_password").unlink(missing_ok=True)


def _next_trusted(stage: Path, cluster: str) -> None:
    if not (stage / keys.NEXT).exists():
        credentials.kept(keys.NEXT, lambda: certificates.authority(cluster, datetime.now(UTC)), stage)


def _next_signs(stage: Path) -> None:
    former = certificates.public((stage / keys.AUTHORITY).read_text())
    credentials.replace(keys.FORMER, former, stage)
    (stage / keys.NEXT).replace(stage / keys.AUTHORITY)
    _without_pairs(stage)


def _former_gone(stage: Path) -> None:
    (stage / keys.FORMER).unlink()
    (stage / keys.NEXT).unlink(missing_ok=True)  # of a stage that was taken over in part
