"""Every tunable with its default: the document's value, or a safer one with a row in docs/deviations.md.

What a key means is said in the comment above it or behind it. docs/data.md is made of that: python -m tests.data_reference
"""

from os import environ as _environ

# Secrets are not here: webha.run.credentials makes them once, in secrets/ (mode 0600, ignored by git), or takes them from the
# environment (WEBHA_DRUPAL_DB_PASSWORD, WEBHA_DRUPAL_ADMIN_PASSWORD, WEBHA_DRUPAL_HASH_SALT).

# --- the inventory ------------------------------------------------------------------------------------------------
nodes_group = "nodes"  # the group of the cluster's machines, in an inventory that calls it otherwise
control_group = "control"  # the group of the control machine, @local, which the OpenStack step needs

# --- failover -----------------------------------------------------------------------------------------------------
# How soon a fault is taken for one. "document": the document's timers (a lost node is known after 8.0 s), for clouds whose
# machines stand still for seconds (live migration, busy hosts). "fast": 2.2 s, for machines of your own. Why, and both
# columns: docs/decisions/0009-failover.md; what a client sees of either: docs/failures.md.
failover = "document"
# The two columns. A key of this file that is not None, or is in gluster_options or wsrep_provider_options, wins over its
# column; knet_ping_timeout, ready_interval, ready_patience and guard_patience are only here.
failovers = {
    "document": {
        "corosync_token": 3000,  # milliseconds, the document's
        "corosync_token_coefficient": None,  # corosync adds 650 ms for the third node: a lost node is known after 8.0 s
        # Milliseconds. A ring of one link gains nothing by declaring it down, as knet does after two lost pings: all that
        # is sent meanwhile is lost, and a network that loses one packet in twenty ends the membership again and again.
        "knet_ping_timeout": 10000,
        "vip_monitor_interval": "20s",  # the document's
        "apache_monitor_interval": "10s",
        # A node that was away joins by IST, not by a full copy, up to this much of missed writes.
        "wsrep_provider_options": {"gcache.size": "256M"},
        "gluster_options": {
            "network.ping-timeout": "10",  # Gluster's own: 42, a freeze of up to 80 s when a node loses power
            "client.tcp-user-timeout": "6",
            "server.tcp-user-timeout": "6",
        },
        # Readiness: seconds between two looks, and how long an answer may take. Longer than what all nodes wait for at
        # once when one of them is lost: moving the VIP helps nobody then.
        "ready_interval": 2,
        "ready_patience": 20,
        # Without an answer of a quorate corosync for so long a node lets go of the VIP: before the others take it (8.0 s).
        "guard_patience": 6.0,
    },
    "fast": {
        "corosync_token": 1000,
        "corosync_token_coefficient": 0,  # a lost node is known after 2.2 s
        "knet_ping_timeout": 5000,
        "vip_monitor_interval": "5s",
        "apache_monitor_interval": "5s",
        # In proportion to the token: a write waits 2-3 s for a database that was lost, 5-6 s with Galera's own timers.
        "wsrep_provider_options": {
            "gcache.size": "256M",
            "evs.keepalive_period": "PT0.5S",
            "evs.inactive_check_period": "PT0.25S",
            "evs.suspect_timeout": "PT2S",
            "evs.inactive_timeout": "PT5S",
            "evs.install_timeout": "PT5S",
            # Below suspect_timeout: the third node relays before a broken link is taken for a dead node.
            "gmcast.peer_timeout": "PT1S",
        },
        "gluster_options": {
            "network.ping-timeout": "3",
            "client.tcp-user-timeout": "4",
            "server.tcp-user-timeout": "4",
        },
        "ready_interval": 1,
        "ready_patience": 8,
        "guard_patience": 1.5,
    },
}

# --- the cluster --------------------------------------------------------------------------------------------------
cluster_name = "hacloud"  # Corosync's name of it (§2.3.2); tasks/reset.py asks for it
domain = "gonzalonazareno.com"  # full names are NODE.domain (§2.1.2)
vip = "10.0.0.250"  # the virtual IP, inside the nodes' subnet (§2.3.3)
vip_netmask = 24  # the length of that subnet's prefix (§2.3.3: cidr_netmask)

# --- what a machine needs -----------------------------------------------------------------------------------------
# tasks/guards.py refuses a machine with less (the document's §3: "no había RAM suficiente").

