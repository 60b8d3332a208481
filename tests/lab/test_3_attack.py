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


# Half a minute each, alike on both Debians, or one like the other.
ONCE = ("every TCP port of a node and of the virtual IP", "join it with a certificate of his own")
SELDOM = ("join the database's cluster, by its name", "join the database's cluster, by another name")
MARKS = dict.fromkeys(ONCE, pytest.mark.any_release) | dict.fromkeys(SELDOM, pytest.mark.long)


@pytest.mark.parametrize("what", [pytest.param(one, marks=MARKS.get(one, ())) for one in ATTACKS])
def test_nothing_is_got(what: str) -> None:
    assert ATTACKS[what]() == ""
