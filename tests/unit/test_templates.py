"""What the tasks render for the default inventory."""

import re

import pytest
from jinja2 import UndefinedError

from webha.cluster import flatten
from webha.ground.render import render
from webha_node.site.apps import APPS

from .prepared import SECRETS, prepare
from .stubs import NAMES, ROOT

TEMPLATES = sorted(str(one.relative_to(ROOT / "templates")) for one in (ROOT / "templates").rglob("*.j2"))


@pytest.fixture(scope="module")
def rendered():
    """By template, then by node: every text that was rendered there, by default, and of what only another application has."""
    found = {}
    for node, template, _, text in prepare("deploy.py").rendered:
        found.setdefault(template, {}).setdefault(node, []).append(text)
    for node, template, _, text in prepare("tasks/backups.py", backup_target="/srv/backup").rendered:
        if template.startswith("backup/"):
            found.setdefault(template, {}).setdefault(node, []).append(text)
    for app in APPS:
        known = set(found)
        for node, template, _, text in prepare("tasks/drupal.py", app=app).rendered:
            if template not in known:
                found.setdefault(template, {}).setdefault(node, []).append(text)
    return found


def one(rendered, template, node=NAMES[0]):
    return rendered[template][node][-1]


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_template_is_rendered_whole_for_every_node(rendered, template):
    assert set(rendered[template]) == set(NAMES)
    for texts in rendered[template].values():
        for text in texts:
            assert text.endswith("\n")
            assert not re.search(r"\{\{|\}\}|\{%|%\}|\{#|Undefined", text)
            if not template.endswith(".py.j2"):  # whose own words these are
                ours = text.replace("AllowOverride None", "")  # Apache's own word
                assert not re.search(r"\bNone\b|\bTrue\b|\bFalse\b", ours)


def test_no_template_is_a_program_of_pythons():
    """Those are in webha_node, where a type checker sees them; values reach them as JSON."""
    for path in (ROOT / "templates").rglob("*"):
        assert path.is_dir() or (".py" not in path.name and "python" not in path.read_text().splitlines()[0])


@pytest.mark.parametrize("template", [name for name in TEMPLATES if "{{" in (ROOT / "templates" / name).read_text()])
def test_a_template_without_its_values_is_an_error(template):
    with pytest.raises(UndefinedError):
        render(template)


@pytest.mark.parametrize("template", [name for name in TEMPLATES if name != "galera/galera.cnf.j2"])
def test_a_file_is_the_same_on_every_node(rendered, template):
    assert len({tuple(texts) for texts in rendered[template].values()}) == 1


def test_galera_cnf_differs_in_the_nodes_name_and_address_alone(rendered):
    lines = {node: one(rendered, "galera/galera.cnf.j2", node).splitlines() for node in NAMES}
    different = [row for row in zip(*lines.values(), strict=True) if len(set(row)) > 1]
    numbers = (133, 134, 135)
    assert different == [
        tuple(f"bind-address = 127.0.0.1,10.0.0.{number}" for number in numbers),
        tuple(f"wsrep_node_name = {name}" for name in NAMES),
        tuple(f"wsrep_node_address = 10.0.0.{number}" for number in numbers),
        tuple(f"wsrep_node_incoming_address = 10.0.0.{number}" for number in numbers),
    ]


def test_galera_cnf_names_all_members(rendered):
    text = one(rendered, "galera/galera.cnf.j2")
    assert 'wsrep_cluster_address = "gcomm://10.0.0.133,10.0.0.134,10.0.0.135"' in text
    assert 'wsrep_provider_options = "gcache.size=256M;socket.dynamic=no;socket.ssl=yes;' in text


def test_corosync_conf_has_one_key_or_brace_a_line(rendered):
    text = one(rendered, "cluster/corosync.conf.j2")
    for line in text.splitlines():
        assert re.fullmatch(r"\s*(#.*|[a-z_]+ \{|\}|[a-z_0-9]+: \S+)?", line), line
    assert text.count("{") == text.count("}")


