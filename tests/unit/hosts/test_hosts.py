import pytest

from webha.hosts import BEGIN, CLOUD_INIT_NAMES, END, HIDDEN, elsewhere, with_nodes, without_nodes
from webha.run.inventory import Node

NODES = (
    Node("nodoha", "10.0.0.133", "nodoha.gonzalonazareno.com"),
    Node("nodoha2", "10.0.0.134", "nodoha2.gonzalonazareno.com"),
    Node("nodoha3", "10.0.0.135", "nodoha3.gonzalonazareno.com"),
)
BLOCK = [
    BEGIN,
    "10.0.0.133 nodoha.gonzalonazareno.com nodoha",
    "10.0.0.134 nodoha2.gonzalonazareno.com nodoha2",
    "10.0.0.135 nodoha3.gonzalonazareno.com nodoha3",
    END,
]
DEBIAN = """127.0.0.1\tlocalhost
127.0.1.1\tnodoha.gonzalonazareno.com nodoha

# The following lines are desirable for IPv6 capable hosts
::1     localhost ip6-localhost ip6-loopback
ff02::1 ip6-allnodes
"""
TEMPLATE = """## template:jinja
{#
This file (/etc/cloud/templates/hosts.debian.tmpl) is only utilized
#}
127.0.1.1 {{fqdn}} {{hostname}}
127.0.0.1 localhost

::1 localhost ip6-localhost ip6-loopback
"""
TEXTS = {
    "Debian's": DEBIAN,
    "cloud-init's": TEMPLATE,
    "empty": "",
    "with the administrator's lines": "127.0.0.1 localhost\n10.9.9.9 printer # nodoha is not here\n\n\n# end\n",
    "with an indented loopback line": " 127.0.1.1   nodoha2 # mine\n\t\n",
}
every_text = pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())


def test_the_nodes_stand_in_one_block_at_the_end():
    assert with_nodes(DEBIAN, NODES).splitlines()[-5:] == BLOCK


def test_the_loopback_line_of_the_nodes_own_name_is_hidden():
    assert HIDDEN + "127.0.1.1\tnodoha.gonzalonazareno.com nodoha" in with_nodes(DEBIAN, NODES).splitlines()


@every_text
def test_what_was_added_can_be_taken_away(text):
    assert without_nodes(with_nodes(text, NODES, CLOUD_INIT_NAMES)) == text


@every_text
def test_adding_twice_is_adding_once(text):
    once = with_nodes(text, NODES, CLOUD_INIT_NAMES)
    assert with_nodes(once, NODES, CLOUD_INIT_NAMES) == once


@every_text
def test_a_text_without_a_block_is_left_as_it_is(text):
    assert without_nodes(text) == text


def test_all_other_lines_are_untouched():
    before, after = DEBIAN.splitlines(), with_nodes(DEBIAN, NODES).splitlines()
    assert [line for line in after[:-5] if not line.startswith(HIDDEN)] == [before[0], *before[2:]]


@pytest.mark.parametrize(
    "line",
    [
        "127.0.0.1 localhost nodoha",
        "127.0.1.1 somebody",
        "127.0.1.1 nodoha22",
        "# 127.0.1.1 nodoha",
        "127.0.1.1 printer # nodoha",
        "10.0.0.99 nodoha",
        "::1 nodoha",
    ],
)
def test_a_line_that_maps_no_node_to_a_loopback_alias_stays(line):
    assert line in with_nodes(line + "\n", NODES).splitlines()


@pytest.mark.parametrize("name", ["nodoha", "nodoha3", "nodoha2.gonzalonazareno.com"])
def test_any_nodes_name_on_a_loopback_alias_is_hidden(name):
    assert with_nodes(f"127.0.1.1 {name} other\n", NODES).splitlines()[0] == f"{HIDDEN}127.0.1.1 {name} other"


@pytest.mark.parametrize(
    ("line", "node"),
    [
        ("10.9.9.9 nodoha2", "nodoha2 is 10.9.9.9 by a line of nodoha's /etc/hosts (10.9.9.9 nodoha2), and 10.0.0.134"),
        ("10.9.9.9 printer NODOHA3 # old", "nodoha3 is 10.9.9.9"),
        ("127.0.0.1 localhost nodoha2", "nodoha2 is 127.0.0.1"),
        ("10.9.9.9 nodoha", "nodoha is 10.9.9.9"),
    ],
)
@pytest.mark.parametrize("after", [False, True])
def test_a_line_that_says_that_a_node_is_elsewhere_is_named(line, node, after):
    text = with_nodes(DEBIAN, NODES) + f"{line}\n" if after else with_nodes(f"{line}\n{DEBIAN}", NODES)
    (said,) = elsewhere(text, NODES, "nodoha")
    assert said.startswith(node)
    assert said.endswith("take it out there")


@pytest.mark.parametrize(
    "line",
    [
        "127.0.0.1 localhost nodoha",
        "127.0.1.1 nodoha",
        "10.0.0.134 nodoha2 db",
        "10.9.9.9 nodoha22 printer",
        "# 10.9.9.9 nodoha2",
        "# was\x0c10.9.9.9 nodoha2",
        "::1 nodoha2",
        "127.0.1.1 nodoha2",
        "203.0.113.5 nodoha2.gonzalonazareno.com",
        "",
    ],
)
def test_a_line_that_misleads_nobody_is_let_be(line):
    assert elsewhere(with_nodes(f"{line}\n{DEBIAN}", NODES), NODES, "nodoha") == []


def test_cloud_inits_placeholders_are_hidden_in_its_template_only():
    line = "127.0.1.1 {{fqdn}} {{hostname}}"
    assert HIDDEN + line in with_nodes(TEMPLATE, NODES, CLOUD_INIT_NAMES).splitlines()
    assert line in with_nodes(TEMPLATE, NODES).splitlines()


def test_a_changed_address_replaces_the_block():
    old = with_nodes(DEBIAN, (Node("nodoha", "10.0.0.9", "nodoha.gonzalonazareno.com"), *NODES[1:]))
    assert with_nodes(old, NODES) == with_nodes(DEBIAN, NODES)


def test_lines_added_after_the_block_survive():
    text = with_nodes(DEBIAN, NODES) + "10.9.9.9 printer\n"
    assert "10.9.9.9 printer" in with_nodes(text, NODES).splitlines()
    assert without_nodes(text) == DEBIAN + "10.9.9.9 printer\n"


def test_a_block_whose_end_was_deleted_takes_no_line_of_the_administrators_along():
    text = with_nodes(DEBIAN, NODES).replace(END + "\n", "") + "10.9.9.9 printer\n"
    assert "10.9.9.9 printer" in with_nodes(text, NODES).splitlines()
