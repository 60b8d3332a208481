"""What is true of any Debian machine: its files, packages and units."""

import re
import time
from shlex import quote
from typing import ClassVar

from webha.ground import manifest, probe
from webha.ground.fact import Probe
from webha.ground.forms import all_of
from webha.ground.manifest import ARCHIVE, HEADER, LIBRARY, NOTES, UNITS, VALUES
from webha.machine import state
from webha.machine.state import DaemonState, FileState, PackageState, UnitState, dpkg_lines


class Files(Probe[dict[str, FileState]]):
    """State of the files at ``paths``, in one round trip."""

    def command(self, paths: str | tuple[str, ...]) -> str:
        """Ask for every path's mode, owner and digest."""
        listed = " ".join(map(quote, all_of(paths)))
        return probe.script(
            {
                "files": f'for f in {listed}; do if [ -f "$f" ]; then stat -L -c "%a %U:%G" "$f" && sha256sum < "$f" || exit 1; '
                f'head -n 5 "$f" | grep -qaF {quote(HEADER)} && echo ours || echo other; '
                'elif [ -e "$f" ]; then echo "$f is not a file"; exit 1; else echo absent; fi; done',
                "paths": f"printf '%s\\n' {listed}",
            }
        )

    def answer(self, answers: probe.Answers) -> dict[str, FileState]:
        """Pair each path with what was printed for it."""
        if not answers["files"].ok:
            raise probe.ProbeError(answers["files"].text)
        lines = iter(answers["files"].lines)
        found = {}
        for path in answers["paths"].lines:
            first = next(lines)
            if first == "absent":
                found[path] = FileState(None, None, None)
            else:
                mode, owner = first.split()
                found[path] = FileState(mode, owner, next(lines).split()[0], next(lines) == "ours")
        return found


class Directories(Probe[dict[str, str | None]]):
    """Mode and owner (``2775 www-data:www-data``) of the directories at ``paths``, None where there is none."""

    def command(self, paths: str | tuple[str, ...]) -> str:
        """Ask for every path."""
        paths = all_of(paths)
        listed = " ".join(map(quote, paths))
        return probe.script(
            {path: f"[ ! -d {quote(path)} ] || stat -c '%a %U:%G' {quote(path)}" for path in paths}
            | {"paths": f"printf '%s\\n' {listed}"}
        )

    def answer(self, answers: probe.Answers) -> dict[str, str | None]:
        """One line a path, empty where there is no directory."""
        found = {}
        for path in answers["paths"].lines:
            if not answers[path].ok:
                raise probe.ProbeError(answers[path].text)
            found[path] = answers[path].text.strip() or None
        return found


INSTALLED = "/var/lib/webha/packages"  # the names of the packages that we installed where they were not, a line each
START_BLOCK = "/usr/sbin/policy-rc.d"
START_BLOCK_MARK = "webha: services stay down while their packages install"


class Written(Probe[dict[str, tuple[str, ...]]]):
    """The programs and units of ours that are on the node, of whichever version: by their folder or name, and because they say so.

    Path to the units of ours that name it; the programs' values count as named where their archive is.
    """

    def command(self) -> str:
        """Look where only we write."""
        return probe.script(
            {
                "files": f"cd {UNITS}; for f in {LIBRARY}/* {UNITS}/webha-* {VALUES}; do "
                f"[ -f $f ] && head -n 5 $f | grep -qaF {quote(HEADER)} || continue; "
                f"echo $f $(grep -lsF -- $([ $f = {VALUES} ] && echo {ARCHIVE} || echo $f) webha-*); done; true"
            }
        )

    def answer(self, answers: probe.Answers) -> dict[str, tuple[str, ...]]:
        """One line a file."""
        if not answers["files"].ok:
            raise probe.ProbeError(answers["files"].text)
        return {words[0]: tuple(words[1:]) for words in (line.split() for line in answers["files"].lines)}


class Packages(Probe[PackageState]):
    """State of the Debian packages ``names``, of dpkg itself and of our block on service starts."""

    statuses: ClassVar = {"packages": (1,), "audit": (1,), "block": (1, 2)}

    def command(self, names: str | tuple[str, ...]) -> str:
        """Ask dpkg."""
        return probe.script(
            {
                "packages": "dpkg-query -W -f='${db:Status-Abbrev} ${Package}\\n' "
                + " ".join(map(quote, all_of(names))),
                "audit": "dpkg --audit",
                "block": f"grep -qs {quote(START_BLOCK_MARK)} {START_BLOCK}",
            }
        )

    def answer(self, answers: probe.Answers) -> PackageState:
        """Count only what dpkg calls ``ii``: unpacked or half configured is not installed."""
        installed = frozenset(
            line.split()[1]
            for line in dpkg_lines(answers["packages"])
            if line.startswith(("ii ", "hi ")) and len(line.split()) > 1
        )
        return PackageState(installed, bool(dpkg_lines(answers["audit"])), answers["block"].ok)


