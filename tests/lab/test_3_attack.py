"""What comes of everything that a stranger tries: nothing (tests/attack; with the document's settings: script/bench attack)."""

from collections.abc import Iterator

import pytest

from tests.attack.catalogue import ATTACKS
from tests.attack.stranger import present

pytestmark = pytest.mark.usefixtures("deployed", "stranger")


@pytest.fixture(scope="module")
def stranger(deployed: str) -> Iterator[None]:  # noqa: ARG001 (needed before)
    with present():
        yield


@pytest.mark.parametrize("what", ATTACKS)
def test_nothing_is_got(what: str) -> None:
    assert ATTACKS[what]() == ""
