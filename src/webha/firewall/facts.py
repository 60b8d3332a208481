"""What filters on the node, and what listens there."""

import re
from ipaddress import ip_address
from typing import ClassVar

from webha.firewall.state import RULES, TABLE, UNIT, Connection, Firewall, Listener
from webha.ground import probe
from webha.ground.fact import ABSENT, ANY, Probe

EXISTS = 3  # the status by which the probe says that there is a file
_LIST = f"nft -s -t list table {TABLE}"  # without what is in its sets, which changes
_THERE = f"command -v nft >/dev/null || exit 1; tables=$(nft list tables) || exit 2; printf '%s\\n' \"$tables\" | grep -qx 'table {TABLE}'"
# What our text means, in the kernel's own words: loaded where nothing passes through.
_MEANT = f"unshare -n sh -c 'nft -f {RULES} && {_LIST}'"
_SOCKET = re.compile(r"(tcp|udp)\s+\S+\s+\d+\s+\d+\s+(\S+):(\d+)\s+\S+(?:\s+users:\(\(\"([^\"]*)\")?")
_PEER = re.compile(r"\d+\s+\d+\s+\S+:(\d+)\s+(\S+):(\d+)(?:\s.*)?")
_LOOPBACK = re.compile(r"127\.|\[::1\]|\[::ffff:127\.|\S+%lo$")


class FirewallState(Probe[Firewall]):
    """One :class:`webha.firewall.Firewall`."""

    statuses: ClassVar = {
        "installed": ABSENT,
        "text": (EXISTS,),
        "loaded": (1,),
        "in force": ANY,
        "ssh": ANY,
        "unit": ANY,
        "ufw": ANY,
        "firewalld": ANY,
    }

    def command(self) -> str:
        """Ask the kernel, the files, sshd, the sockets, and the firewalls that Debian has."""
        return probe.script(
            {
                "installed": "command -v nft",
                "text": f"[ ! -e {RULES} ] || {{ cat {RULES} && exit {EXISTS}; }}",
                "loaded": _THERE,
                "in force": f'meant=$({_MEANT}) && is=$({_LIST}) || exit 2; [ "$meant" = "$is" ] || exit 1',
                "unit": f"systemctl show -p UnitFileState {UNIT}",
                "ssh": "$(command -v sshd || echo /usr/sbin/sshd) -T",
                "sockets": "ss -Hltunp",
                "ufw": "command -v ufw >/dev/null && ufw status",
                "firewalld": "systemctl is-active firewalld.service",
            }
        )

    def answer(self, answers: probe.Answers) -> Firewall:
        """Put the answers together."""
        there = answers["text"].status == EXISTS
        loaded = answers["installed"].ok and answers["loaded"].ok
        sockets = answers["sockets"].lines
        compared = {0: True, 1: False}.get(answers["in force"].status) if loaded and there else None
        unit = dict(line.split("=", 1) for line in answers["unit"].lines if "=" in line)
        ufw = "Status: active" in answers["ufw"].text
        return Firewall(
            rules=answers["text"].text + "\n" if there else None,
            loaded=loaded,
            in_force=compared,
            unit=unit.get("UnitFileState", ""),
            ssh=_ssh(answers["ssh"].lines, sockets),
            others=tuple(
                name
                for name, works in (("ufw", ufw), ("firewalld", answers["firewalld"].text.strip() == "active"))
                if works
            ),
            listeners=_listeners(sockets),
        )


def _ssh(configured: list[str], sockets: list[str]) -> tuple[int, ...]:
    """Return the ports of sshd: those of its configuration, and those that it has, which systemd may hold for it."""
    ports = {int(line.split()[1]) for line in configured if re.fullmatch(r"port \d+", line)}
    return tuple(sorted(ports | {one.port for one in _listeners(sockets) if one.process == "sshd"}))


def _listeners(sockets: list[str]) -> tuple[Listener, ...]:
    """Read ``ss -Hltunp``, without what only the machine itself reaches."""
    found = set()
    for line in sockets:
        if (read := _SOCKET.match(line)) is None:
            raise probe.ProbeError(f"ss: {line}")
        protocol, address, port, process = read.groups()
        if not _LOOPBACK.match(address):
            found.add(Listener(protocol, int(port), process or ""))
    return tuple(sorted(found, key=lambda one: (one.protocol, one.port, one.process)))


class Connections(Probe[tuple[Connection, ...]]):
    """The node's connections over TCP with others, but those of the web server, which may be thousands."""

    def command(self) -> str:
        """Ask the kernel."""
        return probe.script({"connections": "ss -Htn state established '( sport != :80 and sport != :443 )'"})

    def answer(self, answers: probe.Answers) -> tuple[Connection, ...]:
        """Read each line, and leave out what the machine says to itself."""
        found = []
        for line in answers["connections"].lines:
            if (read := _PEER.fullmatch(line.strip())) is None:
                raise probe.ProbeError(f"ss: {line}")
            port, peer, peer_port = read.groups()
            address = ip_address(peer.strip("[]").partition("%")[0])
            mapped = getattr(address, "ipv4_mapped", None)
            if not (mapped or address).is_loopback:
                found.append(Connection(int(port), str(mapped or address), int(peer_port)))
        return tuple(found)
