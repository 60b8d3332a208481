"""What the firewall's step puts on every node."""

from webha.firewall.state import RULES, TABLE, UNIT
from webha.ground.manifest import Part

FIREWALL = Part(
    "the firewall",
    files=(RULES,),
    units=(UNIT,),
    packages="firewall_packages",
    stop=f"nft delete table {TABLE} 2>/dev/null || :",
)
PARTS = (FIREWALL,)
