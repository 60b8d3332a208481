"""Which nodes this one reaches over the network, whatever the cluster's daemons say."""

import socket
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

MANAGEMENT = 24007  # glusterd's port: a refusal is an answer too


def reached(address: str) -> bool:
    """Whether there is an answer from there."""
    try:  # longer than it takes the kernel to try a second time: one lost packet is no broken link
        socket.create_connection((address, MANAGEMENT), timeout=1.3).close()
    except ConnectionRefusedError:
        return True
    except OSError:
        return False
    return True


def out_of_reach(nodes: Mapping[str, str]) -> list[str]:
    """The nodes, name to address, that this one does not reach."""
    with ThreadPoolExecutor(len(nodes)) as pool:
        return [name for name, answers in zip(nodes, pool.map(reached, nodes.values()), strict=True) if not answers]
