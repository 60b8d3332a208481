"""What administrators do by habit on the node that holds the virtual IP, and what a client sees of it: ``script/bench hands``.

Measured like a fault; nobody mends anything. What a command said when it failed is in the run's notes: a unit that is masked,
say, is refused, and that is well.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from lab import visitor
from tests.faults import reach
from tests.faults.acts import Act, NotDoneError, Scene, wait
from tests.faults.catalogue import Fault
from tests.faults.course import bench, sound
from tests.lab.nodes import ADDRESSES, converge

_PACKAGES = ("apache2", "mariadb-server", "corosync")
_APT = "DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Options::=--force-confold -o DPkg::Lock::Timeout=300"
_ONLINE = "timeout 15 crm_mon -1 --output-as=xml | grep -cE '<node [^>]*online=.true.'"
AIM_GAP = 1.0  # seconds


def typed(command: str, seconds: float = 120) -> Act:
    """Type the command on the struck node; how it failed is noted."""

    def act(scene: Scene) -> None:
        scene.notes += filter(None, [reach.told(scene.node, command, seconds)])

    return act


def needed(command: str) -> Act:
    """Do what the act stands on before anything is measured."""

    def act(scene: Scene) -> None:
        if failed := reach.told(scene.node, command, 300):
            raise NotDoneError(failed)

    return act


def detached(scene: Scene) -> None:
    """As an upgrade of Pacemaker goes: maintenance on, Pacemaker and Corosync stopped and started everywhere, maintenance off."""

    def everywhere(command: str) -> None:
        scene.notes += filter(None, reach.each(scene.all, lambda name: reach.told(name, command, 180)).values())

    typed("crm_attribute --type crm_config --name maintenance-mode --update true")(scene)
    everywhere("systemctl stop pacemaker corosync")
    everywhere("systemctl start corosync pacemaker")
    try:
        wait(lambda: reach.ask(scene.node, _ONLINE) == str(len(ADDRESSES)), 120, "all nodes online again", 1)
    finally:
        typed("crm_attribute --type crm_config --name maintenance-mode --delete")(scene)


def opened(_: Scene) -> None:
    """A cluster as it was before it was ever closed, with its connections."""
    converge("tasks/firewall.py", "--data", "firewall=False")


def closed(_: Scene) -> None:
    """The deploy's own step, on the running cluster."""
    converge("tasks/firewall.py")


def _reinstalled(name: str, *packages: str) -> Fault:
    return Fault(
        f"reinstall-{name}",
        typed(f"{_APT} install --reinstall {' '.join(packages)}", 600),
        lasting=5,
        prepare=needed(f"{_APT} update"),
    )


HANDS = {
    one.name: one
    for one in (
        Fault("restart-apache", typed("systemctl restart apache2"), lasting=5),
        Fault("restart-and-stop-apache", typed("systemctl restart apache2; systemctl stop apache2"), lasting=15),
        Fault(
            "logrotate",
            typed("logrotate -f /etc/logrotate.conf"),
            lasting=5,
            prepare=needed(f"command -v logrotate || {{ {_APT} update && {_APT} install logrotate; }}"),
        ),
        *(_reinstalled(one, one) for one in _PACKAGES),
        _reinstalled("all", *_PACKAGES),
        Fault("detach", detached, lasting=5),
        Fault("close", closed, lasting=15, prepare=opened),
    )
}


def seen(runs: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return for each act the worst of its runs: failed requests, the longest gap, and what the commands said."""
    acts: dict[str, dict[str, Any]] = {}
    for one in runs:
        before = acts.get(one["fault"], {})
        acts[one["fault"]] = {
            "outcome": one["outcome"] if before.get("outcome", "whole") == "whole" else before["outcome"],
            "requests": before.get("requests", 0) + one.get("requests", 0),
            "failed": max(before.get("failed", 0), one.get("errors", 0)),
            "gap_s": max(before.get("gap_s", 0.0), one.get("gap_s", 0.0)),
            "lost_writes": before.get("lost_writes", 0) + sum(one.get("missing", {}).values()),
            "notes": [*before.get("notes", ()), *one.get("notes", ())],
        }
    return acts


def main() -> int:
    """Do what the command line asks for; the last line is one JSON object."""
    parser = argparse.ArgumentParser(prog="script/bench hands")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"default: all; {', '.join(HANDS)}")
    parser.add_argument("--times", type=int, default=1, help="how often each")
    parser.add_argument("--failover", choices=("fast", "document"), help="deploy this first; default: what is deployed")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the result there, from the first act on")
    given = parser.parse_args()
    if unknown := sorted(set(given.names) - set(HANDS)):
        parser.error(f"no act {', '.join(unknown)}; there are {', '.join(HANDS)}")
    if given.failover:
        converge("deploy.py", "--data", f"failover={given.failover}")
    acts = [HANDS[name] for name in given.names or HANDS for _ in range(given.times)]
    file = given.json or Path(tempfile.mkdtemp(prefix="webha-hands-")) / "result.json"
    print(f"hands: {len(acts)} acts, kept in {file}", file=sys.stderr)
    visitor.arrive()
    try:
        result = bench(acts, given.failover or reach.failover(), file)
    finally:
        visitor.leave()
    found = seen(result["runs"])
    aimed = [name for name, one in found.items() if one["failed"] == 0 and one["gap_s"] <= AIM_GAP]
    short = {key: result[key] for key in ("failover", "site", "machine", "minutes", "at_the_end")}
    print(json.dumps({**short, "acts": found, "as_aimed": aimed}))
    return 0 if sound(result) and len(result["runs"]) == len(acts) else 1


if __name__ == "__main__":
    sys.exit(main())