minimum_ram_mb = 900  # the least memory of a machine
minimum_disk_mb = 3000  # the least free disk
maximum_clock_skew = 1.0  # seconds between any two nodes

# --- who reaches the nodes ----------------------------------------------------------------------------------------
# True: a node answers ssh, the site at the virtual IP, and the other nodes; nobody else. False: the document's, everybody
# reaches everything; every run says what that means. Others' rules (fail2ban, Docker) are never touched.
firewall = True
firewall_packages = ["nftables"]  # Debian's
# Whom ssh is open to: addresses and networks of both kinds. New rules stay only where a new connection comes through them.
ssh_sources = ["0.0.0.0/0", "::/0"]
web_sources = []  # who asks a node's own address for the site, beside the nodes: a load balancer, a monitor
database_sources = []  # who reaches MariaDB's port 3306; the site's own database is asked on the node itself
# What else is open, a text each: "tcp 9100", "udp 60000-61000 from 10.0.0.0/8".
firewall_open = []

# --- §2.1 Galera --------------------------------------------------------------------------------------------------
# Debian's packages.
galera_packages = ["mariadb-server", "galera-4", "mariadb-backup", "rsync", "socat"]
# None: Debian's own packages; or another repository, e.g. "https://deb.mariadb.org/11.8/debian".
mariadb_repository = None
mariadb_repository_key = None  # then: that repository's signing key, a file on the control machine
mariadb_repository_fingerprint = None  # and its fingerprint, as the repository's owner publishes it
galera_cluster_name = "warner"  # Galera's name of the cluster
# Where mariadbd listens for clients; None: on the node itself and at its address in the cluster. The document's: "0.0.0.0", everywhere.
galera_bind_address = None
# True: the members speak TLS with each other, by certificates of the cluster's own authority, full copies too, and so does who comes to
# MariaDB over the network. False: the document's, all in clear. A cluster that runs is changed one node after the other.
galera_tls = True
wsrep_sst_method = "mariabackup"  # how a node gets a full copy; the document: rsync, which blocks the donor
# True: every node keeps binary logs, which tasks/backup.py's timers save every few minutes: a restore point can go on to a given second
# (tasks/restore.py, until=). Costs a further write to the disk a commit, and room for so many days of writes.
galera_binlog = False
galera_binlog_days = 3  # for which they are kept
wsrep_slave_threads = 4  # threads that apply the others' writes
innodb_buffer_pool_size = "128M"  # what MariaDB keeps of its tables in memory
# Galera's options, beside those of failovers: gcache.size (missed writes up to this come incrementally, not as a full
# copy) and, with "fast", evs.* and gmcast.*.
wsrep_provider_options = {}

# --- §2.2 Apache --------------------------------------------------------------------------------------------------
# Debian's: PHP with what Drupal needs, curl, with which the cluster's Apache agent looks at the status page, openssl, which tries certificates, and
# msmtp, by which mail leaves.
apache_packages = [
    "apache2", "curl", "openssl", "php", "libapache2-mod-php", "php-cli", "php-gd", "php-mysql", "php-xml", "php-mbstring",
    "php-curl", "php-zip", "php-intl", "php-apcu", "msmtp",
]  # fmt: skip
apache_modules = ["rewrite", "headers", "expires", "status"]  # enabled, beside Debian's own and PHP's
server_name = "www.gonzalonazareno.com"  # the site's
# The site at port 443, beside 80: "self-signed", with a certificate of the cluster's own authority (secrets/ca.crt); "files", with your own,
# and whoever comes to port 80 under one of its names is sent to 443; "off".
https = "self-signed"
https_certificate = None  # then: the site's certificate and those that sign it, in PEM; a file on the control machine
https_key = None  # then: its key, in PEM, without a password; a file on the control machine
# Seconds for which a browser comes by https alone (Strict-Transport-Security), with "files"; None: it is not told to.
https_hsts = None
# Addresses and networks of proxies before the site that end TLS: Drupal believes what they say of the visitor.
trusted_proxies = []
# The mail server that takes the site's mail from the nodes without a password, "mail.example.org" or "mail.example.org:587"; None: no mail leaves.
site_mail_relay = None
health_port = 8081  # on 127.0.0.1 only: server-status and the health page
php_settings = {  # lines of php.ini
    "memory_limit": "256M",
    "upload_max_filesize": "32M",
    "post_max_size": "32M",
    "opcache.memory_consumption": "192",
    "opcache.max_accelerated_files": "20000",
    "realpath_cache_size": "4096K",
    "realpath_cache_ttl": "600",
}

