"""What passes between the host and the lab: Debian's packages inwards, the cluster's web page outwards.

Two relays through a unix socket each, since unix sockets cross network namespaces and nothing else does. The package
cache answers for Debian's archives only, so a node cannot reach anything else through it.
"""

import socket
import time
from collections.abc import Iterable
from pathlib import Path

from lab.group import Group
from lab.layout import GATEWAY, RUN, STATE, VIP, LabError
from lab.network import inside

MIRRORS = {"debian": "deb.debian.org/debian", "security": "deb.debian.org/debian-security"}
PROXY = f"http://{GATEWAY}:3142"

_GROUP = Group("gateway")
_PAGE_PORT = RUN / "page.port"


def _free_port(candidates: Iterable[int]) -> int:
    for port in candidates:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise LabError(f"no free port on 127.0.0.1 among {candidates}: stop what listens there (ss -ltnp)")


def _relay(name: str, listen: str, connect: str, *, from_host: bool) -> None:
    """Pass connections on from one side to the other over RUN/NAME.sock."""
    door = RUN / f"{name}.sock"
    log = RUN / f"{name}.log"
    far = ["socat", f"UNIX-LISTEN:{door},fork,unlink-early,mode=600", connect]
    near = ["socat", listen, f"UNIX-CONNECT:{door}"]
    _GROUP.start(*(inside(*far) if from_host else far), log=log)
    _GROUP.start(*(near if from_host else inside(*near)), log=log)


def start() -> None:
    port = _free_port(range(3142, 3200))
    config = RUN / "apt-cacher-ng"
    config.mkdir(exist_ok=True)
    (STATE / "packages").mkdir(exist_ok=True)
    (STATE / "packages.log").mkdir(exist_ok=True)
    remaps = [f"Remap-{name}: {mirror} /{name} ; http://{mirror}" for name, mirror in MIRRORS.items()]
    settings = [
        f"CacheDir: {STATE}/packages",
        f"LogDir: {STATE}/packages.log",
        "SupportDir: /usr/lib/apt-cacher-ng",
        "BindAddress: 127.0.0.1",
        f"Port: {port}",
        "SocketPath:",  # its own unix socket (3.7.4) accepts connections and never answers
        "ForeGround: 1",
        "ForceManaged: 1",
        "ReportPage:",
        "ExThreshold: 30",
        *remaps,
    ]
    (config / "acng.conf").write_text("\n".join([*settings, ""]))
    _GROUP.start("apt-cacher-ng", "-c", str(config), log=RUN / "apt-cacher-ng.log")
    _relay("packages", f"TCP-LISTEN:3142,bind={GATEWAY},fork,reuseaddr", f"TCP:127.0.0.1:{port}", from_host=False)
    page = _free_port([8080, *range(8081, 8100)])
    _relay(
        "page", f"TCP-LISTEN:{page},bind=127.0.0.1,fork,reuseaddr", f"TCP:{VIP}:80,connect-timeout=5", from_host=True
    )
    _PAGE_PORT.write_text(str(page))
    _wait([("127.0.0.1", port), ("127.0.0.1", page)], [RUN / "packages.sock", RUN / "page.sock"])


def _wait(ports: list[tuple[str, int]], doors: list[Path]) -> None:
    deadline = time.monotonic() + 10
    while not (all(door.exists() for door in doors) and all(map(_listens, ports))):
        if time.monotonic() > deadline:
            raise LabError(f"the package cache or a relay did not start: see the logs in {RUN}")
        time.sleep(0.05)


def _listens(address: tuple[str, int]) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(address) == 0


def page() -> str:
    return f"http://localhost:{_PAGE_PORT.read_text()}/"
