"""Packets that get lost on the bridge, in one direction: what a broken switch port, a bad route or a full link does.

The rules lie in the hub and match the bridge's ports, which bear the nodes' names: a node neither sees nor undoes them.
The kernel keeps the list; each rule's comment says whom it concerns.
"""

import json
from dataclasses import dataclass

from lab.layout import HUB, Node, call
from lab.network import exists, inside

ALL = "all"
EVERY = 100
_TABLE = ("bridge", "webha-lab-drops")
_CHAIN = f"""
table bridge {_TABLE[1]} {{
    chain forward {{
        type filter hook forward priority 0;
    }}
}}
"""


@dataclass(frozen=True)
class Loss:
    """Which packets get lost; ``ALL`` is every port of the bridge, the visitors' included."""

    source: str
    target: str
    port: int | None = None
    percent: int = EVERY

    @property
    def match(self) -> str:
        """The rule in nft's words."""
        words = [
            f'iifname "{self.source}"' if self.source != ALL else "",
            f'oifname "{self.target}"' if self.target != ALL else "",
            f"udp dport {self.port}" if self.port else "",
            f"numgen random mod 100 < {self.percent}" if self.percent < EVERY else "",
        ]
        return " ".join([*filter(None, words), "drop", f'comment "{self.source} {self.target}"'])


def drop(loss: Loss) -> None:
    """Lose such packets from now on."""
    rule = f"add rule {' '.join(_TABLE)} forward {loss.match}\n"
    call(*inside("nft", "-f", "-"), stdin=f"{_CHAIN}{rule}")


def handles(listing: str, name: str) -> list[int]:
    """Return the handles of the rules in nft's JSON that concern the node."""
    rules = [one["rule"] for one in json.loads(listing)["nftables"] if "rule" in one]
    return [rule["handle"] for rule in rules if name in rule.get("comment", "").split()]


def undrop(node: Node) -> None:
    """Lose no more packets from or to the node."""
    listing = _listing()
    for handle in handles(listing, node.name) if listing else ():
        call(*inside("nft", "delete", "rule", *_TABLE, "forward", "handle", str(handle)))


def concerns(node: Node) -> bool:
    """Whether packets from or to the node get lost."""
    listing = _listing()
    return bool(listing and handles(listing, node.name))


def _listing() -> str:
    if not exists(HUB) or _TABLE[1] not in call(*inside("nft", "list", "tables")):
        return ""
    return call(*inside("nft", "-j", "-a", "list", "table", *_TABLE))
