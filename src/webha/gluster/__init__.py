"""GlusterFS: the replicated volume under the docroot (§2.4): its typed state and its decisions, which know nothing of pyinfra."""

from webha.gluster.decisions import PoolVerdict, differing, not_ours, of_others, to_create, to_probe, unsafe, volume_ids
from webha.gluster.encryption import encrypts, management, not_yet, options
from webha.gluster.state import CONNECTED, PoolMember, Store, Volume, mount_unit, parse_pool, parse_volumes

__all__ = [
    "CONNECTED",
    "PoolMember",
    "PoolVerdict",
    "Store",
    "Volume",
    "differing",
    "encrypts",
    "management",
    "mount_unit",
    "not_ours",
    "not_yet",
    "of_others",
    "options",
    "parse_pool",
    "parse_volumes",
    "to_create",
    "to_probe",
    "unsafe",
    "volume_ids",
]
