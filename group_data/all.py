"""Every tunable with its default: the document's value, or a safer one with a row in docs/deviations.md."""

from os import environ as _environ

# Secrets are not here: webha.secrets makes them once, in secrets/ (mode 0600, ignored by git), or takes them from the
# environment (WEBHA_DRUPAL_DB_PASSWORD, WEBHA_DRUPAL_ADMIN_PASSWORD, WEBHA_DRUPAL_HASH_SALT).

# --- how soon a fault is taken for one (docs/failures.md has what a client sees of either) ----------------------
# "document": the document's timers, for clouds whose machines stand still for seconds (live migration, busy hosts).
# "fast": for machines of your own. A key below that is not None, or is in gluster_options or wsrep_provider_options, wins.
failover = "document"
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

# --- the cluster ------------------------------------------------------------------------------------------------
cluster_name = "hacloud"  # corosync's, §2.3.2; tasks/reset.py asks for it
domain = "gonzalonazareno.com"  # §2.1.2: nodoha.gonzalonazareno.com
vip = "10.0.0.250"  # §2.3.3
vip_netmask = 24  # §2.3.3: cidr_netmask

# --- what a machine needs (guards, the document's §3: "no había RAM suficiente") ----------------------------------
minimum_ram_mb = 900
minimum_disk_mb = 3000
maximum_clock_skew = 1.0  # seconds between any two nodes

# --- §2.1 Galera --------------------------------------------------------------------------------------------------
galera_packages = ["mariadb-server", "galera-4", "mariadb-backup", "rsync", "socat"]
mariadb_repository = None  # Debian's own packages; or e.g. "https://deb.mariadb.org/11.8/debian"
mariadb_repository_key = None  # then: the repository's signing key, a file on the control machine
galera_cluster_name = "warner"
galera_bind_address = "0.0.0.0"  # noqa: S104 (the document's; the nodes' network is the boundary)
wsrep_sst_method = "mariabackup"  # the document: rsync, which blocks the donor
wsrep_slave_threads = 4
innodb_buffer_pool_size = "128M"
wsrep_provider_options = {}  # beside those of failovers

# --- §2.2 Apache --------------------------------------------------------------------------------------------------
# curl: what the cluster's apache agent looks at the status page with.
apache_packages = [
    "apache2", "curl", "php", "libapache2-mod-php", "php-cli", "php-gd", "php-mysql", "php-xml", "php-mbstring",
    "php-curl", "php-zip", "php-intl", "php-apcu",
]  # fmt: skip
apache_modules = ["rewrite", "headers", "expires", "status"]
server_name = "www.gonzalonazareno.com"
health_port = 8081  # on 127.0.0.1 only: server-status and the health page
php_settings = {
    "memory_limit": "256M",
    "upload_max_filesize": "32M",
    "post_max_size": "32M",
    "opcache.memory_consumption": "192",
    "opcache.max_accelerated_files": "20000",
    "realpath_cache_size": "4096K",
    "realpath_cache_ttl": "600",
}

# --- §2.3 Corosync and Pacemaker ----------------------------------------------------------------------------------
cluster_packages = [
    "corosync",
    "pacemaker",
    "pacemaker-cli-utils",
    "crmsh",
    "resource-agents",
    "iproute2",
    "iputils-arping",
    "socat",  # carries the name of a lost node to the reaper
]
corosync_token = None  # milliseconds; None: that of failovers
corosync_token_coefficient = None  # likewise
corosync_crypto_cipher = "aes256"  # the document: none
corosync_crypto_hash = "sha256"  # the document: none
corosync_port = 5405  # the document's mcastport
stonith_enabled = False  # the document's; every run says what that costs

# --- §2.3.3-2.3.4 the resources -----------------------------------------------------------------------------------
vip_monitor_interval = None  # None: that of failovers
apache_monitor_interval = None  # likewise
# Pacemaker's 20 s default is less than the agent's own patience: one slow download would fail a planned stop, and a
# failed stop without fencing blocks the resource for good.
apache_timeouts = {"start": "60s", "stop": "90s", "monitor": "20s"}
vip_timeouts = {"start": "20s", "stop": "20s", "monitor": "20s"}
# A failure is forgiven after a minute: nothing transient keeps a resource down until somebody types "cleanup".
resource_defaults = {"resource-stickiness": "100", "migration-threshold": "3", "failure-timeout": "60s"}
cluster_properties = {
    "no-quorum-policy": "stop",
    # A start that fails counts like any other failure, instead of banning the node until somebody cleans up.
    "start-failure-is-fatal": "false",
    "cluster-recheck-interval": "60s",
}

# --- §2.4 GlusterFS -----------------------------------------------------------------------------------------------
gluster_packages = ["glusterfs-server", "glusterfs-client", "attr", "e2fsprogs"]
gluster_volume = "fs_ha"
gluster_brick = "/gluster"
gluster_options = {  # beside those of failovers
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
gluster_mount_options = "defaults,_netdev"

# --- §2.5 Drupal --------------------------------------------------------------------------------------------------
drupal_root = "/var/www/html/drupal"  # the document's, where the volume is mounted
# None: the release below that fits the distribution; or a URL, or a file on the control machine.
drupal_archive = _environ.get("WEBHA_DRUPAL_ARCHIVE")
drupal_checksum = None  # of drupal_archive: "sha512:…" or "sha256:…"
drupal_releases = {
    # Drupal 11 needs PHP 8.3, so Debian 12 gets the newest 10. The document's 7.43 is past its end and needs PHP 5.
    "13": (
        "https://ftp.drupal.org/files/projects/drupal-11.4.4.tar.gz",
        "sha512:2c08801a5ffada5a49ba2482ac239ac4e09a757ab920d3cbb9453e3e30162240010d0bb01992279732b51cd70eb0ee4eedc61c3ffa3edd359f2ae7083ca2b212",
    ),
    "12": (
        "https://ftp.drupal.org/files/projects/drupal-10.5.4.tar.gz",
        "sha256:eb536293e145d52e18d9ad22b8680e9028cb941a96b1209ba7e5ad232da0c035",
    ),
}
drupal_install = True  # False: leave the web installer, the document's last step, to the user
drupal_profile = "standard"
drupal_site_name = "Servidor Web HA"
drupal_admin = "admin"
drupal_admin_mail = "admin@example.org"
drupal_db = "drupal"
drupal_db_user = "drupal"
drupal_trusted_hosts = []  # regular expressions besides the vip, the nodes' addresses and names and server_name
drupal_cron_minutes = 15

# --- §2.3.3 OpenStack ---------------------------------------------------------------------------------------------
# A name in clouds.yaml ("envvars": the OS_* variables); None: the cloud step is skipped and says so.
openstack_cloud = None
floating_ip = "172.22.206.1"  # the document's; None: one is allocated
floating_ip_takeover = False  # True: taken from whatever it is associated with
openstack_network = None  # name or id; None: the one that holds the nodes' addresses
openstack_external_network = None  # name or id; None: the only one there is
openstack_security_group = None  # the name of one of our own to make and attach to the nodes' ports
