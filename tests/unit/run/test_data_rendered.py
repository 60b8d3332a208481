"""No datum that validation takes breaks what is rendered of it; one that it refuses is refused in a sentence."""

import re

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from webha import firewall
from webha.apache import mail
from webha.cluster.cib import Wanted, merged
from webha.cluster.references import identities
from webha.drupal import trusted_hosts
from webha.ground.render import render
from webha.run import failover, ports
from webha.run.data import KINDS, unfit
from webha.run.inventory import Node, problems

from ..cluster.test_cib import EMPTY, element
from ..prepared import prepare
from ..stubs import NAMES
from . import skeleton
from .drawn_data import DEFAULTS, PIECES, changed, taken

TASKS = ("hosts", "firewall", "galera", "apache", "cluster", "gluster", "drupal", "vip")
modest = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@pytest.fixture(scope="module")
def default():
    """Every template with the values that it gets of the default data, on the first node."""
    found = {}
    for name in TASKS:
        found |= {
            template: values for host, template, values, _ in prepare(f"tasks/{name}.py").rendered if host == NAMES[0]
        }
    return found


def php_settings(template, data):
    """What PHP is told in a file: the mail's way out in both, ``php_settings`` in that of the pages alone."""
    try:
        found = mail(data["site_mail_relay"], data["drupal_admin_mail"])
    except ValueError:  # A sender that a shell would read otherwise; the run stops.
        found = {}
    return found if "commands.ini" in template else found | data["php_settings"]


def values(template, before, data):
    """The values of a template as the tasks take them from ``data``."""
    found = failover.timers(
        data["failover"] if data["failover"] in data["failovers"] else "document",
        data["failovers"] if "document" in data["failovers"] else DEFAULTS["failovers"],
        {},
        {"wsrep_provider_options": data["wsrep_provider_options"]},
    )
    fresh = {
        "bind_address": data["galera_bind_address"],
        "sst_method": data["wsrep_sst_method"],
        "applier_threads": data["wsrep_slave_threads"],
        "innodb_buffer_pool_size": data["innodb_buffer_pool_size"],
        "provider_options": found["wsrep_provider_options"],
        "cluster_name": data["galera_cluster_name" if "galera" in template else "cluster_name"],
        "server_name": data["server_name"],
        "drupal_root": data["drupal_root"],
        "root": data["drupal_root"],
        "health_port": data["health_port"],
        "settings": php_settings(template, data),
        "token": found["corosync_token"],
        "crypto_cipher": data["corosync_crypto_cipher"],
        "crypto_hash": data["corosync_crypto_hash"],
        "port": data["corosync_port"],
        "volume": data["gluster_volume"],
        "options": data["gluster_mount_options"],
        "vip": data["vip"],
        "minutes": data["drupal_cron_minutes"],
        "database": data["drupal_db"],
        "user": data["drupal_db_user"],
        "openings": (
            *firewall.ssh((22,), data["ssh_sources"]),
            *firewall.openings(
                ports.table(data["corosync_port"], data["https"]),
                [Node("a", "10.0.0.133", "a.example.org")],
                data["vip"],
                web_sources=data["web_sources"],
                database_sources=data["database_sources"],
                further=data["firewall_open"],
            ),
        ),
        "trusted_proxies": data["trusted_proxies"],
        "trusted_hosts": trusted_hosts([data["vip"], data["server_name"]], data["drupal_trusted_hosts"]),
    }
    return before | {key: value for key, value in fresh.items() if key in before}


def alike(template, text, before, given_):
    """Whether it has the default's skeleton, where that does not hang on how many data there are."""
    own, known = skeleton.of(template, text), skeleton.of(template, before)
    if "php.ini" in template or "commands.ini" in template:
        return own[1:] == ["expose_php", *sorted(given_["settings"], key=str.lower)]
    if "settings." in template:
        return set(own) <= {*known, " "}
    by_method = {"wsrep_sst_auth", "#"}
    return [one for one in own if one not in by_method] == [one for one in known if one not in by_method]


@settings(modest, max_examples=40)
@given(taken())
def test_what_is_taken_changes_no_template_but_in_its_values(default, data):
    assert unfit(data) == []
    for template, before in default.items():
        fresh = values(template, before, data)
        text = render(template, **fresh)
        text.encode()
        # Lines that are there only where the datum is.
        proxies = {"trusted_proxies": ["10.0.0.9"]} if fresh.get("trusted_proxies") else {}
        assert alike(template, text, render(template, **before | proxies), fresh), f"{template}\n{text}"


HOSTILE = {
    "php_settings": {"error_log": '"; x', "session.save_path": "N;${a}", "short_open_tag": False},
    "ssh_sources": ["::ffff:1.2.3.4", "fe80::/10"],
    "firewall_open": ["udp 1-65535 from ::/0", "tcp 1"],
    "drupal_trusted_hosts": [r"^a'\\.org{1,2}$"],
    "drupal_site_name": "'\"$(id) {{x}} %n \\",
    "drupal_admin": "o'brien; x",
    "drupal_root": "/srv/-a.b_c",
    "wsrep_provider_options": {"socket.ssl_cipher": "AES128-SHA:@%*"},
    "gluster_mount_options": "defaults,x-systemd.a=b:c",
    "resource_defaults": {"resource-stickiness": "<&\"'>"},
    "galera_bind_address": "::,10.0.0.1",
}


@pytest.mark.parametrize("task", ["galera", "apache", "gluster", "drupal"])
def test_a_whole_step_takes_what_it_is_given(task):
    assert unfit(DEFAULTS | HOSTILE) == []
    before, after = (prepare(f"tasks/{task}.py", **given_).rendered for given_ in ({}, HOSTILE))
    for (_, template, _, old), (_, _, given_, text) in zip(before, after, strict=True):
        assert alike(template, text, old, given_), f"{template}\n{text}"


