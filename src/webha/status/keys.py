"""What the status makes of the keys by which the nodes know each other: whether they are used, read, and how long they last."""

import time
from collections.abc import Mapping

from webha import certificates, galera, gluster
from webha.status.state import Expected, Seen


def of_galera(known: Mapping[str, Seen], expected: Expected) -> list[str]:
    """Say which MariaDB does not speak as is wished, has not read the keys on disk, or has some that end."""
    members = {name: seen.galera for name, seen in known.items() if seen.galera is not None}
    found = galera.unencrypted(members, encrypted=expected.galera_tls)
    if expected.galera_tls:
        held = {name: one.certificates for name, one in members.items()}
        found += certificates.of_the_nodes(held, "tasks/galera.py", time.time())
        found += [
            f"{name}: MariaDB has not read the keys on disk: run tasks/galera.py"
            for name, one in members.items()
            if one.encryption not in (None, "off") and one.keys is not None and one.keys != one.keys_taken
        ]
    return found


def of_gluster(known: Mapping[str, Seen], expected: Expected) -> list[str]:
    """Say what of the volume does not speak as is wished, runs with older keys than those on disk, or has some that end."""
    stores = {name: seen.gluster for name, seen in known.items() if seen.gluster is not None}
    found = [
        f"{words}: run tasks/gluster.py" for words in gluster.not_yet(stores, expected.volume, tls=expected.gluster_tls)
    ]
    if expected.gluster_tls:
        held = {name: one.certificates for name, one in stores.items()}
        found += certificates.of_the_nodes(held, "tasks/gluster.py", time.time())
        found += [
            f"{name}: Gluster's {', '.join(one.stale)} runs with older keys than those on disk: run tasks/gluster.py"
            for name, one in stores.items()
            if one.stale
        ]
    return found
