"""Faults of more than one step."""

import re
import subprocess

from lab import disk, limits, visitor
from lab.layout import VIP, LabError, call
from tests.faults import reach
from tests.faults.acts import NotDoneError, Scene, boot, do, shut_down, turn_on, wait
from tests.faults.reach import BY_NAME, ask
from tests.lab.nodes import ADDRESSES, pyinfra, start, unhealthy

_STOP = "systemctl stop webha-galera-keeper; timeout 30 systemctl stop mariadb; systemctl kill -s KILL mariadb 2>/dev/null || :"
_HOLDS = "ip -4 -o address show | grep -c ' 10.0.0.250/'"
_HEALING = "timeout 15 gluster volume heal fs_ha statistics heal-count | awk '/^Number of entries:/ {n += $NF} END {print n+0}'"


def holder() -> str | None:
    """Return the node that holds the virtual IP; None where none or more than one does."""
    found = [name for name, count in reach.each(ADDRESSES, lambda name: ask(name, _HOLDS)).items() if count == "1"]
    return found[0] if len(found) == 1 else None


def power_cut_two(scene: Scene) -> None:
    """The struck node and one of the others."""
    do("cut", scene.node)
    do("cut", scene.others[0])


def power_cut_all(scene: Scene) -> None:
    """All three within about a second."""
    for name in scene.all:
        do("cut", name)


def power_cut_all_and_one_stays_away(scene: Scene) -> None:
    """The two others come back; the struck node, which had the last word, does not."""
    power_cut_all(scene)
    turn_on(scene, *scene.others)


def as_status_says(scene: Scene) -> None:
    """Do what the status says, if the two have not found each other; then turn the third on, its history removed."""
    primary = "mariadb -NBe \"SHOW STATUS LIKE 'wsrep_cluster_status'\" | grep -c Primary"
    if any(ask(name, f"timeout 5 {primary}") == "1" for name in scene.others):
        scene.notes.append("two nodes came back by themselves, without the third")
        boot(scene)
        return
    named = command_of_status(reach.status()[1])
    if named is None:
        boot(scene)
        raise NotDoneError("the status names no node for galera_new_cluster")
    name, command = named
    reach.each(scene.others, lambda one: ask(one, _STOP, 120))
    ask(name, command, 120)
    for other in scene.others:
        ask(other, "systemctl start mariadb", 120)
    reach.each(scene.others, lambda one: ask(one, "systemctl start webha-galera-keeper"))
    scene.notes.append(f"by hand on {name}: {command}")
    (BY_NAME[scene.node].root / "var/lib/mysql/grastate.dat").unlink()
    boot(scene)


def command_of_status(text: str) -> tuple[str, str] | None:
    """Return the node on which the status wants galera_new_cluster run, and the whole command."""
    found = re.search(r'on (nodoha\d?) "(sed [^"]*galera_new_cluster)"', text)
    return (found[1], found[2]) if found else None


def shut_down_all(scene: Scene) -> None:
    """One after the other, each down before the next."""
    for name in scene.all:
        shut_down(name)


def power_cut_twice(scene: Scene) -> None:
    """The active node; and as soon as that one is back, before all is healed, the one that took over."""
    do("cut", scene.node)
    wait(lambda: holder() is not None, 60, "somebody else holds the virtual IP", 1)
    boot(scene)
    second = holder()
    if second is None or second == scene.node:
        raise NotDoneError(f"the virtual IP is at {second} after the first power cut")
    scene.notes.append(f"second power cut at {second}, with {ask(second, _HEALING) or '?'} entries to heal")
    do("cut", second)


def boot_others(scene: Scene) -> None:
    """Turn on the others; those that are on stay on."""
    turn_on(scene, *scene.others)


def _begin_full_copy(scene: Scene) -> tuple[str, str]:
    """Let the struck node join with nothing in its hands; return the joiner and its donor as soon as the copy runs."""
    ask(scene.node, "systemctl stop mariadb; rm -f /var/lib/mysql/grastate.dat; systemctl start --no-block mariadb", 60)
    copying = {"donor": ""}

    def runs() -> bool:
        sends = reach.each(scene.others, lambda name: ask(name, "pgrep -f '[w]srep_sst_.*--role.donor' | head -1", 5))
        copying["donor"] = next((name for name, found in sends.items() if found), "")
        return bool(copying["donor"])

    wait(runs, 40, "a full copy of the database runs", 0.05)
    return scene.node, copying["donor"]


def power_cut_of_the_joiner(scene: Scene) -> None:
    """While it receives a full copy of the database."""
    joiner, donor = _begin_full_copy(scene)
    scene.notes.append(f"{donor} was sending")
    do("cut", joiner)


def power_cut_of_the_donor(scene: Scene) -> None:
    """While it sends a full copy of the database."""
    _, donor = _begin_full_copy(scene)
    scene.notes.append(f"power cut at {donor}, the donor")
    do("cut", donor)


