"""Puts right on this node what Gluster leaves as it is; run by webha-docroot.timer.

- The docroot is mounted where it is missing, or where its client has died ("Transport endpoint is not connected", which a
  client without a majority of bricks says too, and is left alone). One that is slow may be waiting for a peer.
- This node's brick is started again where its process has died: glusterd does that only when it starts itself.
- A brick whose directory lost its identity (emptied under it, or another disk) is stopped: it would go on in ruins.
- A client (the mount's, or the self-heal daemon) that does not connect to a brick that serves is started anew. After a peer
  that stood still or was cut off, Gluster's clients were seen to stop trying for good: every write then leaves a debt at that
  brick, and nobody pays it. The node that holds the virtual IP hands it over first: visitors must not see an empty docroot.
- The release that runs is fetched from the volume where it belongs on this node's disk and is not there, and Apache is told of it where
  whoever changed it had no time to.
"""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from webha_node import address, commands, maintenance
from webha_node.site import application, layout, program

MANAGEMENT = "24007"
PATIENCE = (
    2  # runs in a row, ten seconds apart, that a client may be without a connection: it tries every three seconds
)
LONGEST = (
    32  # runs, the same where starting it anew did not help: doubled each time, or the address would go round for ever
)
HANDOVER = 5.0  # seconds that the virtual IP may take to leave
NOTES = Path("/run/webha/gluster-clients")
VOLUMES = Path("/var/lib/glusterd/vols")


@dataclass(frozen=True)
class Values:
    """``unit``: the mount's; ``nodes``: name to address."""

    volume: str
    brick: str
    root: str
    unit: str
    vip: str
    nodes: dict[str, str]


