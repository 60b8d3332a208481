"""All that is tried, by the words of docs/security.md."""

from collections.abc import Callable, Mapping

from tests.attack import doors, web

ATTACKS: Mapping[str, Callable[[], str]] = {
    "every TCP port of a node and of the virtual IP": doors.ports,
    "every UDP port that a node listens at": doors.datagrams,
    "mount the volume, write PHP, have it run": doors.volume_mounted,
    "the same with a certificate of his own": doors.volume_mounted_in_tls,
    "read the database's password on the volume": doors.secrets_read,
    "have glusterd list the volume": doors.pool_asked,
    "have glusterd change the volume": doors.volume_changed,
    "join the database's cluster, by its name": doors.database_joined,
    "join it with a certificate of his own": doors.database_joined_in_tls,
    "join the database's cluster, by another name": doors.database_joined_unnamed,
    "log in to MariaDB: root, nobody, the site with its password": doors.database_asked,
    "be greeted by MariaDB": doors.database_greets,
    "send Corosync its own packets again, and changed, in a node's name": doors.cluster_talked_to,
    "reach the port of a state transfer": doors.transfer_reached,
    "read on the wire: a row, a file, an attribute, a log-in over https": doors.read_on_the_wire,
    "have an upload run, read private files": web.uploads_run,
    "climb out of the docroot by the path": web.climbed_out,
    "settings, marks of the release, the installer, the server's status": web.not_for_visitors,
    "log in to the site with a usual password": web.default_password,
    "the page by a node's own address, the health page by the network": web.other_doors,
}
