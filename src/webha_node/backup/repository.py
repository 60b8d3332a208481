"""The repository of the restore points: restic(1), told where and with which password by its environment.

A lock that a dead process left is taken away where its machine says so (``restic unlock`` knows its own machines' dead ones, and old ones);
restic commands of ours run under the lock on the volume.
"""

import json
import os
import re
import shlex
import subprocess
import tempfile
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from webha_node.commands import run

ENVIRONMENT = Path(
    "/etc/webha/backup.env"
)  # RESTIC_REPOSITORY, RESTIC_PASSWORD and what a target asks for; root's alone
SFTP = "WEBHA_SFTP_COMMAND"  # in it: how restic reaches another machine
CACHE = Path("/var/lib/webha/backup/cache")
TAG, LOG_TAG = "webha", "webha-log"
TORN = "torn"  # of a point that is not of one moment
RECENT = "2d"  # of which all points are kept: those that somebody made, and those of before a restore
_CALLED = 8  # letters and digits
_GENTLY = ("nice", "-n", "15", "ionice", "-c", "3")  # but for what a person waits for
_WAITED_FOR = ("restore", "snapshots", "cat")
_PATIENCE = 24 * 3600.0
_LONG = 500  # characters of what restic says


class BackupError(Exception):
    """What went wrong, in a sentence."""


class OwnError(BackupError):
    """What keeps this node from making a point, and no other."""


@dataclass(frozen=True)
class Point:
    """A restore point: restic's short ``id``, when it was taken (ISO 8601), and of which cluster."""

    id: str
    time: str
    cluster: str
    tags: tuple[str, ...] = ()

    @property
    def when(self) -> float:
        """The same as seconds of the epoch, with their fractions where it was made by us."""
        for tag in self.tags:
            with suppress(ValueError):
                if tag.startswith("at="):
                    return float(tag.removeprefix("at="))
        return datetime.fromisoformat(self.time).timestamp()


def settings() -> dict[str, str]:
    """Return what the environment's file says. Raises BackupError."""
    path = ENVIRONMENT
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise BackupError(f"{path} cannot be read ({error}): set backup_target and deploy again") from error
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name: "".join(shlex.split(value)) for name, _, value in pairs}


def restic(*words: str, seconds: float = _PATIENCE, limit: int = 0, password: str = "") -> str:
    """Run restic; return what it printed. Raises BackupError with its last words, in ours where they are known."""
    told = settings() | ({"RESTIC_PASSWORD": password} if password else {})
    CACHE.mkdir(parents=True, exist_ok=True)
    reached = ("-o", f"sftp.command={told[SFTP]}") if SFTP in told else ()
    limits = ("--limit-upload", str(limit)) if limit else ()
    waited_for = words[0] in _WAITED_FOR
    one_core = {} if waited_for else {"GOMAXPROCS": "1"}
    try:
        done = subprocess.run(
            (
                *(() if waited_for else _GENTLY),
                "restic",
                "--cache-dir",
                str(CACHE),
                "--json",
                *reached,
                *limits,
                *words,
            ),
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
            stdin=subprocess.DEVNULL,
            errors="replace",
            env={**os.environ, **told, **one_core, "LC_ALL": "C.UTF-8", "TZ": "UTC"},
        )
    except subprocess.TimeoutExpired as error:
        raise BackupError(
            f"{told.get('RESTIC_REPOSITORY')} did not answer restic {words[0]} in {seconds:.0f} s: can it be reached?"
        ) from error
    except OSError as error:
        raise BackupError(f"restic cannot be run: {error}") from error
    if done.returncode != 0:
        said = done.stderr + done.stdout
        if SFTP in told and "sftp session" in said:  # restic ends before it has read what ssh said
            said = run(*shlex.split(told[SFTP]), seconds=30).stderr + said
        raise BackupError(explained(said, told.get("RESTIC_REPOSITORY", "")))
    return done.stdout


# What restic's words mean for a person; the first that is found counts (all of what stands between &).
_MEANING = (
    (
        ("wrong password", "no key found"),
        "{target}: the password is not this repository's: write the one it was made with into secrets/backup_password",
    ),
    (
        ("permission denied (publickey", "too many authentication failures"),
        "{target}: that machine does not take the cluster's key: put secrets/backup_ssh_key.pub into the account's authorized_keys",
    ),
    (
        ("host key verification failed", "host key is known"),
        "{target}: that machine has another host key than backup_host_key says: is it the right one?",
    ),
    (
        (
            "connection refused",
            "connection timed out",
            "no route to host",
            "could not resolve",
            "no such host",
            "i/o timeout",
        ),
        "{target} cannot be reached: {words}",
    ),
    (
        ("invalidaccesskeyid", "signaturedoesnotmatch", "access key id you provided", "access denied", "accessdenied"),
        "{target}: secrets/backup_s3_id and backup_s3_secret are not let in: {words}",
    ),
    (("no space left",), "{target} is full: make room there, or keep fewer points (backup_keep)"),
    (("read-only file system",), "{target} is mounted read-only"),
    (
        ("config file&no such file", "config file&does not exist", "config file&not found"),
        "{target}: no repository is there. Is the disk or the share mounted?",
    ),
    (("permission denied",), "{target} cannot be written: {words}"),
    (("already locked",), "{target} is locked by another restic: {words}"),
    (
        ("ciphertext verification failed", "does not match", "invalid data", "corrupt", "repository contains errors"),
        "{target} is damaged: {words}",
    ),
)


