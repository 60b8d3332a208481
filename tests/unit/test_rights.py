"""Whatever of ours runs as root on a node has its rights written down, and nothing else has."""

import re

import pytest

from webha.programs import rights
from webha_node import PROGRAMS

from .prepared import prepare
from .stubs import NAMES, ROOT

UNITS = [one for one in (ROOT / "templates").rglob("*.service.j2") if "User=" not in one.read_text()]
WITHOUT_A_UNIT = {"site", "departure"}  # mariadb.service's own, before it stops


@pytest.fixture(scope="module")
def units():
    """By template: the units of the first node."""
    found = {}
    for node, template, _, text in prepare("deploy.py", backup_target="/srv/backup").rendered:
        if node == NAMES[0]:
            found.setdefault(template, []).append(text)
    return found


def test_every_program_with_a_unit_has_rights():
    for name in set(PROGRAMS) - WITHOUT_A_UNIT:
        assert rights.of(name).capabilities
    with pytest.raises(KeyError):
        rights.of("departure")


@pytest.mark.parametrize("path", UNITS, ids=[one.name for one in UNITS])
def test_a_unit_has_the_capabilities_and_sockets_of_its_program_alone(units, path):
    for text in units[str(path.relative_to(ROOT / "templates"))]:
        program = re.search(r"node\.pyz (\S+)", text)
        wanted = rights.of(program[1]) if program else rights.RULES
        assert f"\nCapabilityBoundingSet={' '.join(wanted.capabilities)}\n" in text
        assert f"\nRestrictAddressFamilies={' '.join(wanted.families)}\n" in text
        assert "\nNoNewPrivileges=yes\n" in text
        assert ("\nProtectSystem=full\n" in text) == (not wanted.shared)


def test_a_tree_of_mounts_is_made_for_daemons_alone(units):
    """What mounts for all, or runs at a boot or a shutdown, when such a tree may not be made, lives in the machine's."""
    shared = {
        template for template, texts in units.items() for text in texts if "NoNew" in text and "ProtectS" not in text
    }
    assert {one.rpartition("/")[2] for one in shared} == {
        "webha-docroot.service.j2",
        "webha-firewall.service.j2",
        "webha-handover.service.j2",
    }
