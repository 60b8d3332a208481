"""All that is ours on a node, from every layer's manifest."""

from webha.apache import manifest as apache
from webha.backup import manifest as backup
from webha.cluster import manifest as cluster
from webha.drupal import manifest as drupal
from webha.firewall import manifest as firewall
from webha.galera import manifest as galera
from webha.gluster import manifest as gluster
from webha.ground.manifest import Part
from webha.vip import manifest as vip


def parts(debian: int) -> tuple[Part, ...]:
    """Return the parts of all layers on this Debian release, from the top down."""
    return (
        *vip.PARTS,
        *backup.PARTS,
        *drupal.PARTS,
        *gluster.PARTS,
        *cluster.PARTS,
        apache.server(debian),
        *galera.PARTS,
        *firewall.PARTS,
    )


def paths(debian: int) -> tuple[str, ...]:
    """Return the paths of all that is ours by name, but the programs' archive and its values: those are every layer's."""
    return tuple(path for part in parts(debian) for path in part.paths)
