"""What the facts' commands printed on real nodes: captured/<suite>/<fact>.txt."""

from pathlib import Path

from webha.apache import facts as apache
from webha.backup import facts as backup
from webha.cloud import facts as cloud
from webha.cluster import facts as cluster
from webha.drupal import facts as drupal
from webha.firewall import facts as firewall
from webha.galera import facts as galera
from webha.gluster import facts as gluster
from webha.hosts import facts as hosts
from webha.lock import facts as lock
from webha.machine import facts as node
from webha.reset import facts as reset
from webha.site import facts as site
from webha.status import facts as status
from webha.vip import facts as vip

CAPTURED = Path(__file__).parent / "captured"
SUITES = sorted(one.name for one in CAPTURED.iterdir())
CONVERGED = [suite for suite in SUITES if not suite.endswith("-bare")]
BARE = [suite for suite in SUITES if suite.endswith("-bare")]
FACTS = {
    "account": (galera.Account, {"account": "www-data"}),
    "apache": (apache.Apache, {"health_port": 8081}),
    "belongings": (
        reset.Belongings,
        {"brick": "/gluster", "root": "/var/www/html/drupal", "database": "drupal", "user": "drupal"},
    ),
    "candidate": (drupal.Candidate, {"package": "wordpress"}),
    "cib": (cluster.LiveCib, {}),
    "cluster": (cluster.Cluster, {}),
    "connections": (firewall.Connections, {}),
    "daemon": (node.Daemon, {"unit": "webha-ready.service", "program": "ready"}),
    "directories": (node.Directories, {"paths": ("/etc", "/nonexistent")}),
    "devices": (vip.Devices, {"vip": "10.0.0.250"}),
    "drupal": (drupal.Drupal, {"root": "/var/www/html/drupal", "database": "drupal", "user": "drupal"}),
    "files": (node.Files, {"paths": ("/etc/hosts", "/nonexistent")}),
    "firewall": (firewall.FirewallState, {}),
    "galera": (galera.Galera, {}),
    "gluster": (gluster.Gluster, {"brick": "/gluster", "root": "/var/www/html/drupal"}),
    "points": (backup.RestorePoints, {"root": "/var/www/html/drupal", "target": "/srv/share/points"}),
    "pool": (gluster.Pool, {}),
    "hosts": (hosts.Hosts, {}),
    "http": (cluster.SitePage, {"url": "http://10.0.0.250/"}),
    "machine": (node.Machine, {"vip": "10.0.0.250"}),
    "packages": (node.Packages, {"names": ("corosync", "nosuchpackage")}),
    "remains": (reset.Remains, {"packages": ("corosync", "nosuchpackage"), "paths": ("/etc/corosync", "/nonexistent")}),
    "releases": (site.Releases, {"root": "/var/www/html/drupal", "vip": "10.0.0.250"}),
    "runs": (lock.Runs, {"last": 3}),
    "status": (
        status.Status,
        {
            "vip": "10.0.0.250",
            "brick": "/gluster",
            "root": "/var/www/html/drupal",
            "volume": "fs_ha",
            "health_port": 8081,
            "database": "drupal",
            "user": "drupal",
            "https": "www.gonzalonazareno.com",
        },
    ),
    "project": (
        cloud.Project,
        {
            "cloud": "lab",
            "addresses": ("10.0.0.250", "10.0.0.133", "10.0.0.134", "10.0.0.135"),
            "tag": "webha-hacloud",
            "groups": True,
        },
    ),
    "written": (node.Written, {}),
    "units": (node.Units, {"names": ("corosync.service", "apache2.service", "nosuch.service")}),
}


def text(suite, name):
    return (CAPTURED / suite / f"{name}.txt").read_text()


def fact(suite, name):
    return FACTS[name][0]().process(text(suite, name).splitlines())
