"""A volume that serves, from clear to TLS, or to other keys, node after node: what is run where, and in which order.

A client connects to each brick by itself, and how is said in its volfile, brick by brick. So a filter of glusterd's volfiles (it runs
what lies in its folder "filter" over each that it writes) names the bricks that still speak in clear, one brick after the
other is started anew, and all clients after each: they see two bricks at any time. Before the next one all is healed.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from typing import Any

from pyinfra.api.exceptions import PyinfraError
from pyinfra.context import inventory

from webha.gluster.facts import CLI, FILTER, IN_CLEAR, SECURE, settled
from webha.ground import shell
from webha.ground.manifest import ARCHIVE, HEADER, NOTES, program
from webha.run import across

TIMER = "webha-docroot.timer webha-docroot.service"  # they would start anew what is being started anew

# IN_CLEAR: nodes whose bricks speak in clear, and in a second line the server quorum that the volume had. In a volfile the kind comes before the brick's node, so a section is held until its end.
_FILTER = rf"""#!/bin/sh
# {HEADER} (tasks/gluster.py): runs while the volume is on its way between clear and TLS.
case $1 in */vols/@VOLUME@/*) ;; *) exit 0;; esac
clear=" $(head -n 1 {IN_CLEAR} 2>/dev/null) "; new=$(mktemp)
awk -v clear="$clear" '
/^volume / {{ held = $0; host = ""; client = 0; next }}
held == "" {{ print; next }}
{{ held = held "\n" $0 }}
$1 == "type" && $2 == "protocol/client" {{ client = 1 }}
$1 == "option" && $2 == "remote-host" {{ host = $3 }}
client && $1 == "option" && $2 == "transport.socket.ssl-enabled" {{ sub(/\n[^\n]*$/, "", held) }}
$1 == "end-volume" {{
  kind = "    option transport.socket.ssl-enabled " (index(clear, " " host " ") ? "off" : "on")
  if (client) sub(/type protocol\/client/, "&\n" kind, held)
  print held; held = ""
}}' "$1" > "$new" && cat "$new" > "$1"
rm -f "$new"
"""
_PLACED = f"""
mkdir -p "$(dirname "$1")" {NOTES}; printf '%s\\n' "$2" "$3" > "$1.new"; sync "$1.new"; mv "$1.new" "$1"; cat > {FILTER}; chmod 755 {FILTER}
for there in /usr/lib/*/glusterfs/*/xlator; do
  mkdir -p "${{there%/xlator}}/filter"; cp -p {FILTER} "${{there%/xlator}}/filter/webha"
done
"""
# Only what a client or the self-heal daemon reads: a brick that runs keeps its kind until it is started anew.
_REREAD = f"""
for file in "/var/lib/glusterd/vols/$1/trusted-$1.tcp-fuse.vol" "/var/lib/glusterd/vols/$1/$1-shd.vol"; do
  [ ! -e "$file" ] || {FILTER} "$file"
done
"""
FILTER_GONE = (
    f"rm -f /usr/lib/*/glusterfs/*/filter/webha {FILTER}; rmdir /usr/lib/*/glusterfs/*/filter 2>/dev/null || :"
)
_MANAGEMENT = f"""
if [ "$1" = off ] && [ -e {SECURE} ] && ! grep -qF '{HEADER}' {SECURE}; then
  echo "{SECURE} is there and does not say that it is ours: move it away first" >&2; exit 1
fi
systemctl stop glusterd.service
if [ "$1" = on ]; then
  [ -e {SECURE} ] || {{ umask 077; echo '# {HEADER}' > {SECURE}; sync {SECURE}; }}
else rm -f {SECURE}; fi
systemctl start glusterd.service
"""
_BRICK = """
own="^/usr/sbin/glusterfsd .*--brick-name $1 "
for i in 1 2 3 4 5 6 7 8 9 10; do pkill -f "$own" || break; sleep 0.3; done
! pgrep -f "$own" >/dev/null || pkill -KILL -f "$own"
"""
_KIND = """
pid=$(pgrep -f "^/usr/sbin/glusterfsd .*--brick-name $1 " | head -n 1); [ -n "$pid" ] || { echo down; exit; }
port=$(ss -Hltnp | grep "pid=$pid," | awk '{ print $4 }' | sed 's/.*://' | head -n 1)
python3 -c '
import ssl, sys
try:
    ssl.get_server_certificate(("127.0.0.1", int(sys.argv[1])), timeout=5)
    print("on")
except TimeoutError:
    print("unknown")
except (ssl.SSLError, ConnectionResetError):
    print("off")
' "$port" 2>/dev/null || echo unknown
"""
_CLIENT = f"""
[ ! -e {ARCHIVE} ] || {program("departure")} || :
if ip -4 -o address show | grep -qF " $3/" && timeout 5 stat -t "$2" >/dev/null 2>&1; then
  echo "the virtual IP does not leave this node (maintenance mode, or no other one is ready), and its mount has to be made anew" >&2; exit 1
fi
while findmnt -n --mountpoint "$2" >/dev/null; do umount -l "$2" || break; done
systemctl reset-failed "$1" 2>/dev/null || :
systemctl start "$1"; timeout 20 stat -t "$2" >/dev/null
"""
_HEALER = "pkill -f '^/usr/sbin/glusterfs .*glustershd' || :; sleep 0.3"
_CONNECTED = """
pid=$(pgrep -n -f "^/usr/sbin/glusterfs .* $1\\$") || exit 1
[ "$(ss -Htnp state established | grep "pid=$pid," | awk '{ print $4 }' | grep -v ':24007$' | sed 's/:[0-9]*$//' | sort -u | grep -c .)" -ge "$2" ]
"""


@dataclass(frozen=True)
class Rolling:
    """The nodes ``names`` and their volume; ``unit``: the mount's; ``more``: privileges of the operation that asks.

    Each step raises PyinfraError with the node's words where it fails.
    """

    names: Sequence[str]
    volume: str
    brick: str
    root: str
    unit: str
    vip: str
    more: Mapping[str, Any]

    def on(self, name: str, text: str, *arguments: str, stdin: str | None = None, seconds: float = 120) -> str:
        """Run the shell ``text`` on one node and return what it printed."""
        command = shell.script(text, *arguments, stdin=stdin)
        return across.done(inventory.get_host(name), command, seconds, self.more)

    def everywhere(
        self, text: str, *arguments: str, stdin: str | None = None, names: Iterable[str] | None = None
    ) -> dict[str, str]:
        """Run the shell ``text`` on all nodes, or those ``names``, at the same time."""
        return across.together(
            {name: _later(self.on, name, text, *arguments, stdin=stdin) for name in names or self.names}
        )

    def give(self, options: Mapping[str, str]) -> None:
        """Give the volume ``options``; glusterd then writes all volfiles anew."""
        words = [word for pair in sorted(options.items()) for word in pair]
        self.on(self.names[0], f'{CLI} volume set "$@"', self.volume, *words)

    def start(self, name: str) -> None:
        """Start what of the volume does not run on the node."""
        self.on(
            name, f'for i in 1 2 3 4 5; do {CLI} volume start "$1" force && exit 0; sleep 1; done; exit 1', self.volume
        )

    def peers_settled(self) -> None:
        """Wait until each glusterd is connected to all others."""
        self.everywhere(shell.waiting(settled(len(self.names) - 1), 60, "its glusterd connected to all others"))

    def healed(self) -> None:
        """Wait until every mount is connected to every brick, and no brick owes another anything."""
        self.everywhere(
            f"connected() {{ {_CONNECTED} }}\n"
            + shell.waiting('( connected "$@" )', 60, "its mount connected to all bricks"),
            self.root,
            str(len(self.names)),
        )
        count = f'{CLI} volume heal "$1" statistics heal-count 2>/dev/null | grep -c "^Number of entries: 0$"'
        self.on(
            self.names[0],
            shell.waiting(f'[ "$({count})" = {len(self.names)} ]', 1800, "all files healed"),
            self.volume,
            seconds=1900,
        )

    def clients_anew(self, names: Iterable[str] | None = None) -> None:
        """Mount anew on all nodes, the holder of the virtual IP last, after it has left; then the self-heal daemons."""
        chosen = list(names or self.names)
        held = self.everywhere('ip -4 -o address show | grep -cF " $1/" || :', self.vip, names=chosen)
        order = sorted(chosen, key=lambda name: held[name].strip() != "0")
        for name in order:
            self.on(name, _CLIENT, self.unit, self.root, self.vip)
        self.everywhere(_HEALER, names=chosen)
        for name in chosen:
            self.start(name)

    def kinds(self) -> dict[str, str]:
        """Return how each node's brick speaks: ``on`` (TLS), ``off``, or ``down``."""
        return {name: said.strip() for name, said in self.everywhere(_KIND, re.escape(self.brick)).items()}

    def brick_anew(self, name: str) -> None:
        """Start the node's brick anew."""
        self.on(name, _BRICK, re.escape(self.brick))
        self.start(name)

    def encrypt(self, wished: Mapping[str, str], quorum: str, *, tls: bool, resumed: bool) -> None:
        """Take the volume from clear to TLS, or back, while it serves; ``wished``: the options that it has at the end.

        ``quorum``: its server quorum, empty where it has none. ``resumed``: a run was cut off on its way, and whom the clients reach is not known.
        """
        kind = "on" if tls else "off"
        if resumed:
            said = self.everywhere(f"sed -n 2p {IN_CLEAR} 2>/dev/null || :")
            quorum = next((one.strip() for one in said.values() if one.strip()), "")
        with self._undisturbed():
            if not resumed:
                self._filtered(self._clear(), quorum)
            # A glusterd that sees no majority of the others would end its brick, and all are started anew.
            with suppress(PyinfraError) if resumed else nullcontext():
                self.give({"cluster.server-quorum-type": "none"})
            self.everywhere(_MANAGEMENT, kind)
            self.peers_settled()
            for name in self.names if resumed else ():
                self.start(name)
            clear = self._clear()
            self._filtered(clear, quorum)
            self.give(
                {name: value for name, value in wished.items() if ".ssl" in name}
                or dict.fromkeys(("client.ssl", "server.ssl"), kind)
            )
            if (
                resumed or not tls
            ):  # a client that speaks to glusterd in the other way cannot ask it for a brick any more
                self.clients_anew()
            self.healed()
            for name in self.names:
                if (name in clear) == tls:
                    self.brick_anew(name)
                    clear = [one for one in (*clear, name) if one != name or not tls]
                    self._filtered(clear, quorum)
                    self.clients_anew()
                    self.healed()
            self.everywhere(FILTER_GONE)
            self.give({**({"cluster.server-quorum-type": quorum} if quorum else {}), **wished})
            self.everywhere(f"rm -f {IN_CLEAR}")

    def renew(self, stale: Mapping[str, Iterable[str]]) -> None:
        """Start anew, node after node, what was started before the keys on disk; ``stale``: node to ``glusterd``, ``brick``, ``client``."""
        with self._undisturbed():
            self.healed()
            for name, found in stale.items():
                if "glusterd" in found:
                    self.on(name, "systemctl restart glusterd.service")
                    self.peers_settled()
                if "brick" in found:
                    self.brick_anew(name)
                self.clients_anew([name])
                self.healed()

    @contextmanager
    def _undisturbed(self) -> Iterator[None]:
        """Keep what looks after mounts and bricks away meanwhile, and let it come back whatever happened."""
        self.everywhere(f"systemctl stop {TIMER}")
        try:
            yield
        finally:
            self.everywhere("systemctl start webha-docroot.timer 2>/dev/null || :")

    def _clear(self) -> list[str]:
        """Return whose bricks speak in clear, asked of them."""
        kinds = self.kinds()
        if unsure := [name for name, said in kinds.items() if said not in ("on", "off")]:
            raise PyinfraError(
                f"how the brick of {', '.join(unsure)} speaks cannot be told, or it does not run: gluster volume start {self.volume} force"
            )
        return [name for name, said in kinds.items() if said == "off"]

    def _filtered(self, clear: Sequence[str], quorum: str) -> None:
        filter_ = _FILTER.replace("@VOLUME@", self.volume)
        self.everywhere(_PLACED, IN_CLEAR, " ".join(clear), quorum, stdin=filter_)
        self.everywhere(_REREAD, self.volume)


def _later(call: Callable[..., str], *arguments: Any, **named: Any) -> Callable[[], str]:
    return lambda: call(*arguments, **named)
