"""What a datum may be: its type and its range, and the keys that nobody knows, each in a sentence before anything changes."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from difflib import get_close_matches
from ipaddress import ip_network
from itertools import accumulate
from math import isfinite
from pathlib import PurePath
from typing import Any

from pyinfra.connectors.ssh import ConnectorData

from webha.run.kinds import NO_TEXT, S3, SFTP, Kind, all_of, any_of, huge, none_or, number, pairs, text
from webha.run.parts import PARTS
from webha.run.ports import asked
from webha_node.site.apps import APPS

_FLAG = Kind("True or False", lambda value: isinstance(value, bool))
_LINE = text()
_QUOTED = text(f"[^{NO_TEXT}]*", "a text (a number in quotes)")  # compared with what a daemon says, which is text
_VALUE = Kind("a number, True or False", lambda value: isinstance(value, (int, float)) and isfinite(value))
_PHP = any_of(text(f"[^'{NO_TEXT}]*", "a text of one line without '"), _VALUE)  # php.ini has no escape for it
# They stand in one line, in quotes, with ; between.
_PROVIDER = any_of(text(r"[A-Za-z0-9_.:/?=@,+*%!-]*", "a text of letters, digits and _.:/?=@,+*%!-"), _VALUE)
# With a - behind it apt removes the package.
_PACKAGES = all_of(text(r"[a-z0-9][a-z0-9.+-]*[a-z0-9.+]", "a Debian package's name"), least=1)
_WORD = text(r"[A-Za-z][A-Za-z0-9_-]{0,62}", "a letter, then letters, digits, - and _")
_HOST = text(r"(?!-)[A-Za-z0-9-]{1,63}(\.(?!-)[A-Za-z0-9-]{1,63})*", "a host name")
_TIME = text(r"\d+(ms|s|m|min|h)?", "a time such as 20s")
_SIZE = any_of(text(r"\d+[KMGTkmgt]?", "a size such as 128M"), number(1, 10**15))
_PATH = text(
    r"(/(?!\.{1,2}(/|$))[A-Za-z0-9._-]+)+",
    "an absolute path of letters, digits, ., - and _, without a / at its end, without . and .. in it",
)
_BYTE = r"(25[0-5]|2[0-4]\d|1?\d?\d)"
_ADDRESS = text(rf"{_BYTE}(\.{_BYTE}){{3}}", "an IPv4 address")
_PORT = number(1, 65535)


def _reads(read: Callable[[str], object]) -> Callable[[Any], bool]:
    """Return whether ``read`` takes a text."""

    def fits(value: Any) -> bool:
        try:
            read(value)
        except ValueError:
            return False
        return True

    return lambda value: isinstance(value, str) and value.isascii() and fits(value)


def _network(address: str) -> None:
    if "%" in address:  # an interface, which Python takes and nft does not
        raise ValueError(address)
    ip_network(address, strict=False)


_NETWORK = Kind("an address or a network such as 10.0.0.0/24", _reads(_network))
_OPENING = Kind('a text such as "tcp 9100" or "udp 60000-61000 from 10.0.0.0/8"', _reads(asked))
_SQL = text(r"[A-Za-z][A-Za-z0-9_]{0,31}", "a letter, then letters, digits and _, 32 at most")
_TIMEOUTS = pairs(_TIME, ("start", "stop", "monitor"))


def _is_pattern(value: Any) -> bool:
    """Whether Drupal, which puts it between braces, can use it."""
    if not _LINE.fits(value):
        return False
    try:
        re.compile(value)
    except (re.error, OverflowError, RecursionError):
        return False
    depths = list(accumulate({"{": 1, "}": -1}.get(one, 0) for one in re.sub(r"\\.", "", value)))
    return not depths or (min(depths) >= 0 and depths[-1] == 0)


_RELEASE = (2, 3)  # archive and checksum, and a day
_COLUMN: Mapping[str, Kind] = {  # of the datum failovers
    "corosync_token": number(100, 600_000),
    "corosync_token_coefficient": none_or(number(0, 60_000)),
    "knet_ping_timeout": number(100, 600_000),
    "vip_monitor_interval": _TIME,
    "apache_monitor_interval": _TIME,
    "wsrep_provider_options": pairs(_PROVIDER),
    "gluster_options": pairs(_QUOTED),
    "ready_interval": number(0.1, 3600, whole=False),
    "ready_patience": number(0.1, 3600, whole=False),
    "guard_patience": number(0.1, 3600, whole=False),
}
_COLUMNS = Kind(
    "columns, each with " + ", ".join(_COLUMN) + " as in group_data/all.py",
    lambda value: (
        isinstance(value, Mapping)
        and all(
            isinstance(one, Mapping) and set(one) == set(_COLUMN) and all(_COLUMN[key].fits(one[key]) for key in one)
            for one in value.values()
        )
    ),
)
_RELEASES = Kind(
    'for "12" and "13" an archive and its checksum, and the day on which it was the newest ("2026-07-15") where that is known',
    lambda value: (
        isinstance(value, Mapping)
        and {"12", "13"} <= set(value)
        and all(
            isinstance(one, (list, tuple))
            and len(one) in _RELEASE
            and all(map(_LINE.fits, one))
            and all(map(_reads(date.fromisoformat), one[2:]))
            for one in value.values()
        )
    ),
)

KINDS: Mapping[str, Kind] = {
    "nodes_group": _WORD,
    "control_group": _WORD,
    "failover": _WORD,
    "failovers": _COLUMNS,
    "cluster_name": _WORD,
    "domain": _HOST,
    "vip": _ADDRESS,
    "vip_netmask": any_of(number(1, 30), text(r"[1-9]|[12]\d|30", "the same as a text")),
    "firewall": _FLAG,
    "firewall_packages": _PACKAGES,
    "ssh_sources": all_of(_NETWORK, least=1),
    "web_sources": all_of(_NETWORK),
    "database_sources": all_of(_NETWORK),
    "firewall_open": all_of(_OPENING),
    "minimum_ram_mb": number(0, 10**9),
    "minimum_disk_mb": number(0, 10**9),
    "maximum_clock_skew": number(0, 3600, whole=False),
    "galera_packages": _PACKAGES,
    "mariadb_repository": none_or(text(r"[a-z]+:/[!-~]+", "an address as apt takes it"), empty=True),
    "mariadb_repository_key": none_or(any_of(_LINE, Kind("a path", lambda value: isinstance(value, PurePath)))),
    "mariadb_repository_fingerprint": none_or(
        text(r"([0-9A-Fa-f] *){40}|([0-9A-Fa-f] *){64}", "a fingerprint of 40 or 64 hexadecimal digits")
    ),
    "galera_cluster_name": _WORD,
    "galera_bind_address": none_or(text(r"[0-9A-Fa-f.:,*]+", "an address, several with commas, or *")),
    "galera_tls": _FLAG,
    "wsrep_sst_method": text(r"mariabackup|rsync", "mariabackup or rsync"),
    "galera_binlog": _FLAG,
    "galera_binlog_days": number(1, 90),
    "wsrep_slave_threads": number(1, 512),
    "innodb_buffer_pool_size": _SIZE,
    "wsrep_provider_options": pairs(_PROVIDER),
    "apache_packages": _PACKAGES,
    "site_mail_relay": none_or(
        text(r"(?!-)[A-Za-z0-9-]{1,63}(\.(?!-)[A-Za-z0-9-]{1,63})*(:[1-9]\d{0,4})?", "a host, or a host and its port")
    ),
    "apache_modules": all_of(text(r"[a-z0-9_.]+", "a module's name")),
    "server_name": _HOST,
    "health_port": _PORT,
    "https": text(r"off|self-signed|files", "off, self-signed or files"),
    "https_certificate": none_or(_LINE),
    "https_key": none_or(_LINE),
    "https_hsts": none_or(number(0, 10**9)),
    "trusted_proxies": all_of(_NETWORK),
    "php_settings": pairs(_PHP),
    "cluster_packages": _PACKAGES,
    "corosync_token": none_or(number(100, 600_000)),
    "corosync_token_coefficient": none_or(number(0, 60_000)),
    "corosync_crypto_cipher": text(r"none|aes128|aes192|aes256", "none, aes128, aes192 or aes256"),
    "corosync_crypto_hash": text(r"none|md5|sha1|sha256|sha384|sha512", "none, md5, sha1, sha256, sha384 or sha512"),
    "corosync_port": _PORT,
    "stonith_enabled": _FLAG,
    "vip_monitor_interval": none_or(_TIME),
    "apache_monitor_interval": none_or(_TIME),
    "apache_timeouts": _TIMEOUTS,
    "vip_timeouts": _TIMEOUTS,
    "resource_defaults": pairs(_QUOTED),
    "cluster_properties": pairs(_QUOTED),
    "gluster_packages": _PACKAGES,
    "gluster_volume": _WORD,
    "gluster_brick": _PATH,
    "gluster_options": pairs(_QUOTED),
    "gluster_tls": _FLAG,
    "gluster_mount_options": text(r"[A-Za-z0-9_=.,:/-]+", "options of mount(8), with commas between"),
    "drupal_root": _PATH,
    "drupal_archive": none_or(_LINE),
    "drupal_checksum": none_or(text(r"sha(256:[0-9A-Fa-f]{64}|512:[0-9A-Fa-f]{128})", "sha256:… or sha512:…")),
    "drupal_version": none_or(text(r"\d{1,3}\.\d{1,3}\.\d{1,3}", "a version such as 11.4.7")),
    "drupal_insecure": _FLAG,
    "drupal_feed": none_or(text(r"https://[!-~]+", "a URL of https")),
    "drupal_releases": _RELEASES,
    "app": text("|".join(APPS), " or ".join(APPS)),
    "site_keep": number(0, 100),
    "site_source": none_or(_LINE),
    "site_code": text(r"volume|local", "volume or local"),
    "backup_target": none_or(
        text(
            r"(?!/(home|root|usr|boot|efi|etc|tmp|var/tmp|run|proc|sys|dev)(/|$))/[^\x00-\x1f\x7f'\"\\]*[^\x00-\x1f\x7f'\"\\/]"
            f"|{SFTP}|{S3}",
            "the path of a folder, not in /home, /root, /usr, /etc, /tmp or /run; sftp://user@host//path; or s3:https://host/bucket",
        )
    ),
    "backup_host_key": none_or(
        text(r"(ssh|ecdsa|sk)-[a-z0-9@.-]+ [A-Za-z0-9+/]+=*", "a public key: ssh-ed25519 AAAA…")
    ),
    "backup_second_password": _FLAG,
    "backup_keep": pairs(number(0, 10000), ("daily", "weekly", "monthly")),
    "backup_at": text(r"([01]\d|2[0-3]):[0-5]\d", "a time such as 03:15"),
    "backup_drill_at": text(
        r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun) ([01]\d|2[0-3]):[0-5]\d", "a day of the week and a time such as Sun 05:15"
    ),
    "backup_max_age": number(1, 100_000),
    "backup_log_minutes": number(1, 30),
    "backup_limit": number(0, 10**9),
    "backup_packages": _PACKAGES,
    "drupal_install": _FLAG,
    "drupal_profile": text(r"[a-z][a-z0-9_]*", "a profile's name"),
    "drupal_site_name": _LINE,
    "drupal_admin": _LINE,
    "drupal_admin_mail": text(f"[^@\\s{NO_TEXT}]+@[^@\\s{NO_TEXT}]+", "a mail address"),
    "drupal_db": _SQL,
    "drupal_db_user": _SQL,
    "drupal_trusted_hosts": all_of(Kind("a regular expression for a host's name", _is_pattern)),
    "drupal_cron_minutes": number(1, 1440),
    "openstack_cloud": none_or(_LINE),
    "floating_ip": none_or(_ADDRESS, empty=True),
    "floating_ip_takeover": _FLAG,
    "openstack_network": none_or(_LINE),
    "openstack_external_network": none_or(_LINE),
    "openstack_security_group": none_or(_LINE),
}
# What the command line may give to a verb.
VERBS = (
    "layer",
    "confirm",
    "report",
    "takeover",
    "part",
    "release",
    "database",
    "files",
    "to",
    "run",
    "point",
    "table",
    "path",
    "until",
    "before",
)
_OF_PYINFRA = tuple(ConnectorData.__annotations__)  # how a host is reached over ssh
_OF_VERBS: Mapping[str, Kind] = {
    "takeover": _FLAG,
    "part": text("|".join(PARTS), " or ".join(PARTS)),
    "point": text(r"[0-9a-f]{8,64}|latest", "the id of a restore point, or latest"),
    "table": text(r"[^`/\\\x00-\x1f]{1,64}", "the name of a table"),
    "path": _LINE,
    "until": text(
        r"\d{4}-\d\d-\d\d [0-2]\d:[0-5]\d(:[0-5]\d)?", "a time by the nodes' clocks such as 2026-11-25 12:00:00"
    ),
    "before": _FLAG,
}


def unknown(given: Iterable[str], theirs: Iterable[str] = ()) -> list[str]:
    """Say which keys nobody knows.

    ``given``: on the command line, where a key is one of ours or of ``theirs``, the data of a person's own inventory and
    group_data. Of these only one that is spelt almost like one of ours which they do not have is said.
    """
    own = set(theirs)
    known = {*KINDS, *VERBS, "address", *_OF_PYINFRA, *own}
    found = []
    for key in given:
        if key not in known and not key.startswith("_"):
            near = get_close_matches(key, (*KINDS, *VERBS), 1)
            found.append(
                f"{key}: no such datum" + (f", {near[0]} is meant?" if near else "; docs/data.md names them all")
            )
    for key in sorted(own - set(KINDS) - set(VERBS)):
        near = get_close_matches(key, KINDS, 1, 0.85)
        if near and near[0] not in own:
            found.append(f"{key}: no such datum, {near[0]} is meant?")
    return found


def unfit(data: Mapping[str, Any]) -> list[str]:
    """Say which of the data are of another type or outside of what is allowed."""
    found = []
    for key, kind in {**KINDS, **_OF_VERBS}.items():
        if key in data and (much := huge(data[key])):
            found.append(f"{key} holds {much}")
        elif key in data and not kind.fits(data[key]):
            in_quotes = (
                isinstance(data[key], (int, float)) and not isinstance(data[key], bool) and kind.fits(str(data[key]))
            )
            quoted = f"; on the command line: --data '{key}=\"{data[key]}\"'" if in_quotes else ""
            found.append(f"{key} is {data[key]!r}: allowed is {kind.allowed}{quoted}")
    return found
