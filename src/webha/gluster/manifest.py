"""What Gluster's step puts on every node, besides the volume and the unit of its mount (whose name is the docroot's)."""

from pathlib import PurePosixPath

from webha.gluster.facts import AUTHORITIES, CERTIFICATE, FILTER, FORMERLY, IN_CLEAR, KEY, MANAGEMENT, SECURE
from webha.ground.manifest import NOTES, Part, drop_in
from webha_node.site.layout import LOCAL
from webha_node.site.program import NOTE

KEEPER_SERVICE, KEEPER_TIMER = "webha-docroot.service", "webha-docroot.timer"
GLUSTERD_DROP_IN = drop_in("glusterd.service")

LOOKING_AFTER = Part(
    "the mount",
    # The keeper brings a release to this node's disk, and notes it, for as long as it runs: all go together.
    files=(f"{NOTES}/gluster-clients", str(LOCAL), str(NOTE)),
    units=(KEEPER_TIMER,),
    companions=(KEEPER_SERVICE,),
    stop=f"systemctl stop {KEEPER_SERVICE} || :",
)
GLUSTERD = Part(
    "glusterd",
    files=(
        GLUSTERD_DROP_IN,
        *(
            f"{folder}/{PurePosixPath(one).name}"
            for folder in ("/etc/ssl", FORMERLY)
            for one in (CERTIFICATE, KEY, AUTHORITIES)
        ),
        SECURE,
        IN_CLEAR,
        FILTER,
        MANAGEMENT,
    ),
    packages="gluster_packages",
    stop="systemctl -q disable --now glusterd.service || :; rm -f /usr/lib/*/glusterfs/*/filter/webha",
    folders=(GLUSTERD_DROP_IN.rpartition("/")[0],),
)
PARTS = (LOOKING_AFTER, GLUSTERD)