@modest
@given(changed())
@example(("php_settings", {"memory_limit\nextension": "x.so"}))
@example(("php_settings", {"memory_limit": "1'\nx"}))
@example(("wsrep_provider_options", {"gcache.size": '1M"\nwsrep_on=OFF'}))
@example(("wsrep_provider_options", {"gcache.size": "1M;evs.suspect_timeout=PT0S"}))
@example(("drupal_trusted_hosts", ["}e"]))
@example(("drupal_root", "/var/www/../../etc"))
@example(("apache_packages", ["php-"]))
@example(("vip", "10.0.0.٣"))
@example(("drupal_site_name", "\udcff"))
def test_what_is_refused_is_refused_by_key_and_value(given_):
    key, value = given_
    said = unfit(DEFAULTS | {key: value})
    if not KINDS[key].fits(value):
        much = isinstance(value, int) and abs(value) >= 10**18
        words = "holds a number of more than 18 digits" if much else f"is {value!r}: allowed is {KINDS[key].allowed}"
        assert said[0].startswith(f"{key} {words}")
        said[0].encode()
        assert len(said) == 1
    else:
        assert said == []


REFUSED = {
    "a line of its own in php.ini": ("php_settings", {"memory_limit\nextension": "x.so"}),
    "a quote in php.ini": ("php_settings", {"memory_limit": "1'2"}),
    "no number": ("php_settings", {"memory_limit": float("inf")}),
    "the end of Galera's options": ("wsrep_provider_options", {"gcache.size": '1M"'}),
    "another of Galera's options": ("wsrep_provider_options", {"gcache.size": "1M;evs.suspect_timeout=PT0S"}),
    "no name in XML": ("cluster_properties", {"no quorum": "stop"}),
    "an option of gluster's command": ("gluster_options", {"--x": "1"}),
    "the end of Drupal's pattern": ("drupal_trusted_hosts", ["a}e"]),
    "half a pattern": ("drupal_trusted_hosts", ["(a"]),
    "another place": ("drupal_root", "/var/www/../../etc"),
    "the same place written otherwise": ("gluster_brick", "/./gluster"),
    "what apt removes": ("apache_packages", ["apache2", "php-"]),
    "digits of another script": ("vip", "10.0.0.٣"),
    "no address": ("floating_ip", "10.0.0.256"),
    "bytes that are no text": ("drupal_site_name", "\udcff"),
    "what XML cannot hold": ("resource_defaults", {"migration-threshold": "\uffff"}),
    "a zero byte": ("drupal_admin_mail", "a\x00@b"),
}


@pytest.mark.parametrize(("key", "value"), REFUSED.values(), ids=REFUSED)
def test_what_would_be_more_than_a_value_is_refused(key, value):
    (said,) = unfit(DEFAULTS | {key: value})
    assert said.startswith(f"{key} is {value!r}: allowed is ")


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("256M", "x = 256M"),
        ("E_ALL & ~E_DEPRECATED", "x = E_ALL & ~E_DEPRECATED"),
        ("N;/var/tmp", "x = 'N;/var/tmp'"),
        ('"', "x = '\"'"),
        ("${x}", "x = '${x}'"),
        (True, "x = On"),
        (False, "x = Off"),
        (1.5, "x = 1.5"),
    ],
)
def test_php_reads_a_value_and_nothing_else(value, line):
    assert unfit(DEFAULTS | {"php_settings": {"x": value}}) == []
    assert line in render("apache/php.ini.j2", settings={"x": value}).splitlines()


@modest
@given(taken(("resource_defaults", "cluster_properties")))
def test_what_goes_into_the_cib_is_xml_with_names_that_are_ids(data):
    text, _ = merged(EMPTY, Wanted(data["cluster_properties"], data["resource_defaults"]))
    root = element(text)
    skeleton.xml_text(root)
    assert all(re.fullmatch(r"[A-Za-z_][\w.-]*", one) for one in identities(root))
    pairs = {one.get("name"): one.get("value") for one in root.iter("nvpair")}
    assert pairs == {**data["cluster_properties"], **data["resource_defaults"]}


NAME = st.sampled_from(
    ["web1", "WEB", "a", "web-1.x", "x" * 64, "", *(f"web{one}" for one in PIECES), *(f"{one}web" for one in PIECES)]
)
ADDRESS = st.sampled_from(
    ["10.0.0.1", "10.0.0.2", "10.0.0.250", "::1", "10.0.0.1\n", "10.0.0.01", "10.0.0", "٣.0.0.1", *PIECES]
)


@modest
@given(st.lists(st.tuples(NAME, ADDRESS), max_size=3), ADDRESS)
def test_an_inventory_is_a_cluster_or_what_is_wrong_is_said(default, others, vip):
    nodes = (Node("web8", "10.0.0.8", "web8.org"), Node("web9", "10.0.0.9", "web9.org"))
    nodes += tuple(Node(name, address, f"{name}.org") for name, address in others)
    said = problems(nodes, vip, 24)
    if said:
        assert all(isinstance(line, str) and line for line in said)
        return
    for template in ("cluster/corosync.conf.j2", "galera/galera.cnf.j2"):
        given_ = default[template] | {"nodes": nodes} | ({"node": nodes[-1]} if "galera" in template else {})
        text = render(template, **given_)
        own, known = skeleton.of(template, text), skeleton.of(template, render(template, **default[template]))
        assert {re.sub(r"\d+", "0", one) for one in own} == {re.sub(r"\d+", "0", one) for one in known}
