"""What the step of Corosync and Pacemaker puts on every node."""

from webha.cluster.facts import CONFIGURATION, KEY, RUNNING_CONFIGURATION, RUNNING_KEY
from webha.ground.manifest import Part, drop_in
from webha_node import aside, detach

ASIDE_UNIT = "webha-aside.service"
COROSYNC_DROP_IN, PACEMAKER_DROP_IN = drop_in("corosync.service"), drop_in("pacemaker.service")
_CIB = "/var/lib/pacemaker/cib"
FORMER = ("webha-node-lost",)  # an alert of Pacemaker's told of lost nodes, until 0.2

STEPPING_ASIDE = Part("stepping aside", files=(str(aside.NOTE),), units=(ASIDE_UNIT,))
DAEMONS = Part(
    "corosync and pacemaker",
    files=(CONFIGURATION, RUNNING_CONFIGURATION, RUNNING_KEY, str(detach.NOTE), COROSYNC_DROP_IN, PACEMAKER_DROP_IN),
    packages="cluster_packages",
    # A configuration with resources of somebody's is kept aside; what they run is not ours to stop any other way.
    stop=f"systemctl stop pacemaker.service corosync.service || :; rm -f {detach.NOTE}; cib={_CIB}/cib.xml; "
    "! grep -oE '<(primitive|template) id=\"[^\"]*' $cib 2>/dev/null | cut -d'\"' -f2 | grep -qvxE 'HA_VIP|WebServer' || "
    "install -m 600 $cib /var/backups/webha-cib-$(date +%Y%m%d-%H%M%S).xml; "
    # The last one is the log daemon's of Debian 12, which its package leaves.
    f"rm -rf {_CIB}/* /var/lib/corosync/ringid_* {KEY} /var/lib/heartbeat/log_daemon",
    folders=(
        "/etc/corosync",
        "/var/lib/corosync",
        "/var/lib/pacemaker",
        "/var/lib/heartbeat",
        COROSYNC_DROP_IN.rpartition("/")[0],
        PACEMAKER_DROP_IN.rpartition("/")[0],
    ),
)
PARTS = (STEPPING_ASIDE, DAEMONS)