# --- §2.3 Corosync and Pacemaker ----------------------------------------------------------------------------------
cluster_packages = [  # Debian's
    "corosync",
    "pacemaker",
    "pacemaker-cli-utils",
    "crmsh",
    "resource-agents",
    "iproute2",
    "iputils-arping",
    "python3",  # of the programs on the nodes
    "logrotate",  # of all layers' logs
]
# Milliseconds without an answer until a node is suspected; None: that of failovers, 3000 or 1000.
corosync_token = None
corosync_token_coefficient = None  # ms more for the third node; None: that of failovers, Corosync's own 650 or 0
corosync_crypto_cipher = "aes256"  # how what Corosync sends is encrypted; the document: none
corosync_crypto_hash = "sha256"  # how what Corosync sends is authenticated; the document: none
corosync_port = 5405  # udp, the document's mcastport
# Fencing; the document's, and every run says what that costs. True only with a fencing device of your own in the cluster.
stonith_enabled = False

# --- §2.3.3-2.3.4 the resources -----------------------------------------------------------------------------------
vip_monitor_interval = None  # how often the address is looked at; None: that of failovers, "20s" or "5s"
apache_monitor_interval = None  # how often Apache is looked at; None: that of failovers, "10s" or "5s"
# How long Apache's start, stop and monitor may take. Pacemaker's 20 s default is less than the agent's own patience: one
# slow download would fail a planned stop, and a failed stop without fencing blocks the resource for good.
apache_timeouts = {"start": "60s", "stop": "90s", "monitor": "20s"}
vip_timeouts = {"start": "20s", "stop": "20s", "monitor": "20s"}  # the same three of the address
# Of every resource: it stays where it is, and three failures keep it from a node. A failure is forgiven after a minute:
# nothing transient keeps a resource down until somebody types "cleanup".
resource_defaults = {"resource-stickiness": "100", "migration-threshold": "3", "failure-timeout": "60s"}
cluster_properties = {  # Pacemaker's
    "no-quorum-policy": "stop",
    # A start that fails counts like any other failure, instead of banning the node until somebody cleans up.
    "start-failure-is-fatal": "false",
    "cluster-recheck-interval": "60s",
}

# --- §2.4 GlusterFS -----------------------------------------------------------------------------------------------
gluster_packages = ["glusterfs-server", "glusterfs-client", "attr", "e2fsprogs"]  # Debian's
gluster_volume = "fs_ha"  # the volume's name
gluster_brick = "/gluster"  # the folder of each node that is its replica
gluster_options = {  # the volume's (keepalive, quorum, healing, caches), beside the time-outs of failovers
    "server.keepalive-time": "10",
    "server.keepalive-interval": "2",
    "server.keepalive-count": "5",
    "cluster.quorum-type": "auto",
    "cluster.server-quorum-type": "server",
    "cluster.favorite-child-policy": "none",
    "cluster.shd-max-threads": "4",  # files healed at once; Gluster's own: 1
    "cluster.heal-timeout": "30",  # seconds until what could not be healed is tried again; Gluster's own: 600
    "features.cache-invalidation": "on",
    "features.cache-invalidation-timeout": "600",
    "performance.cache-invalidation": "on",
    "performance.md-cache-timeout": "600",
    "performance.stat-prefetch": "on",
    "performance.nl-cache": "on",
    "performance.nl-cache-timeout": "600",
    "performance.parallel-readdir": "on",
    "network.inode-lru-limit": "200000",
    "storage.reserve": "1",
}
# True: the nodes' glusterds, bricks and clients speak TLS by certificates of the cluster's own authority, and the volume is for these nodes
# alone. False: the document's, all in clear. A volume that serves is changed brick after brick.
gluster_tls = True
gluster_mount_options = "defaults,_netdev"  # of the mount at the docroot