def explained(words: str, target: str) -> str:
    """Return a sentence for what restic said."""
    said = _plain(words)
    low = said.lower()
    for marks, sentence in _MEANING:
        if any(all(part in low for part in mark.split("&")) for mark in marks):
            return sentence.format(target=target, words=_short(said))
    return f"{target}: {_short(said) or 'restic failed and said nothing'}"


def _short(words: str) -> str:
    return words if len(words) <= _LONG else f"{words[: _LONG // 2]} … {words[-_LONG // 2 :]}"


def _plain(words: str) -> str:
    """Return the texts of what restic says, some of it as JSON, in one line."""
    found = []
    for line in words.splitlines():
        try:
            one = json.loads(line)
        except ValueError:
            found.append(line.strip())
            continue
        if isinstance(one, dict) and (text := one.get("message") or one.get("error")):
            found.append(str(text.get("message") if isinstance(text, dict) else text))
    return " ".join(" ".join(found).split())  # a line break would end the sentence where it is passed on


def exists() -> bool:
    """Whether the repository is there. Raises BackupError where that is not known."""
    try:
        restic("cat", "config", "--no-lock", seconds=120)
    except BackupError as error:
        if "no repository is there" in str(error):
            return False
        raise
    return True


def opened_by(password: str) -> None:
    """Have another password open it as well, as long as nobody takes it away (``restic key remove``)."""
    try:
        restic("cat", "config", "--no-lock", seconds=120, password=password)
    except BackupError as error:
        if "the password is not" not in str(error):
            raise
    else:
        return
    with tempfile.NamedTemporaryFile("w", dir="/run") as file:  # 0600 from its first byte on, and never on a disk
        file.write(password)
        file.flush()
        restic("key", "add", "--new-password-file", file.name, seconds=300)


def saved(folder: Path, cluster: str, tags: Iterable[str], when: float, limit: int) -> dict[str, Any]:
    """Make a point of ``folder``; return restic's summary of it."""
    stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(when))  # as restic takes it, for which it is UTC here
    words = [word for tag in (*tags, f"at={when:.3f}") for word in ("--tag", tag)]
    said = restic("backup", "--host", cluster, "--time", stamp, *words, str(folder), limit=limit)
    for line in reversed(said.splitlines()):
        found = json.loads(line)
        if found.get("message_type") == "summary":
            return dict(found)
    raise BackupError("restic did not say what it saved")


def called(whole: str) -> str:
    """Return the beginning of restic's id by which a point is called: no shorter than restic's own, and none that ``--data point=`` takes for a number."""
    beginnings = (whole[:length] for length in range(_CALLED, len(whole)))
    return next((one for one in beginnings if not re.fullmatch(r"\d+(e\d*)?", one)), whole)


def local(when: float) -> str:
    """Return a time (seconds of the epoch) as this machine's clock shows it."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(when))


def points(cluster: str | None = None, tag: str = TAG) -> list[Point]:
    """Return the points that are there, the oldest first; ``cluster``: of that one alone. ``tag``: or what else is saved."""
    chosen = ("--host", cluster) if cluster else ()
    found = json.loads(restic("snapshots", "--tag", tag, "--no-lock", *chosen, seconds=600) or "[]") or []
    return [
        Point(called(one["id"]), one["time"], one["hostname"], tuple(one.get("tags") or ()))
        for one in sorted(found, key=lambda one: str(one["time"]))
    ]


def forgotten(cluster: str, keep: Mapping[str, str]) -> None:
    """Forget the points that neither the rules keep nor are of the last two days, and free their room."""
    rules = [word for period, number in keep.items() for word in (f"--keep-{period}", number)]
    if rules:
        restic(
            "forget", "--host", cluster, "--tag", TAG, "--group-by", "host", "--keep-within", RECENT, *rules, "--prune"
        )


def forgotten_logs(cluster: str, days: int) -> None:
    """Forget the saved binary logs that are older than so many ``days`` before the newest."""
    restic("forget", "--host", cluster, "--tag", LOG_TAG, "--group-by", "host", "--keep-within", f"{days}d")


def unlocked() -> None:
    """Take away the locks that dead processes left: those of this machine, and old ones. No other's, whose data a pruning could remove."""
    restic("unlock", seconds=600)


def stored() -> int:
    """Return how many bytes of data the repository has."""
    return int(
        json.loads(restic("stats", "--mode", "raw-data", "--no-lock", seconds=3600).splitlines()[-1])["total_size"]
    )


def checked(part: str) -> None:
    """Read the repository's structure, and a ``part`` of its data (``10%``, ``2/7``). Raises BackupError where it is damaged."""
    restic("check", "--no-lock", f"--read-data-subset={part}")


def room(point: str, folder: Path, times: float) -> None:
    """Raise BackupError where ``folder`` has not so many ``times`` free what the point takes: the database is on that disk, too."""
    size = json.loads(restic("stats", point, "--no-lock", seconds=600).splitlines()[-1])["total_size"]
    room_for(folder, int(size * times), f"the point {point}")


def room_for(folder: Path, needed: float, what: str = "the database") -> None:
    """Raise BackupError where ``folder`` has not so many bytes free."""
    status = os.statvfs(folder)
    free = status.f_bavail * status.f_frsize
    if free < needed:
        raise BackupError(f"{folder} has {free >> 20} MB free, {what} needs {int(needed) >> 20} MB there: free some")


def brought(point: str, target: Path, include: Iterable[str] = ()) -> None:
    """Bring a point, or the paths of it, into the folder ``target``."""
    words = [word for path in include for word in ("--include", path)]
    restic("restore", point, "--target", str(target), *words)
