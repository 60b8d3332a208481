"""What the firewall's step puts on every node, besides its table in the kernel (:func:`webha.firewall.operations.opened`)."""

from webha.firewall.state import DROP_IN, RULES, UNIT
from webha.ground.manifest import Part

FIREWALL = Part(
    "the firewall",
    files=(RULES, DROP_IN),
    units=(UNIT,),
    packages="firewall_packages",
    folders=(DROP_IN.rpartition("/")[0],),
)
PARTS = (FIREWALL,)
