"""Restore points: the repository is begun, points are made, and come back."""

import json
import time
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

import gevent
from pyinfra.api.command import StringCommand
from pyinfra.api.exceptions import PyinfraError
from pyinfra.api.operation import operation
from pyinfra.context import host, inventory

from webha import backup
from webha.backup.facts import RestorePoints
from webha.backup.manifest import BACKUP_SERVICE
from webha.backup.target import remote
from webha.drupal.facts import Drupal
from webha.ground import shell
from webha.ground.manifest import ARCHIVE, UNITS, Part
from webha.machine.facts import Files
from webha.machine.operations import Commands
from webha.run.across import done, everyone, given, said, telling_of, together
from webha.run.ending import say_at_end
from webha.site.facts import Releases
from webha.site.state import Volume, Where
from webha_node.backup.moment import FOLDER
from webha_node.backup.record import ASKED, STATE, fingerprint
from webha_node.backup.restoring import BEFORE

PATIENCE = 24 * 3600  # seconds
# A file server's clients may remember for half a minute that there was none.
_SEEN = 'for i in 1 2 3 4 5 6 7 8; do [ ! -e "$1/config" ] || exit 0; ls "$1" > /dev/null; sleep 5; done; echo no'
_UNDONE = 'rm -rf -- "$1"/config "$1"/data "$1"/index "$1"/keys "$1"/locks "$1"/snapshots'
_LOOK = 1.0  # seconds between two looks at what is being made
_ENDED = 2  # looks at which nobody works any more: a moment between the end and what is remembered
OFF = "backup_target is None: no restore points are made"
OPENS = (
    "the restore points are encrypted: whoever has {where} opens them, and nobody without. "
    "Keep a copy of it away from these machines and from this one: it is needed on the day on which they are gone"
)


@operation()
def off(parts: Iterable[Part], why: str) -> Commands:
    """Own that nothing of these ``parts`` works on this node; what was saved stays in its repository, copies on the node go, and binary logs that MariaDB no longer writes. Does nothing where that is so, and says ``why``."""
    there = []
    for part in parts:
        states = host.get_fact(Files, paths=tuple(f"{UNITS}/{one}" for one in part.units))
        if states is None:
            yield shell.refusal("whether timers of ours are here cannot be read")
            return
        there += [part] if any(one.exists and one.ours for one in states.values()) else []
    for part in there:
        failed = f"systemctl reset-failed {' '.join((*part.units, *part.companions))} 2>/dev/null || :"
        yield shell.script(f'{part.stopping}\nrm -rf -- "$@"; systemctl daemon-reload; {failed}', *part.paths)
    if not there:
        host.noop(why)


@operation()
def begun(target: str, nodes: Iterable[str], where: Where, password: str, second: str = "") -> Commands:
    """Own that a repository is in ``target``, which all ``nodes`` see, and that the password ``second`` opens it too; for one node only.

    Does nothing where it is, and where there is no site yet. Refuses a folder that is not there or holds something else, one that not all see,
    and a second repository where one was before. ``password``: where a person finds it, said once.
    """
    states = everyone(RestorePoints, nodes, root=where.root, target=target)
    verdict = backup.to_begin(states, target, _site(where))
    if verdict.action == "refuse":
        yield shell.refusal(verdict.reason)
        return
    there = all(one is not None and (one.target == "repository" or one.begun == target) for one in states.values())
    lacks = (
        there and bool(second) and any(one is not None and one.second != fingerprint(second) for one in states.values())
    )
    if verdict.action == "nothing" and not lacks:
        host.noop(verdict.reason)
        return
    others = [name for name in states if name != host.name]
    more = given()

    def work() -> None:
        made = "made" in _on(host.name, {"do": "begin", "second": second}, more).split()
        if blind := _blind(target, others, more):
            if made and not remote(target):  # else it was there before, with whatever is in it
                done(host, shell.script(_UNDONE, target), 60, more)
            raise PyinfraError(
                f"{target} is not the same on all nodes: {', '.join(blind)} see nothing of what {host.name} writes there. "
                "It has to be one disk or share that all of them mount"
            )
        say_at_end(OPENS.format(where=password))

    yield from telling_of(work)