class Keeper:
    """One look at one node, and what it does there."""

    def __init__(self, values: Values) -> None:
        """Nothing was looked at yet."""
        self.values = values
        # Anchored: whoever reads glustershd.log is no self-heal daemon.
        self.clients = {
            "self-heal": "^/usr/sbin/glusterfs .*glustershd",
            "mount": f"^/usr/sbin/glusterfs .* {re.escape(values.root)}$",
        }

    def run(self, *words: str, seconds: float = 30) -> subprocess.CompletedProcess[str]:
        """Run a command that may hang or be missing."""
        return commands.run(*words, seconds=seconds)

    def gluster(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Ask glusterd, or tell it."""
        return self.run("gluster", "--mode=script", *words, seconds=25)

    def pids(self, pattern: str, *options: str) -> list[str]:
        """Return the processes whose command line is like that."""
        return self.run("pgrep", *options, "-f", pattern).stdout.split()

    def mounted(self) -> bool:
        """Whether there is a mount at the docroot, alive or dead."""
        wanted = [self.values.root, "fuse.glusterfs"]
        return any(line.split()[1:3] == wanted for line in Path("/proc/mounts").read_text().splitlines())

    def asked(self) -> subprocess.CompletedProcess[str]:
        """Return what the mount's client says of its root."""
        return self.run("env", "LC_ALL=C", "timeout", "-k", "1", "5", "stat", "-t", self.values.root, seconds=10)

    def dead(self) -> bool:
        """Whether the mount has no client any more, or one that serves nothing."""
        return "Transport endpoint is not connected" in self.asked().stderr

    def identified(self) -> bool | None:
        """Whether the brick's directory carries the volume's identity; None where there is no such directory."""
        try:
            os.getxattr(self.values.brick, "trusted.glusterfs.volume-id")
        except FileNotFoundError:
            return None
        except OSError:
            return False
        return True

    def mount_again(self, reason: str) -> None:
        """Unmount what is there, and mount."""
        print(f"the docroot is mounted again: {reason}")
        while self.mounted():
            if self.run("umount", "-l", self.values.root).returncode != 0:
                break
        self.run("systemctl", "reset-failed", self.values.unit)
        sys.stderr.write(self.run("systemctl", "start", self.values.unit, seconds=80).stderr)

    def newest(self, kind: str) -> str | None:
        """The client of this kind; an older one lives on for as long as somebody's shell stands in what was unmounted."""
        return next(iter(self.pids(self.clients[kind], "-n")), None)

    def connections(self) -> str:
        """Return all connections with their processes."""
        return self.run("ss", "-Htnp", "state", "established").stdout

    def missing(self, sockets: str, pid: str) -> list[str]:
        """Return the nodes whose brick the process is not connected to."""
        there = connected(sockets, pid)
        return [name for name, where in self.values.nodes.items() if where not in there]

    def without_majority(self) -> bool:
        """Whether the docroot's client lives and merely has too few bricks to serve."""
        client = self.newest("mount")
        return client is not None and 2 * len(self.missing(self.connections(), client)) >= len(self.values.nodes)

    def handed_over(self) -> bool:
        """Make the virtual IP leave, if it is here; whether it is elsewhere."""
        return address.left(self.values.vip, HANDOVER)

    def serves(self, name: str) -> bool:
        """Whether glusterd says that the brick of that node runs."""
        brick = self.values.brick
        told = self.gluster("volume", "status", self.values.volume, f"{name}:{brick}", "--xml").stdout
        return bool(re.search(rf"<path>{re.escape(brick)}</path>.*?<status>1</status>", told, re.DOTALL))

    def start_what_is_missing(self, reason: str) -> None:
        """Make glusterd start whatever of the volume's does not run here."""
        done = self.gluster("volume", "start", self.values.volume, "force")
        words = " ".join((done.stdout + done.stderr).split())
        print(f"{reason}: {words or 'gluster did not answer in time'}")

    def look_after_clients(self) -> None:
        """Start anew what has stopped trying to reach a brick that serves."""
        sockets = self.connections()
        for kind in self.clients:
            client = self.newest(kind)
            if client is None:
                continue
            without = self.missing(sockets, client)
            allowed = patience(kind, not without)
            stuck = [
                name
                for name in self.values.nodes
                if count(f"{kind}.{name}", name in without and self.serves(name)) >= allowed
            ]
            if not stuck or (kind == "mount" and not self.handed_over()):
                continue
            for note in NOTES.glob(f"{kind}.*"):
                note.unlink()
            count(f"{kind}-starts")
            reason = f"its client has no connection to the brick of {', '.join(stuck)}"
            if kind == "mount":
                self.mount_again(reason)
            else:
                self.run("kill", client)
                self.start_what_is_missing(f"the self-heal daemon is started anew, {reason}")

    def look(self) -> None:
        """Look once, and put right what is wrong."""
        brick = self.values.brick
        if self.mounted() and self.dead() and not self.without_majority():
            self.mount_again("its client has died")
        if self.run("systemctl", "is-active", "-q", "glusterd").returncode != 0:
            return
        if not self.mounted():
            self.mount_again("it was not")
        runs = self.pids(f"glusterfsd.*{re.escape(brick)}( |$)")
        whole = self.identified()
        if runs and not whole:
            self.run("kill", *runs)
            print(f"{brick} has lost the volume's identity: its brick is stopped, tasks/status.py says how to heal it")
        known = (VOLUMES / self.values.volume).is_dir()
        if count("brick", not runs and bool(whole) and known) >= PATIENCE:
            self.start_what_is_missing("this node's brick does not run")
        self.look_after_clients()

    def follow(self) -> None:
        """Have this node run the release that the volume says; one at the volume's top needs nothing."""
        root = Path(self.values.root)
        if not self.mounted() or self.asked().returncode != 0:
            return
        try:
            if layout.running(root) is not None:
                program.follow(application.Application(root, self.values.vip, ""))
        except (layout.LayoutError, OSError) as error:
            print(f"the release that runs cannot be followed: {error}")


def connected(sockets: str, pid: str) -> set[str]:
    """Return the addresses whose bricks the process is connected to, from ``ss -Htnp``."""
    found = set()
    for line in sockets.splitlines():
        if f"pid={pid}," in line:
            where, _, port = line.split()[3].rpartition(":")
            if port != MANAGEMENT:
                found.add(where)
    return found


def noted(key: str) -> int:
    """Return what was counted."""
    note = NOTES / key
    return int(note.read_text()) if note.exists() else 0


def count(key: str, bad: bool = True) -> int:
    """Count and return how many times in a row it was bad."""
    NOTES.mkdir(parents=True, exist_ok=True)
    if not bad:
        (NOTES / key).unlink(missing_ok=True)
        return 0
    seen = noted(key) + 1
    (NOTES / key).write_text(str(seen))
    return seen


def patience(kind: str, whole: bool) -> int:
    """How many bad runs in a row are too many: more after each fresh start of the client, until it is connected to all."""
    if whole:
        (NOTES / f"{kind}-starts").unlink(missing_ok=True)
    return min(LONGEST, PATIENCE << noted(f"{kind}-starts"))


def main(values: Values) -> None:
    """Look once; in maintenance mode a person may have unmounted or stopped what is missing, and nothing is done."""
    if not maintenance.on():
        keeper = Keeper(values)
        keeper.look()
        keeper.follow()