# --- §2.5 Drupal --------------------------------------------------------------------------------------------------
drupal_root = "/var/www/html/drupal"  # the docroot, where the volume is mounted; the document's
# A URL, or a file on the control machine; None: the newest release that is supported and that the distribution's PHP runs.
drupal_archive = _environ.get("WEBHA_DRUPAL_ARCHIVE")
drupal_checksum = None  # of drupal_archive, or of drupal_version's: "sha512:…" or "sha256:…"; a URL needs one
drupal_version = None  # a release by its number ("11.4.7") instead of the newest one
drupal_insecure = False  # True: a drupal_version that drupal.org calls insecure is installed all the same
# drupal.org's list of its releases; None: it is not asked.
drupal_feed = "https://updates.drupal.org/release-history/drupal/current"
drupal_releases = {  # where the list cannot be asked: 11.4.4 on Debian 13, 10.5.4 on 12, and the day on which each was the newest
    # Drupal 11 needs PHP 8.3, so Debian 12 gets the newest 10. The document's 7.43 is past its end and needs PHP 5.
    "13": (
        "https://ftp.drupal.org/files/projects/drupal-11.4.4.tar.gz",
        "sha512:2c08801a5ffada5a49ba2482ac239ac4e09a757ab920d3cbb9453e3e30162240010d0bb01992279732b51cd70eb0ee4eedc61c3ffa3edd359f2ae7083ca2b212",
        "2026-07-15",
    ),
    "12": (
        "https://ftp.drupal.org/files/projects/drupal-10.5.4.tar.gz",
        "sha256:eb536293e145d52e18d9ad22b8680e9028cb941a96b1209ba7e5ad232da0c035",
        "2025-10-09",
    ),
}
# What the site is: "drupal", "wordpress" (of Debian's package, where site_source names none), or "php": a docroot of your own. Of the keys drupal_…
# those of the title, the administrator, the database and cron are any application's.
app = "drupal"
# A site of your own, in the place of a Drupal release: a tar archive of a project that composer has built (web/ or docroot/ and vendor/), or its
# folder on the control machine.
site_source = None
# Where the site's code lies: "volume" (the document's: all of it in the docroot), or "local": on each node's own disk, uploads and settings alone on the
# volume. tasks/site.py moves a site from one to the other.
site_code = "volume"
site_keep = 2  # releases that stay on the volume beside the running one, each with its database (tasks/site.py)
drupal_install = True  # False: the web installer, the document's last step, is left to you
drupal_profile = "standard"  # what is installed
drupal_site_name = "Servidor Web HA"  # the site's title
drupal_admin = "admin"  # the administrator's name; the password: secrets/drupal_admin_password
drupal_admin_mail = "admin@example.org"  # the administrator's address, and the site's
drupal_db = "drupal"  # the database's name
drupal_db_user = "drupal"  # its account, at localhost
# More host names that Drupal answers to, as regular expressions: besides the vip, the nodes' addresses and names,
# server_name and floating_ip.
drupal_trusted_hosts = []
drupal_cron_minutes = 15  # minutes between two runs of cron, on the vip's holder

# --- Restore points (tasks/backup.py, tasks/restore.py, tasks/drill.py) ---------------------------------------------
# Where restic keeps them: a folder that all nodes share under this path, on another machine's disk (NFS, say); another machine by ssh,
# "sftp://user@host//path"; or "s3:https://host/bucket". None: none are made.
backup_target = None
backup_host_key = None  # of a machine that is reached by ssh: its public key, "ssh-ed25519 AAAA…"
backup_second_password = False  # True: secrets/backup_second_password opens them as well, for somebody else's safe
backup_at = "03:15"  # when one is made, every day, on a node that does not serve
backup_drill_at = "Sun 05:15"  # when the newest is restored to try it
# Besides all of the last two days:
backup_keep = {"daily": 7, "weekly": 5, "monthly": 12}  # restore points that stay: the newest of each period
backup_max_age = 48  # hours; the status calls an older last one a problem
backup_log_minutes = 5  # minutes between two savings of the binary logs, with galera_binlog
backup_limit = 0  # KiB a second that a backup may send; 0: as fast as it goes
backup_packages = ["restic", "rsync"]  # Debian's packages

# --- §2.3.3 OpenStack ---------------------------------------------------------------------------------------------
# A name in clouds.yaml ("envvars": the OS_* variables); None: the cloud step is skipped and says so.
openstack_cloud = None
# One of the project's, the document's; None: one is allocated. Drupal trusts it as a host name.
floating_ip = "172.22.206.1"
floating_ip_takeover = False  # True: taken from whatever it is associated with
openstack_network = None  # name or id; None: the one that holds the nodes' addresses
openstack_external_network = None  # name or id; None: the only one there is
openstack_security_group = None  # the name of one of our own to make and attach to the nodes' ports
