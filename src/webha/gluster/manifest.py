"""What Gluster's step puts on every node, besides the volume and the unit of its mount (whose name is the docroot's)."""

from webha.ground.manifest import NOTES, Part, drop_in

KEEPER_SERVICE, KEEPER_TIMER = "webha-docroot.service", "webha-docroot.timer"
GLUSTERD_DROP_IN = drop_in("glusterd.service")

LOOKING_AFTER = Part(
    "the mount",
    files=(f"{NOTES}/gluster-clients",),
    units=(KEEPER_TIMER,),
    companions=(KEEPER_SERVICE,),
)
GLUSTERD = Part(
    "glusterd",
    files=(GLUSTERD_DROP_IN,),
    packages="gluster_packages",
    stop="systemctl -q disable --now glusterd.service || :",
    folders=(GLUSTERD_DROP_IN.rpartition("/")[0],),
)
PARTS = (LOOKING_AFTER, GLUSTERD)
