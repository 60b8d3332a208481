"""What the virtual IP needs on every node, and its objects in the cluster's configuration."""

from webha.ground.manifest import UNITS, Part
from webha_node import address

READY_UNIT, GUARD_UNIT, HANDOVER_UNIT = "webha-ready.service", "webha-guard.service", "webha-handover.service"
ADDRESS, WEB, WEBS = "HA_VIP", "WebServer", "WebServer-clone"
FORMER = ("WebServer-with-HA_VIP", "HA_VIP-before-WebServer")  # one web server after the address, until 0.2
DEPARTURE = f"{UNITS}/mariadb.service.d/webha-vip.conf"
OBJECTS = (ADDRESS, WEB, WEBS, *FORMER)

WATCH = Part(
    "readiness, guard and handover",
    files=(DEPARTURE, str(address.NOTE)),
    units=(READY_UNIT, GUARD_UNIT, HANDOVER_UNIT),
    stop="! systemctl -q is-active pacemaker || timeout 10 attrd_updater -n webha-ready -D || :",
)
PARTS = (WATCH,)