class Units(Probe[dict[str, UnitState]]):
    """State of the systemd units ``names``. ``stale``: unit files on disk are not what systemd has read.

    Debian 12's systemd (252) does not notice a drop-in directory that is new since its last reload and answers
    NeedDaemonReload=no, so drop-ins on disk are compared with those it names.
    """

    def command(self, names: str | tuple[str, ...]) -> str:
        """Ask systemd, one block of properties a unit, and look for the drop-ins."""
        listed = " ".join(map(quote, all_of(names)))
        return probe.script(
            {
                "units": f"systemctl show -p Id,LoadState,ActiveState,UnitFileState,NeedDaemonReload,DropInPaths -- {listed}",
                "drop-ins": f"for u in {listed}; do ls -d {UNITS}/$u.d/*.conf 2>/dev/null; done; true",
            }
        )

    def answer(self, answers: probe.Answers) -> dict[str, UnitState]:
        """Take the blocks apart."""
        if not answers["units"].ok:
            raise probe.ProbeError(answers["units"].text)
        found: dict[str, UnitState] = {}
        values: dict[str, str] = {}
        on_disk = set(answers["drop-ins"].lines)
        for line in [*answers["units"].text.splitlines(), ""]:
            if line:
                key, _, values[key] = line.partition("=")
            elif values:
                there = {path for path in on_disk if path.startswith(f"{UNITS}/{values['Id']}.d/")}
                found[values["Id"]] = UnitState(
                    values["LoadState"] == "loaded",
                    values["ActiveState"],
                    values["UnitFileState"],
                    values["NeedDaemonReload"] == "yes" or not there <= set(values["DropInPaths"].split()),
                )
                values = {}
        return found


class Daemon(Probe[DaemonState]):
    """State of the daemon ``unit`` that runs our ``program``, which notes at its start what it is made of."""

    def command(self, unit: str, program: str) -> str:
        """Ask systemd, the program on disk and the note of the one that runs."""
        return probe.script(
            {
                "unit": f"systemctl show -p ActiveState,UnitFileState -- {unit}",
                "configured": f"{manifest.program('digest')} {quote(program)} {unit} 2>/dev/null || true",
                "running": f"cat {NOTES}/{unit}.sha256 2>/dev/null || true",
            }
        )

    def answer(self, answers: probe.Answers) -> DaemonState:
        """Take them apart."""
        if not answers["unit"].ok:
            raise probe.ProbeError(answers["unit"].text)
        values = dict(line.split("=", 1) for line in answers["unit"].lines)
        return DaemonState(
            values["ActiveState"],
            values["UnitFileState"],
            probe.first_word(answers["configured"]),
            probe.first_word(answers["running"]),
        )


_PROCESS = re.compile(r'users:\(\("([^"]+)"')


class Machine(Probe[state.Machine]):
    """One :class:`webha.state.Machine`. Asks the network who holds ``vip`` (ARP), which changes nothing."""

    statuses: ClassVar = {"vip": (3,)}

    def command(self, vip: str) -> str:
        """Ask the system; the clock last, so that its answer is as young as possible when it is read."""
        v = quote(vip)
        # A datagram to any port makes the kernel ask for the address; nothing needs to be installed for that.
        holder = (
            f"ip -4 -o address show | grep -qF ' {vip}/' && exit 3; bash -c 'echo > /dev/udp/$1/9' bash {v} 2>/dev/null; sleep 1; "
            f"ip neighbour show to {v} | grep -E 'REACHABLE|DELAY|PROBE' | sed -n 's/.*lladdr \\([0-9a-f:]*\\).*/\\1/p' | head -n 1"
        )
        return probe.script(
            {
                "os": '. /etc/os-release; echo "$ID ${VERSION_ID:-}"',
                "user": "id -u",
                "ram": "sed -n 's/^MemTotal: *\\([0-9]*\\) kB/\\1/p' /proc/meminfo",
                "disk": "df -Pk / /var | awk 'NR > 1 { print $4 }' | sort -n | head -n 1",
                "addresses": "ip -4 -o address show scope global | awk '{ print $4 }' | cut -d/ -f1",
                "hardware": "cat /sys/class/net/*/address",
                "listeners": "ss -H -l -n -t -p",
                "vip": holder,
                "clock": "date +%s.%N",
            }
        )

    def answer(self, answers: probe.Answers) -> state.Machine:
        """Read the answers; the clock is compared with this machine's at once."""
        offset = float(answers["clock"].text) - time.time()
        system, _, version = answers["os"].text.strip().partition(" ")
        listeners = []
        for line in answers["listeners"].lines:
            words = line.split()
            process = _PROCESS.search(line)
            if len(words) > 3:  # noqa: PLR2004 (state, queues, local address)
                listeners.append(state.Listener(int(words[3].rsplit(":", 1)[1]), process.group(1) if process else ""))
        return state.Machine(
            system=system,
            release=int(version) if version.isdigit() else None,
            root=answers["user"].text.strip() == "0",
            ram_mb=int(answers["ram"].text) // 1024,
            disk_mb=int(answers["disk"].text) // 1024,
            clock_offset=offset,
            addresses=tuple(answers["addresses"].lines),
            hardware=tuple(answers["hardware"].lines),
            listeners=tuple(listeners),
            vip_holder=probe.first_word(answers["vip"]),
            has_vip=answers["vip"].status == 3,  # noqa: PLR2004 (the probe's own)
        )
