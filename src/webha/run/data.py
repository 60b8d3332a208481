"""What a datum may be: its type and its range, and the keys that nobody knows, each in a sentence before anything changes."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from ipaddress import ip_network
from itertools import accumulate
from math import isfinite
from pathlib import PurePath
from typing import Any

from pyinfra.connectors.ssh import ConnectorData

from webha.run.parts import PARTS
from webha.run.ports import asked


@dataclass(frozen=True)
class Kind:
    """What is allowed, for a person, and whether a value is that."""

    allowed: str
    fits: Callable[[Any], bool]


# What no line and no XML can hold, and bytes of the command line that are no text.
_NO_TEXT = "\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029\\ud800-\\udfff\\ufffe\\uffff"


def _text(pattern: str = f"[^{_NO_TEXT}]+", allowed: str = "a text of one line") -> Kind:
    return Kind(allowed, lambda value: isinstance(value, str) and re.fullmatch(pattern, value, re.ASCII) is not None)


def _number(least: float, most: float, whole: bool = True) -> Kind:
    kinds = (int,) if whole else (int, float)
    return Kind(
        f"{'a whole number' if whole else 'a number'} from {least:g} to {most:g}",
        lambda value: isinstance(value, kinds) and not isinstance(value, bool) and least <= value <= most,
    )


def _none_or(kind: Kind, empty: bool = False) -> Kind:
    """``empty``: an empty text is none, too."""
    return Kind(
        f"None (on the command line: null) or {kind.allowed}",
        lambda value: value is None or (empty and value == "") or (value != "None" and kind.fits(value)),
    )


def _all_of(kind: Kind, least: int = 0) -> Kind:
    return Kind(
        f"a list, each {kind.allowed}",
        lambda value: isinstance(value, (list, tuple)) and len(value) >= least and all(map(kind.fits, value)),
    )


def _pairs(value_kind: Kind, keys: Iterable[str] = ()) -> Kind:
    """A name stands at the beginning of a line, or in an XML id."""
    wanted = set(keys)
    return Kind(
        "names of letters, digits, ., - and _ with a value each, "
        + value_kind.allowed
        + (f", for {', '.join(sorted(wanted))}" if wanted else ""),
        lambda value: (
            isinstance(value, Mapping)
            and all(isinstance(key, str) and re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]*", key) for key in value)
            and all(map(value_kind.fits, value.values()))
            and (not wanted or set(value) == wanted)
        ),
    )


def _any_of(*kinds: Kind) -> Kind:
    return Kind(" or ".join(kind.allowed for kind in kinds), lambda value: any(kind.fits(value) for kind in kinds))


_FLAG = Kind("True or False", lambda value: isinstance(value, bool))
_LINE = _text()
_QUOTED = _text(f"[^{_NO_TEXT}]*", "a text (a number in quotes)")  # compared with what a daemon says, which is text
_VALUE = Kind("a number, True or False", lambda value: isinstance(value, (int, float)) and isfinite(value))
_PHP = _any_of(_text(f"[^'{_NO_TEXT}]*", "a text of one line without '"), _VALUE)  # php.ini has no escape for it
# They stand in one line, in quotes, with ; between.
_PROVIDER = _any_of(_text(r"[A-Za-z0-9_.:/?=@,+*%!-]*", "a text of letters, digits and _.:/?=@,+*%!-"), _VALUE)
# With a - behind it apt removes the package.
_PACKAGES = _all_of(_text(r"[a-z0-9][a-z0-9.+-]*[a-z0-9.+]", "a Debian package's name"), least=1)
_WORD = _text(r"[A-Za-z][A-Za-z0-9_-]{0,62}", "a letter, then letters, digits, - and _")
_HOST = _text(r"(?!-)[A-Za-z0-9-]{1,63}(\.(?!-)[A-Za-z0-9-]{1,63})*", "a host name")
_TIME = _text(r"\d+(ms|s|m|min|h)?", "a time such as 20s")
_SIZE = _any_of(_text(r"\d+[KMGTkmgt]?", "a size such as 128M"), _number(1, 10**15))
_PATH = _text(
    r"(/(?!\.{1,2}(/|$))[A-Za-z0-9._-]+)+",
    "an absolute path of letters, digits, ., - and _, without a / at its end, without . and .. in it",
)
_BYTE = r"(25[0-5]|2[0-4]\d|1?\d?\d)"
_ADDRESS = _text(rf"{_BYTE}(\.{_BYTE}){{3}}", "an IPv4 address")
_PORT = _number(1, 65535)


def _reads(read: Callable[[str], object]) -> Callable[[Any], bool]:
    """Return whether ``read`` takes a text."""

    def fits(value: Any) -> bool:
        try:
            read(value)
        except ValueError:
            return False
        return True

    return lambda value: isinstance(value, str) and value.isascii() and fits(value)


def _network(text: str) -> None:
    if "%" in text:  # an interface, which Python takes and nft does not
        raise ValueError(text)
    ip_network(text, strict=False)


_NETWORK = Kind("an address or a network such as 10.0.0.0/24", _reads(_network))
_OPENING = Kind('a text such as "tcp 9100" or "udp 60000-61000 from 10.0.0.0/8"', _reads(asked))
_SQL = _text(r"[A-Za-z][A-Za-z0-9_]{0,31}", "a letter, then letters, digits and _, 32 at most")
_TIMEOUTS = _pairs(_TIME, ("start", "stop", "monitor"))


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


_PAIR = 2  # archive and checksum
_COLUMN: Mapping[str, Kind] = {  # of the datum failovers
    "corosync_token": _number(100, 600_000),
    "corosync_token_coefficient": _none_or(_number(0, 60_000)),
    "knet_ping_timeout": _number(100, 600_000),
    "vip_monitor_interval": _TIME,
    "apache_monitor_interval": _TIME,
    "wsrep_provider_options": _pairs(_PROVIDER),
    "gluster_options": _pairs(_QUOTED),
    "ready_interval": _number(0.1, 3600, whole=False),
    "ready_patience": _number(0.1, 3600, whole=False),
    "guard_patience": _number(0.1, 3600, whole=False),
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
    'for "12" and "13" an archive and its checksum',
    lambda value: (
        isinstance(value, Mapping)
        and {"12", "13"} <= set(value)
        and all(
            isinstance(one, (list, tuple)) and len(one) == _PAIR and all(map(_LINE.fits, one)) for one in value.values()
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
    "vip_netmask": _any_of(_number(1, 30), _text(r"[1-9]|[12]\d|30", "the same as a text")),
    "firewall": _FLAG,
    "firewall_packages": _PACKAGES,
    "ssh_sources": _all_of(_NETWORK, least=1),
    "web_sources": _all_of(_NETWORK),
    "database_sources": _all_of(_NETWORK),
    "firewall_open": _all_of(_OPENING),
    "minimum_ram_mb": _number(0, 10**9),
    "minimum_disk_mb": _number(0, 10**9),
    "maximum_clock_skew": _number(0, 3600, whole=False),
    "galera_packages": _PACKAGES,
    "mariadb_repository": _none_or(_text(r"[a-z]+:/[!-~]+", "an address as apt takes it"), empty=True),
    "mariadb_repository_key": _none_or(_any_of(_LINE, Kind("a path", lambda value: isinstance(value, PurePath)))),
    "galera_cluster_name": _WORD,
    "galera_bind_address": _none_or(_text(r"[0-9A-Fa-f.:,*]+", "an address, several with commas, or *")),
    "galera_tls": _FLAG,
    "wsrep_sst_method": _text(r"mariabackup|rsync", "mariabackup or rsync"),
    "wsrep_slave_threads": _number(1, 512),
    "innodb_buffer_pool_size": _SIZE,
    "wsrep_provider_options": _pairs(_PROVIDER),
    "apache_packages": _PACKAGES,
    "apache_modules": _all_of(_text(r"[a-z0-9_.]+", "a module's name")),
    "server_name": _HOST,
    "health_port": _PORT,
    "https": _text(r"off|self-signed|files", "off, self-signed or files"),
    "https_certificate": _none_or(_LINE),
    "https_key": _none_or(_LINE),
    "https_hsts": _none_or(_number(0, 10**9)),
    "trusted_proxies": _all_of(_NETWORK),
    "php_settings": _pairs(_PHP),
    "cluster_packages": _PACKAGES,
    "corosync_token": _none_or(_number(100, 600_000)),
    "corosync_token_coefficient": _none_or(_number(0, 60_000)),
    "corosync_crypto_cipher": _text(r"none|aes128|aes192|aes256", "none, aes128, aes192 or aes256"),
    "corosync_crypto_hash": _text(r"none|md5|sha1|sha256|sha384|sha512", "none, md5, sha1, sha256, sha384 or sha512"),
    "corosync_port": _PORT,
    "stonith_enabled": _FLAG,
    "vip_monitor_interval": _none_or(_TIME),
    "apache_monitor_interval": _none_or(_TIME),
    "apache_timeouts": _TIMEOUTS,
    "vip_timeouts": _TIMEOUTS,
    "resource_defaults": _pairs(_QUOTED),
    "cluster_properties": _pairs(_QUOTED),
    "gluster_packages": _PACKAGES,
    "gluster_volume": _WORD,
    "gluster_brick": _PATH,
    "gluster_options": _pairs(_QUOTED),
    "gluster_tls": _FLAG,
    "gluster_mount_options": _text(r"[A-Za-z0-9_=.,:/-]+", "options of mount(8), with commas between"),
    "drupal_root": _PATH,
    "drupal_archive": _none_or(_LINE),
    "drupal_checksum": _none_or(_text(r"sha(256:[0-9A-Fa-f]{64}|512:[0-9A-Fa-f]{128})", "sha256:… or sha512:…")),
    "drupal_releases": _RELEASES,
    "drupal_install": _FLAG,
    "drupal_profile": _text(r"[a-z][a-z0-9_]*", "a profile's name"),
    "drupal_site_name": _LINE,
    "drupal_admin": _LINE,
    "drupal_admin_mail": _text(f"[^@\\s{_NO_TEXT}]+@[^@\\s{_NO_TEXT}]+", "a mail address"),
    "drupal_db": _SQL,
    "drupal_db_user": _SQL,
    "drupal_trusted_hosts": _all_of(Kind("a regular expression for a host's name", _is_pattern)),
    "drupal_cron_minutes": _number(1, 1440),
    "openstack_cloud": _none_or(_LINE),
    "floating_ip": _none_or(_ADDRESS, empty=True),
    "floating_ip_takeover": _FLAG,
    "openstack_network": _none_or(_LINE),
    "openstack_external_network": _none_or(_LINE),
    "openstack_security_group": _none_or(_LINE),
}
# What the command line may give to a verb.
VERBS = ("layer", "confirm", "report", "takeover", "part")
_OF_PYINFRA = tuple(ConnectorData.__annotations__)  # how a host is reached over ssh
_OF_VERBS: Mapping[str, Kind] = {
    "takeover": _FLAG,
    "part": _text("|".join(PARTS), " or ".join(PARTS)),
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
        if key in data and not kind.fits(data[key]):
            number = (
                isinstance(data[key], (int, float)) and not isinstance(data[key], bool) and kind.fits(str(data[key]))
            )
            quoted = f"; on the command line: --data '{key}=\"{data[key]}\"'" if number else ""
            found.append(f"{key} is {data[key]!r}: allowed is {kind.allowed}{quoted}")
    return found
