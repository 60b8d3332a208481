"""An error text is not a state: a machine without systemd or dpkg is unknown; and one name is one name."""

import pytest
from pyinfra.api.exceptions import FactProcessError

from webha.cluster.facts import Cluster
from webha.galera.facts import Galera
from webha.gluster.facts import Gluster
from webha.ground.forms import all_of
from webha.ground.probe import CLOSING, OPENING
from webha.machine import operations as node
from webha.machine.facts import Files, Packages, Units
from webha.machine.state import PackageState
from webha.reset.facts import Remains

from ..captured_facts import CONVERGED, text
from ..stubs import perform

NO_SYSTEMD = "System has not been booted with systemd as init system (PID 1). Can't operate."


def answered(suite, name, question, said, status):
    """The capture with another answer to one question."""
    before, _, rest = text(suite, name).partition(f"{OPENING} {question}\n")
    behind = rest.partition(f"{CLOSING} {question} ")[2].partition("\n")[2]
    return f"{before}{OPENING} {question}\n{said}\n{CLOSING} {question} {status}\n{behind}".splitlines()


@pytest.mark.parametrize("suite", CONVERGED)
@pytest.mark.parametrize("unsaid", [(NO_SYSTEMD, 1), ("sh: 1: systemctl: not found", 127), (NO_SYSTEMD, 0), ("", 0)])
@pytest.mark.parametrize(
    ("fact", "name", "question"),
    [(Gluster, "gluster", "glusterd"), (Galera, "galera", "unit"), (Cluster, "cluster", "units")],
)
def test_what_systemd_did_not_say_is_unknown(suite, fact, name, question, unsaid):
    active = "\n".join(["active"] * (1 + (name == "cluster")))
    assert fact().process(answered(suite, name, question, active, 0)) is not None
    with pytest.raises(
        FactProcessError, match=r"systemd does not say|not been booted with systemd|systemctl: not found"
    ):
        fact().process(answered(suite, name, question, *unsaid))


@pytest.mark.parametrize("suite", CONVERGED)
def test_a_brick_that_could_not_be_looked_at_is_none_of_the_four(suite):
    with pytest.raises(FactProcessError, match="neither absent nor"):
        Gluster().process(answered(suite, "gluster", "brick", "find: '/gluster': Input/output error", 0))


@pytest.mark.parametrize("suite", CONVERGED)
@pytest.mark.parametrize(("fact", "name"), [(Packages, "packages"), (Remains, "remains")])
def test_without_dpkg_nothing_is_known_of_packages(suite, fact, name):
    assert fact().process(answered(suite, name, "packages", "dpkg-query: no packages found matching x", 1)) is not None
    for status in (2, 127):
        with pytest.raises(FactProcessError, match=r"dpkg does not say|dpkg-query: not found"):
            fact().process(answered(suite, name, "packages", "sh: 1: dpkg-query: not found", status))


def test_a_text_is_one_name_and_not_its_letters():
    assert all_of("bash") == all_of(["bash"]) == all_of(iter(("bash",))) == ("bash",)
    for fact, argument in ((Packages, "names"), (Units, "names"), (Files, "paths")):
        assert fact().command(**{argument: "bash"}) == fact().command(**{argument: ("bash",)})
    done = perform(node.packages, "bash", facts={Packages: PackageState(frozenset(), False, False)})
    assert done.text.endswith("webha bash")