def test_corosync_conf_lists_every_node(rendered):
    values = flatten(one(rendered, "cluster/corosync.conf.j2"))
    assert [values[f"nodelist.node.{i}.name"] for i in range(3)] == list(NAMES)
    assert [values[f"nodelist.node.{i}.nodeid"] for i in range(3)] == ["1", "2", "3"]
    assert values["totem.cluster_name"] == "hacloud"
    assert values["quorum.expected_votes"] == "3"
    assert "totem.token_coefficient" not in values


def test_a_token_coefficient_of_the_data_reaches_corosync_conf():
    text = prepare("tasks/cluster.py", corosync_token_coefficient=0).rendered[0][3]
    assert flatten(text)["totem.token_coefficient"] == "0"


def test_the_closed_settings_answer_503_and_the_open_ones_do_not(rendered):
    texts = rendered["drupal/settings.php.j2"][NAMES[0]]
    assert ["http_response_code(503)" in text for text in texts] == [False, True]


SETTINGS = ("drupal/settings.php.j2", "drupal/settings.webha.php.j2", "wordpress/wp-config.php.j2", "php/webha.php.j2")


def test_secrets_stand_in_settings_php_alone_and_are_quoted_for_php(rendered):
    password = SECRETS["WEBHA_DRUPAL_DB_PASSWORD"]
    assert "'" in password
    quoted = "'" + password.replace("'", "\\'") + "'"
    assert all(quoted in text for name in SETTINGS for text in rendered[name][NAMES[0]])
    for template, nodes in rendered.items():
        if template not in (*SETTINGS, "backup/backup.env.j2"):
            assert not any(secret in text for secret in SECRETS.values() for texts in nodes.values() for text in texts)


@pytest.mark.parametrize("template", SETTINGS)
def test_every_request_goes_through_the_gate_and_stays_away_from_half_a_database(rendered, template):
    for text in rendered[template][NAMES[0]]:
        gates = [
            text.index(one) for one in ("/run/webha/site.restoring", "/run/webha/pages.gate", "/run/webha/pages.inside")
        ]
        assert gates == sorted(gates)


@pytest.mark.parametrize(
    ("value", "quoted"),
    [("plain", "'plain'"), ("it's", r"'it\'s'"), ("back\\slash", r"'back\\slash'"), ("\\'", r"'\\\''")],
)
def test_php_gets_back_what_was_quoted(value, quoted):
    from webha.ground.render import _php_quoted  # noqa: PLC0415

    assert _php_quoted(value) == quoted


@pytest.mark.parametrize(
    "template",
    [name for name in TEMPLATES if any(kind in name for kind in (".service", ".socket", ".timer", ".mount"))],
)
def test_every_unit_file_has_sections_and_keys_only(rendered, template):
    for text in rendered[template][NAMES[0]]:
        for line in text.splitlines():
            assert re.fullmatch(r"(#.*|\[[A-Z][a-z]+\]|[A-Za-z]+=.*)?", line), line


def test_each_daemon_notes_what_it_is_made_of_and_comes_back(rendered):
    texts = rendered["node/daemon.service.j2"][NAMES[0]]
    for name, text in zip(("aside", "galera-keeper", "ready", "guard"), texts, strict=True):
        assert f"\nExecStart=/usr/bin/python3 -Iu /usr/local/lib/webha/node.pyz {name} webha-{name}.service\n" in text
        assert "\nRestart=always\n" in text
        assert "Requires=" not in text
    assert ["OOMScoreAdjust" in text for text in texts] == [
        False,
        False,
        False,
        True,
    ]  # the guard must run when nothing else does


def test_the_handover_stops_before_what_the_site_stands_on(rendered):
    text = one(rendered, "vip/webha-handover.service.j2")
    (after,) = re.findall(r"^After=(.*)$", text, re.MULTILINE)
    assert {"mariadb.service", "glusterd.service", "var-www-html-drupal.mount", "network.target"} <= set(after.split())
    assert "pacemaker" not in after


def test_the_docroots_mount_unit_is_where_systemd_looks_for_it(rendered):
    text = one(rendered, "gluster/docroot.mount.j2")
    assert "Where=/var/www/html/drupal\n" in text
    assert "What=localhost:/fs_ha\n" in text
