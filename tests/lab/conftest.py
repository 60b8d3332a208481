"""The deployed lab as fixtures. These tests own the machine's lab: they reset it and put it through things."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from testinfra.host import Host

from tests.lab import nodes
from tests.lab.standin import write


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--suite", choices=("trixie", "bookworm"), default="trixie", help="the Debian of the lab's nodes")


@pytest.fixture(scope="session")
def suite(request: pytest.FixtureRequest) -> str:
    return str(request.config.getoption("--suite"))


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    given = os.environ.get("WEBHA_DRUPAL_ARCHIVE")
    return Path(given) if given else write(tmp_path_factory.mktemp("release") / "drupal-stand-in.tar")


@pytest.fixture(scope="session")
def bare(suite: str) -> str:
    """Three nodes with nothing but Debian on them."""
    nodes.lab("up", "--suite", suite, timeout=900)
    nodes.lab("reset")
    return suite


@pytest.fixture(scope="session")
def deployed(bare: str, archive: Path) -> Iterator[str]:
    """The converged cluster: on trixie step by step as root, on bookworm by deploy.py as the sudo user."""
    os.environ["WEBHA_DRUPAL_ARCHIVE"] = str(archive)
    if bare == "bookworm":
        os.environ["WEBHA_SSH_USER"] = "debian"
        nodes.converge("deploy.py")
    else:
        for step in nodes.STEPS:
            nodes.converge(f"tasks/{step}.py")
    yield bare


@pytest.fixture(params=sorted(nodes.ADDRESSES))
def node(request: pytest.FixtureRequest, deployed: str) -> Host:
    return nodes.host(str(request.param))


@pytest.fixture
def first(deployed: str) -> Host:
    return nodes.host("nodoha")
