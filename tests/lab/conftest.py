"""The deployed lab as fixtures. These tests own the machine's lab: they reset it and put it through things."""

import os
from pathlib import Path

import pytest
from testinfra.host import Host

from lab.variant import PLAIN, VARIANTS
from tests.lab import nodes
from tests.lab.standin import write
from tests.lab.tenant import FLOATING_IP, ON, allowed, ask, floating


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--suite", choices=("trixie", "bookworm"), default="trixie", help="the Debian of the lab's nodes")
    parser.addoption("--variant", choices=tuple(VARIANTS), default=PLAIN, help="what kind of machines they are")


@pytest.fixture(scope="session")
def suite(request: pytest.FixtureRequest) -> str:
    return str(request.config.getoption("--suite"))


@pytest.fixture(scope="session")
def variant(request: pytest.FixtureRequest) -> str:
    return str(request.config.getoption("--variant"))


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    given = os.environ.get("WEBHA_DRUPAL_ARCHIVE")
    return Path(given) if given else write(tmp_path_factory.mktemp("release") / "drupal-stand-in.tar")


@pytest.fixture(scope="session")
def bare(suite: str, variant: str) -> str:
    """Three nodes with nothing but Debian on them, and what the variant has put there."""
    nodes.lab("up", "--suite", suite, "--variant", variant, timeout=900)
    nodes.lab("reset")
    nodes.BARE.update(nodes.listing())
    return suite


@pytest.fixture(scope="session")
def half_deployed(bare: str) -> str:
    """All steps up to Drupal's: on trixie as root, on bookworm as the sudo user.

    One node starts with what Debian's packages bring, a running one-node cluster "debian".
    """
    nodes.on("nodoha2", "apt-get -q update && apt-get -q -y install --no-install-recommends pacemaker", check=True)
    assert "debian" in nodes.on("nodoha2", "corosync-cmapctl -g totem.cluster_name")
    if bare == "bookworm":
        os.environ["WEBHA_SSH_USER"] = "debian"
    for step in nodes.STEPS[: nodes.STEPS.index("drupal")]:
        nodes.converge(f"tasks/{step}.py")
    return bare


@pytest.fixture(scope="session")
def deployed(half_deployed: str, archive: Path) -> str:
    """The converged cluster: on trixie by the last steps one by one, on bookworm by deploy.py."""
    os.environ["WEBHA_DRUPAL_ARCHIVE"] = str(archive)
    for task in ("deploy.py",) if half_deployed == "bookworm" else ("tasks/drupal.py", "tasks/vip.py"):
        nodes.converge(task)
    return half_deployed


@pytest.fixture(params=sorted(nodes.ADDRESSES))
def node(request: pytest.FixtureRequest, deployed: str) -> Host:  # noqa: ARG001 (needed before)
    return nodes.host(str(request.param))


@pytest.fixture
def first(deployed: str) -> Host:  # noqa: ARG001 (needed before)
    return nodes.host("nodoha")


@pytest.fixture(scope="session")
def cloud(suite: str) -> None:
    """A lab with a cloud; nodes may be bare or deployed, the step does not ask."""
    nodes.lab("up", "--suite", suite, "--cloud", timeout=900)
    ask("[n.delete_port(port.id) for port in n.ports(name='theirs')]", "lab-admin")  # an earlier session's
    nodes.converge("tasks/reset.py", "--data", "confirm=hacloud", "--data", "layer=cloud", *ON)


@pytest.fixture
def associated(cloud: None) -> None:  # noqa: ARG001 (needed before)
    if floating().get(FLOATING_IP) != nodes.VIP or allowed() != set(nodes.ADDRESSES):
        nodes.converge("tasks/cloud.py", *ON)
