"""A machine as it is before anything changes."""

import re
import time
from shlex import quote

from webha import guards, probe
from webha.facts import Probe

_PROCESS = re.compile(r'users:\(\("([^"]+)"')


class Machine(Probe[guards.Machine]):
    """One :class:`webha.guards.Machine`. Asks the network who holds ``vip`` (ARP), which changes nothing."""

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

    def answer(self, answers: probe.Answers) -> guards.Machine:
        """Read the answers; the clock is compared with this machine's at once."""
        offset = float(answers["clock"].text) - time.time()
        system, _, version = answers["os"].text.strip().partition(" ")
        listeners = []
        for line in answers["listeners"].lines:
            words = line.split()
            process = _PROCESS.search(line)
            if len(words) > 3:  # noqa: PLR2004 (state, queues, local address)
                listeners.append(guards.Listener(int(words[3].rsplit(":", 1)[1]), process.group(1) if process else ""))
        return guards.Machine(
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
