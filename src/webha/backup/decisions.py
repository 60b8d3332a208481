"""Restore points: what may be done with a repository and a site, and what of them is not well. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from webha.backup.manifest import LOGS_SERVICE
from webha.backup.state import Points
from webha.drupal import Site
from webha.ground.verdict import Verdict
from webha_node.backup.repository import TORN
from webha_node.backup.restoring import BEFORE
from webha_node.backup.watch import AHEAD

FULL = 90  # per cent
FINE = ("repository", "remote")  # as a target is seen
DRILL_AGE = 8 * 86400.0  # seconds: weekly, and a day
NOTED = {BEFORE: "what was there before a restore", TORN: "database and files not of one moment"}  # by a point's tag
_HOUR, _MINUTE = 3600.0, 60.0
LATE = 4  # times that binary logs may be missed


def to_begin(states: Mapping[str, Points | None], target: str, site: Site | None) -> Verdict:
    """Decide whether a repository is made in ``target``: ``begin``."""
    refused = next(_against(states, target), None)
    if refused is not None:
        return Verdict("refuse", refused)
    if all(one is not None and one.target == "repository" for one in states.values()):
        return Verdict("nothing", f"a repository is in {target}")
    if any(one is not None and one.target == "remote" and one.begun == target for one in states.values()):
        return Verdict("nothing", f"restore points are kept in {target}")
    if site is None:
        return Verdict("refuse", "whether a site is here is unknown")
    if site.code != "complete":
        return Verdict("nothing", "no site is here yet that could be saved")
    return Verdict("begin", f"{target} has none yet, as far as this cluster knows")


def _against(states: Mapping[str, Points | None], target: str) -> Iterator[str]:
    """Say what is against a repository in ``target``."""
    known = {name: one for name, one in states.items() if one is not None}
    seen = {name: one.target for name, one in known.items()}
    lacking = [name for name, one in seen.items() if one not in FINE]
    if unknown := [name for name in states if name not in known]:
        yield f"how {target} is seen from {', '.join(unknown)} is unknown"
    if absent := [name for name, one in seen.items() if one == "absent"]:
        yield (
            f"{', '.join(absent)}: {target} is not there (backup_target): mount the disk or the share at all nodes, with that folder in it"
        )
    if lacking and len(lacking) < len(seen):
        yield (
            f"{target} is not the same on all nodes: {', '.join(lacking)} see no repository there. It has to be one disk or share that all of them mount"
        )
    if lacking and any(one.begun == target or (not one.begun and one.last) for one in known.values()):
        yield f"restore points were made, and {target} has no repository (any more): is the disk or the share mounted? For a new one name another folder"
    if filled := [name for name, one in seen.items() if one == "filled"]:
        yield f"{filled[0]}: {target} holds something else: name an empty folder in backup_target"
    if closed := [name for name, one in known.items() if not one.writable]:
        yield f"{', '.join(closed)}: {target} cannot be written"


def to_restore(site: Site | None, confirmed: bool, cluster: str, target: str, state: Points | None) -> Verdict:
    """Decide whether a point may come back: ``restore`` onto what is empty, ``replace`` where a site is."""
    if site is None or state is None:
        return Verdict(
            "refuse", "what is on the volume, in the database and in the repository is unknown: run tasks/status.py"
        )
    if state.target not in FINE:
        return Verdict("refuse", f"{target}: no repository is there. Is the disk or the share mounted?")
    if site.mounted and site.code == "none" and site.tables == 0:
        return Verdict("restore", "no site is here")
    if not confirmed:
        here = (
            "a site is here"
            if site.mounted and site.tables is not None
            else "this node does not see whether a site is here (its docroot is not mounted, or its MariaDB in no reachable primary component: tasks/status.py)"
        )
        return Verdict(
            "refuse",
            f"{here}, and would be what it was then: --data confirm={cluster}; what is here now becomes a restore point first",
        )
    return Verdict("replace", "asked for")


def unwell(states: Mapping[str, Points | None], target: str, now: float, hours: float, minutes: int = 0) -> list[str]:
    """Say what is not well, each in a sentence with what to do. ``hours``: how old the last point may be; ``minutes``: between two savings of the binary logs, 0: none are."""
    found = [
        f"{name}: unknown, the volume or {target} did not say in time" for name, one in states.items() if one is None
    ]
    known = {name: one for name, one in states.items() if one is not None}
    found += [f"{name}: {line}" for name, one in known.items() for line in _target(one, target)]
    seen = next(iter(known.values()), None)
    return (
        found
        if seen is None
        else [*found, *_last(seen, now, hours), *_drill(seen, now), *_logs(seen, states, now, minutes)]
    )


def _target(seen: Points, target: str) -> Iterator[str]:
    if seen.target not in FINE:
        yield f"{target} has no repository: is the disk or the share mounted? A new one: tasks/backup.py"
    elif not seen.writable:
        yield f"{target} cannot be written"
    if seen.full is not None and seen.full >= FULL:
        yield f"{target} is {seen.full} % full: make room, or keep fewer points (backup_keep)"
    if not seen.installed:
        yield "no timer makes restore points: run deploy.py"


def _last(seen: Points, now: float, hours: float) -> Iterator[str]:
    if seen.failed is not None:
        yield f"{seen.failed.node}: the last backup came to nothing: {seen.failed.why}"
    if seen.last is None:
        yield "no restore point was made yet: run tasks/backup.py"
        return
    if now - seen.last.when > hours * _HOUR:
        yield (
            f"the last restore point is {age(now - seen.last.when)} old (backup_max_age is {hours:g} hours): run tasks/backup.py"
        )
    if seen.last.when > now + AHEAD:
        yield f"{seen.last.node}: the last restore point is of a time {age(seen.last.when - now)} ahead: is that node's clock right?"
    if seen.last.why:
        yield f"the last restore point's database and files are not of one moment: {seen.last.why}"


def _drill(seen: Points, now: float) -> Iterator[str]:
    if seen.drill is None:
        yield from () if seen.last is None else ("no restore point was ever restored to try it: run tasks/drill.py",)
    elif seen.drill.why:
        yield f"{seen.drill.node}: the last drill failed: {seen.drill.why}"
    elif seen.drill.at > now + AHEAD:
        yield f"{seen.drill.node}: the last drill is of a time {age(seen.drill.at - now)} ahead: is that node's clock right? Run tasks/drill.py"
    elif now - seen.drill.at > DRILL_AGE:
        yield f"the last drill was {age(now - seen.drill.at)} ago: run tasks/drill.py"


def _logs(seen: Points, names: Iterable[str], now: float, minutes: int) -> Iterator[str]:
    if not minutes or seen.last is None:
        return
    for name in names:
        one = seen.logs.get(name)
        if one is None or not one.at:
            yield f"{name}: its binary logs were not saved yet, which galera_binlog wants every {minutes} minutes" + (
                f": {one.why}" if one else ""
            )
        elif one.why:
            yield f"{name}: its binary logs could not be saved: {one.why}"
        elif now - one.at > LATE * minutes * _MINUTE:
            yield f"{name}: its binary logs were saved {age(now - one.at)} ago, every {minutes} minutes is wanted: look at {LOGS_SERVICE} there"


def shown(states: Mapping[str, Points | None], now: float) -> str:
    """Say in a few words what there is."""
    seen = next((one for one in states.values() if one is not None), None)
    if seen is None or seen.last is None:
        return ""
    drilled = f", drill {age(now - seen.drill.at)} ago" if seen.drill is not None and not seen.drill.why else ""
    last = seen.last
    return f"last point {last.point}, {age(now - last.when)} ago ({last.files} files, {last.rows} rows, {last.size / 1e6:.0f} MB, {last.seconds:.0f} s){drilled}"


def listed(point: Mapping[str, Any], now: float) -> str:
    """Say a point of the repository in a line: its name, time (UTC), age, and size where it has one written on it."""
    tags = dict(word.partition("=")[::2] for word in point["tags"])
    when = datetime.fromtimestamp(point["when"], UTC)
    size = f", {int(tags['size']) / 1e6:.0f} MB" if tags.get("size", "").isdigit() else ""
    more = ", ".join(words for tag, words in NOTED.items() if tag in tags)
    return f"restore point {point['id']} of {when:%Y-%m-%d %H:%M:%S} UTC, {age(now - point['when'])} ago{size}" + (
        f" ({more})" if more else ""
    )


def age(seconds: float) -> str:
    """Return a time that has passed, in the unit that a person would take."""
    for unit, size in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(seconds, 0):.0f} seconds"
