"""What the firewall's step puts on every node."""

from webha.firewall.state import DROP_IN, RULES, TABLE, UNIT
from webha.ground.manifest import Part

FIREWALL = Part(
    "the firewall",
    files=(RULES, DROP_IN),
    units=(UNIT,),
    packages="firewall_packages",
    stop=f"! nft list table {TABLE} >/dev/null 2>&1 || nft delete table {TABLE}",
    folders=(DROP_IN.rpartition("/")[0],),
)
PARTS = (FIREWALL,)