def _blind(target: str, others: Iterable[str], more: dict[str, Any]) -> list[str]:
    """Return which nodes do not see the repository. Raises PyinfraError where one cannot ask."""
    if remote(target):
        seen = together({name: partial(_on, name, {"do": "look"}, more) for name in others})
    else:
        seen = _each(others, shell.script(_SEEN, target), more)
    return [name for name, said in seen.items() if "no" in said.split()]


@operation()
def taken(target: str | None, nodes: Iterable[str], where: Where) -> Commands:
    """Make a restore point now, on whichever node is best for it; for one node only."""
    names = list(nodes)
    if target is None:
        yield shell.refusal(f"{OFF}: name a folder that all nodes share in group_data/all.py")
        return
    more = given()

    def work() -> None:
        told = _taken(names, where, more)
        last = told["last"]
        say_at_end(
            f"restore point {last['point']}, made on {last['node']} in {last['seconds']:.0f} s: {last['files']} files, {last['rows']} rows, "
            f"{last['size'] / 1e6:.0f} MB, of which {(last['added'] or 0) / 1e6:.1f} MB were new in {target}"
        )
        if last["why"]:
            say_at_end(f"its database and files are not of one moment: {last['why']}")

    yield from telling_of(work)


def _taken(names: list[str], where: Where, more: dict[str, Any]) -> dict[str, Any]:
    """Start what makes points everywhere; return what the volume remembers when one of them has made it."""
    folder, start = (
        f"{where.root}/{FOLDER}",
        f"systemctl reset-failed {BACKUP_SERVICE} 2>/dev/null || :; systemctl start --no-block {BACKUP_SERVICE}",
    )
    state = f'cat "$1"/{STATE} 2>/dev/null || echo "{{}}"'
    begin = (
        f'mkdir -p -m 700 "$1"; date +%s.%N > "$1"/.{ASKED}; mv "$1"/.{ASKED} "$1"/{ASKED}; cat "$1"/{ASKED}; {state}'
    )
    time_of_it, known = done(host, shell.script(begin, folder), 60, more).strip().split("\n", 1)
    asked, before = float(time_of_it), json.loads(known).get("last", {}).get("point")
    _each(names, shell.script(start), more)
    look = shell.script(f"systemctl is-active {BACKUP_SERVICE} || :; {state}", folder)
    end, idle, there = time.monotonic() + PATIENCE, 0, names
    while time.monotonic() < end:
        gevent.sleep(_LOOK)
        answers = _heard(there, look, more)
        there = list(answers)
        told: dict[str, Any] = max(
            (json.loads(one[-1]) for one in answers.values()), key=lambda one: float(one.get("last", {}).get("when", 0))
        )
        last = told.get("last", {})
        # One that was there may be of a clock that was ahead.
        if last.get("when", 0) > asked and last["point"] != before:
            return told
        failed = told.get("failed", {})
        if failed.get("at", 0) > asked and (
            idle > _ENDED or not failed.get("own")
        ):  # of its own trouble: another one goes on
            raise PyinfraError(f"{failed['node']}: {failed['why']}")
        idle = 0 if any(one[0] in ("active", "activating", "deactivating") for one in answers.values()) else idle + 1
        if idle > _ENDED + 1:
            raise PyinfraError(f"no node made a restore point: journalctl -u {BACKUP_SERVICE} on the nodes says why")
    raise PyinfraError(f"no restore point was made within {PATIENCE / 3600:.0f} hours")


