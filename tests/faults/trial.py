"""One run of one fault: strike, wait, mend, wait until all is whole again, look at everything; and repair what is not."""

import subprocess
import time
from dataclasses import dataclass, field
from typing import Any

from lab import disk, visitor
from lab.layout import LabError
from tests.faults import measure, reach
from tests.faults.acts import NotDoneError, Scene, nothing, wait
from tests.faults.audit import audit
from tests.faults.catalogue import Fault
from tests.faults.scenarios import holder
from tests.faults.site import Site, application
from tests.faults.watch import Recorder, watching
from tests.lab.nodes import ADDRESSES, pyinfra, unhealthy

SETTLE = 5.0
PATIENCE = 240.0
_HEAL = "timeout 20 gluster --mode=script volume heal fs_ha statistics heal-count | grep '^Number of entries:'"


@dataclass
class Moments:
    """When what was done, on the machine's monotonic clock."""

    struck: float = 0.0
    mended: float = 0.0
    whole: float | None = None
    stopped: float = 0.0
    why: str = ""
    said: list[str] = field(default_factory=list)


def run(fault: Fault, site: Site, failover: str) -> dict[str, Any]:
    """Put the cluster through ``fault`` once and say what it was like. Raises NotDoneError where it cannot begin."""
    wait(lambda: unhealthy() == "", PATIENCE, "whole before the fault", 1)
    active = holder()
    if active is None:
        raise NotDoneError("nobody, or more than one node, holds the virtual IP")
    node = active if fault.active else next(name for name in ADDRESSES if name != active)
    others = sorted((name for name in ADDRESSES if name != node), key=lambda name: name == active)
    deploy = ("--data", f"failover={failover}") if failover in ("fast", "document") else ()
    scene = Scene(node, tuple(others), deploy)
    if fault.prepare is not nothing:
        fault.prepare(scene)
        wait(lambda: unhealthy() == "", PATIENCE, "whole when it was prepared", 1)
    moments = Moments()
    with watching() as recorders, site.client() as requests:
        time.sleep(SETTLE)
        _play(fault, scene, moments)
        time.sleep(SETTLE)
        moments.stopped = time.monotonic()
    result = _measured(fault, scene, moments, requests, recorders) | {"failover": failover, "said": moments.said}
    return result if moments.whole is None else result | audited(site, moments.said)


def audited(site: Site, said: list[str]) -> dict[str, Any]:
    """Return what the audit finds, beside what was ``said`` before it."""
    found = audit(site.latest)
    return {"missing": found.missing, "duplicates": found.duplicates, "audit": [*said, *found.sentences]}


def _play(fault: Fault, scene: Scene, moments: Moments) -> None:
    moments.struck = moments.mended = time.monotonic()
    try:
        fault.strike(scene)
        time.sleep(max(0.0, moments.struck + fault.lasting - time.monotonic()))
        if fault.says:
            moments.said = unsaid(fault.says, *reach.status())
        if fault.mend is not nothing:
            moments.mended = time.monotonic()
        fault.mend(scene)
        wait(lambda: unhealthy() == "", PATIENCE, "whole", 0.5)
        wait(_healed, fault.healing, "no file waits for healing", 0.5)
        moments.whole = time.monotonic()
    except (NotDoneError, LabError, OSError, subprocess.SubprocessError) as error:
        moments.why = f"{error}: {unhealthy()}"[:600]


def unsaid(words: str, code: int, text: str) -> list[str]:
    """Say so if the status, asked while the fault lasted, did not name it."""
    if code == 0:
        return ["while the fault lasted the status found all well"]
    return [] if words in text else [f"while the fault lasted the status did not say {words!r}"]


def _measured(
    fault: Fault, scene: Scene, moments: Moments, requests: list[measure.Request], recorders: dict[str, Recorder]
) -> dict[str, Any]:
    awake = {name: measure.without(one.held, one.still) for name, one in recorders.items()}
    start, stop = moments.struck - SETTLE, moments.stopped
    return {
        "fault": fault.name,
        "node": scene.node,
        "outcome": "whole" if moments.whole is not None else f"not whole: {moments.why}",
        **measure.summary(requests, moments.struck, moments.stopped),
        "whole_after_mend_s": None if moments.whole is None else round(moments.whole - moments.mended, 1),
        "mended_after_s": None if fault.mend is nothing else round(moments.mended - moments.struck, 1),
        "two_owners_s": round(measure.shared(awake), 2),
        "two_owners_after_resume_s": round(
            after(awake, [end for one in recorders.values() for _, end in one.still]), 2
        ),
        "two_served_s": round(measure.two_served(requests), 2),
        "bound_s": fault.bound,
        "hands": fault.hands,
        "notes": scene.notes,
        "series": measure.series(requests, moments.struck, start, stop),
        "missing": {},
        "duplicates": 0,
        "audit": [],
    }


def after(awake: dict[str, list[measure.Span]], resumed: list[float]) -> float:
    """Return how long two held the virtual IP after the first was resumed; 0 where none was."""
    if not resumed:
        return 0.0
    return measure.shared({name: measure.without(ones, [(0.0, min(resumed))]) for name, ones in awake.items()})


def _healed() -> bool:
    counts = reach.ask("nodoha", _HEAL)
    return bool(counts) and all(line.endswith(": 0") for line in counts.splitlines())


_RESTORE = (
    "for p in mariadbd apache2 corosync glusterfsd glusterd glusterfs pacemakerd; do pkill -CONT -x $p; done;"
    "rm -f /var/webha-full /etc/apache2/conf-enabled/zz-broken.conf; systemctl stop webha-hog 2>/dev/null;"
    "f=/usr/lib/ocf/resource.d/heartbeat/IPaddr2; [ ! -e $f.kept ] || mv $f.kept $f;"
    "[ ! -e /root/authkey.kept ] || { mv /root/authkey.kept /etc/corosync/authkey; systemctl restart corosync pacemaker; };"
    "systemctl reset-failed; systemctl start --no-block glusterd corosync pacemaker mariadb; crm_standby -v off"
)


def repair(failover: str) -> str:
    """Do everything that a person would: cables, power, daemons, the deploy. Return what is still wrong, "" if nothing is."""
    visitor.leave(visitor.STRANGER)
    for name in ADDRESSES:
        reach.verb("undrop", name)
    reach.verb("up", seconds=600)
    for _ in range(2):
        reach.each(ADDRESSES, lambda name: reach.ask(name, _RESTORE, 120))
        reach.ask("nodoha", "timeout 60 crm_resource --cleanup", 90)
        if _becomes_whole():
            return ""
        for name in ADDRESSES:
            reach.verb("cut", name)
            if reach.BY_NAME[name].own_disk.exists():
                disk.check(reach.BY_NAME[name])
        reach.verb("up", seconds=600)
    deploy = ("--data", f"failover={failover}") if failover in ("fast", "document") else ()
    pyinfra("deploy.py", "-y", *deploy, *application())
    return "" if _becomes_whole() else unhealthy()


def _becomes_whole() -> bool:
    try:
        wait(lambda: unhealthy() == "", 120, "whole", 1)
    except NotDoneError:
        return False
    return True