def power_cut_during_heal(scene: Scene) -> None:
    """A node that was away while much was written is back, and is gone again before it has it all."""
    do("cut", scene.node)
    ask(scene.others[0], "sleep 15")
    boot(scene)
    scene.notes.append(f"second power cut with {ask(scene.others[0], _HEALING) or '?'} entries to heal")
    do("cut", scene.node)


def power_cut_during_deploy(scene: Scene) -> None:
    """A run of deploy.py has to end by itself when a node goes away under it."""
    process = start("deploy.py", "-y", *scene.deploy)
    try:
        process.communicate(timeout=8)
        scene.notes.append("the run was over before the power cut")
    except subprocess.TimeoutExpired:
        do("cut", scene.node)
        try:
            process.communicate(timeout=300)
        except subprocess.TimeoutExpired as error:
            process.kill()
            raise NotDoneError("the run does not end after its node lost power") from error
    scene.notes.append(f"the run ended with exit code {process.returncode}")


def boot_and_deploy_again(scene: Scene) -> None:
    """Turn the node on; once all is well the same run must succeed."""
    boot(scene)
    wait(lambda: unhealthy() == "", 240, "whole before the second run", 1)
    again = pyinfra("deploy.py", "-y", *scene.deploy)
    if again.code != 0:
        raise NotDoneError(f"the second run failed: {again.text[-500:]}")
    scene.notes.append("the second run converged")


# Sixteen, each smaller than the database, as PHP's workers are; together three times what is left.
_HOGS = """
import os, time
for _ in range(16):
    if os.fork() == 0:
        kept = []
        for _ in range(96):
            kept.append(b'x' * (1 << 20))
            time.sleep(0.05)
        time.sleep(600)
time.sleep(600)
"""


def exhaust_memory(scene: Scene) -> None:
    """Leave the node 512 MB, and let a crowd of programs ask for 1536."""
    try:
        limits.squeeze(BY_NAME[scene.node], 512)
    except LabError as error:
        raise NotDoneError(str(error)) from error
    ask(scene.node, f'systemd-run -q --collect --unit=webha-hog python3 -c "{_HOGS}"')


def end_hogs(scene: Scene) -> None:
    """End them, as the program's owner does; the memory is there again."""
    scene.notes.append("killed for memory, where systemd saw it: " + (_killed(scene.node) or "none"))
    ask(scene.node, "systemctl stop webha-hog")
    limits.relax(BY_NAME[scene.node])


def _killed(name: str) -> str:
    """Return which units of the node the OOM killer has struck in the last minutes."""
    found = ask(
        name,
        "journalctl -q --since=-3min -o cat | grep -oE '^[a-z0-9@-]+\\.service: .*(oom|OOM)[^.]*' | sort | uniq -c",
    )
    return " ".join(found.split())


def small_disk(scene: Scene) -> None:
    """Give the struck node a disk with 3300 MB left, enough for a deploy, and the virtual IP again."""
    do("cut", scene.node)
    disk.limit(BY_NAME[scene.node], 3300)
    boot(scene)
    wait(lambda: unhealthy() == "", 240, "whole with a small disk", 1)
    for word in ("on", "off"):
        for name in scene.others:
            ask(name, f"crm_standby -v {word}")
        wait(lambda: holder() == scene.node, 30, f"{scene.node} holds the virtual IP")


# The database must want more room than it has; a write set of 4 MB at a time.
_GROW = (
    'mariadb -e "CREATE TABLE webha_faults.grown (id INT AUTO_INCREMENT PRIMARY KEY, filling LONGBLOB)"; for i in $(seq 16); do '
    "mariadb -e \"INSERT INTO webha_faults.grown (filling) VALUES (REPEAT('x', 4194304))\"; done"
)


def fill_disk(scene: Scene) -> None:
    """To the last block; and the databases grow by 64 MB."""
    ask(scene.node, "cat /dev/zero > /var/webha-full")
    ask(scene.others[0], _GROW, 60)


def make_room(scene: Scene) -> None:
    """Remove what filled it."""
    ask(scene.node, "rm /var/webha-full")
    ask(scene.others[0], 'mariadb -e "DROP TABLE webha_faults.grown"')


def disk_fails(scene: Scene) -> None:
    """From now on nothing can be written to it."""
    disk.fail(BY_NAME[scene.node])


def off_and_on(scene: Scene) -> None:
    """As a person does who finds a machine whose disk is read-only."""
    do("cut", scene.node)
    disk.check(BY_NAME[scene.node])
    boot(scene)


def claim_the_address(_scene: Scene) -> None:
    """A machine that is no node takes the virtual IP and tells everybody."""
    visitor.arrive(visitor.STRANGER)
    name = visitor.STRANGER.namespace
    call("ip", "-n", name, "address", "add", f"{VIP}/32", "dev", "eth0")
    call("ip", "netns", "exec", name, "arping", "-q", "-U", "-c", "3", "-w", "4", "-I", "eth0", VIP)


def take_the_stranger_away(_scene: Scene) -> None:
    """Unplug it."""
    visitor.leave(visitor.STRANGER)