@operation()
def restored(
    wish: dict[str, str],
    target: str | None,
    nodes: Iterable[str],
    where: Where,
    *,
    confirmed: bool,
    before: bool,
    cluster: str,
    binlog: bool = False,
) -> Commands:
    """Bring a restore point back, or a part of it (``webha_node.backup.restoring.Wish``); for one node only, the work is the holder's.

    Where a site is, it becomes a restore point first (not without ``before``), and ``confirmed`` says that it is meant. Without it the points are listed. ``binlog``: the nodes keep binary logs, which are saved first.
    """
    if target is None:
        yield shell.refusal(f"{OFF}, and none come back: name the folder of the repository in group_data/all.py")
        return
    harmless = wish.get("part") == "settings"  # they are laid out to be read
    verdict = backup.to_restore(
        _site(where),
        confirmed or harmless,
        cluster,
        target,
        host.get_fact(RestorePoints, root=where.root, target=target),
    )
    more = given()
    if verdict.action == "refuse":
        yield from telling_of(lambda: _list(more))
        yield shell.refusal(verdict.reason)
        return
    volumes = everyone(Releases, nodes, root=where.root, vip=where.vip)
    holder = _holder(volumes)

    def work() -> None:
        if "until" in wish and binlog:
            for line in together({name: partial(_logged, name, more) for name in volumes}).values():
                say_at_end(line) if line else None
        if verdict.action == "replace" and before and not harmless:
            made = _on(holder, {"do": "make", "tags": [BEFORE]}, more).split()
            say_at_end(f"what was here before is the restore point {made[-1]}")
        for line in _on(holder, {"do": "restore", **wish}, more).splitlines():
            say_at_end(line)
        together({name: partial(_on, name, {"do": "follow"}, more, "site") for name in volumes})

    yield from telling_of(work)


@operation()
def settled(nodes: Iterable[str], where: Where) -> Commands:
    """Have the site forget what it cached, after its settings are this cluster's; for one node only."""
    volumes = everyone(Releases, nodes, root=where.root, vip=where.vip)
    holder = _holder(volumes)
    more = given()
    yield from telling_of(lambda: _on(holder, {"do": "rebuild"}, more, "site"))


@operation()
def drilled(target: str | None, nodes: Iterable[str], where: Where) -> Commands:
    """Restore the newest point into a scratch database and folder, on a node that does not serve; for one node only."""
    if target is None:
        yield shell.refusal(OFF)
        return
    volumes = everyone(Releases, nodes, root=where.root, vip=where.vip)
    free = [name for name, one in volumes.items() if one is not None and one.mounted and not one.holds]
    more = given()

    def work() -> None:
        for line in _on(next(iter(free), host.name), {"do": "drill"}, more).splitlines():
            say_at_end(line)

    yield from telling_of(work)


def _logged(name: str, more: dict[str, Any]) -> str:
    """Have a node save its binary logs as they are now; return why it did not: what was saved before may do."""
    try:
        return _on(name, {"do": "logs"}, more) and ""
    except PyinfraError as error:
        return f"binary logs of the last minutes could not be saved: {error}"


def _list(more: dict[str, Any]) -> None:
    found = json.loads(_on(host.name, {"do": "points"}, more) or "[]")
    for one in found:
        say_at_end(backup.listed(one, time.time()))
    if not found:
        say_at_end("the repository has no restore points of this cluster")


def _site(where: Where) -> Any:
    return host.get_fact(Drupal, root=where.root, database=where.database, user=where.user)


def _on(name: str, asked: dict[str, Any], more: dict[str, Any], program: str = "backup") -> str:
    command = shell.script(f"exec /usr/bin/python3 {ARCHIVE} {program}", stdin=json.dumps(asked))
    return done(inventory.get_host(name), command, PATIENCE, more)


def _each(names: Iterable[str], command: StringCommand, more: dict[str, Any]) -> dict[str, str]:
    """Return what each of the nodes says to the command, given at the same time."""
    return together({name: partial(done, inventory.get_host(name), command, 120, more) for name in names})


def _heard(names: Iterable[str], command: StringCommand, more: dict[str, Any]) -> dict[str, list[str]]:
    """Return the lines that each node says to the command; without those that are lost meanwhile, whose work another one takes over."""
    jobs = {name: gevent.spawn(said, inventory.get_host(name), command, 120, more) for name in names}
    gevent.joinall(list(jobs.values()))
    answers = {name: job.value for name, job in jobs.items() if job.value}
    if lost := sorted(jobs.keys() - answers.keys()):
        say_at_end(f"{', '.join(lost)} no longer answered while the restore point was made")
    if not answers:
        raise PyinfraError("no node answers any more while the restore point is made: look with tasks/status.py")
    return answers


def _holder(volumes: Mapping[str, Volume | None]) -> str:
    """Return the node that has the virtual IP; where none has it this one."""
    return next((name for name, one in volumes.items() if one is not None and one.holds), str(host.name))
