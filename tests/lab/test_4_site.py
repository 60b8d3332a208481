"""The site's code is updated and goes back, under a visitor: with and without updates of the database, and where they fail."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.client import Client
from tests.lab.nodes import ADDRESSES, DOCROOT, VIP, converge, eventually, everywhere, on, page, refused, whole
from tests.lab.standin import write
from webha_node.site.layout import LOCAL

pytestmark = [pytest.mark.usefixtures("deployed"), pytest.mark.any_release]
STATE = "mariadb -N -B -e \"SELECT value FROM drupal.state WHERE name='schema'\""


@pytest.fixture(autouse=True)
def _a_whole_site() -> Iterator[None]:
    whole()
    if "Stand-in" not in page():
        pytest.skip("the releases here are the stand-in's, and the site is a real one")
    yield
    assert "<title>" in page()


def archive(tmp_path: Path, version: str, schema: int = 0, fails: bool = False) -> tuple[str, str]:
    return "--data", f"drupal_archive={write(tmp_path / f'{version}.tar', version, schema, fails)}"


def runs(version: str) -> None:
    assert f"Stand-in for Drupal {version}, served by" in page()
    ids = set(everywhere(f"readlink {DOCROOT}/.webha-current; cat /run/webha/site.release").values())
    assert len(ids) == 1, ids
    assert version in ids.pop()


def test_a_release_follows_the_one_that_was_deployed(tmp_path: Path) -> None:
    """Its code lay at the volume's top, which is nobody's to change while it is served; what else lies there stays."""
    on(
        "nodoha",
        f"echo proof > {DOCROOT}/google1.html; mkdir -p {DOCROOT}/modules/mine; echo '<?php' > {DOCROOT}/modules/mine/mine.module",
    )
    with Client() as client:
        converge("tasks/site.py", *archive(tmp_path, "2.0.0"))
    print(f"{client.failed} of {client.asked} requests failed")
    assert client.asked > 50
    assert client.failed <= client.asked // 50
    runs("2.0.0")
    assert on("nodoha2", f"cat {DOCROOT}/google1.html; ls {DOCROOT}/modules/mine") == "proof\nmine.module"
    assert converge("tasks/site.py", *archive(tmp_path, "2.0.0")).converged


def test_updates_of_the_database_come_with_their_code(tmp_path: Path) -> None:
    with Client() as client:
        converge("tasks/site.py", *archive(tmp_path, "3.0.0", schema=2))
    print(f"{client.failed} of {client.asked} requests failed, closed for the updates")
    runs("3.0.0")
    assert everywhere(STATE) == dict.fromkeys(ADDRESSES, "2")


def test_updates_that_fail_leave_all_as_it_was(tmp_path: Path) -> None:
    before = everywhere("mariadb -N -B -e 'CHECKSUM TABLE drupal.users; SHOW TABLES FROM drupal'")
    said = refused("tasks/site.py", *archive(tmp_path, "4.0.0", schema=3, fails=True))
    assert "the site is as before, the release 3.0.0-" in said
    assert "it fails on purpose" in said
    runs("3.0.0")
    assert everywhere("mariadb -N -B -e 'CHECKSUM TABLE drupal.users; SHOW TABLES FROM drupal'") == before


def test_the_way_back_takes_the_database_along() -> None:
    before = next(
        one
        for one in on("nodoha", f"ls {DOCROOT}/.webha-releases").split()
        if one.startswith("2.0.0-") and "." not in one[5:]
    )
    named = ("--data", f"release={before}")
    assert "gives up what was written since" in refused("tasks/rollback.py", *named)
    converge("tasks/rollback.py", *named, "--data", "confirm=hacloud")
    runs("2.0.0")
    assert everywhere(STATE) == dict.fromkeys(ADDRESSES, "0")
    assert converge("tasks/rollback.py", *named).converged


def test_pages_stay_away_while_a_database_is_put_back_and_not_when_that_has_died() -> None:
    note, asked = (
        "/run/webha/site.restoring",
        f"curl -s -o /dev/null -w '%{{http_code}} %header{{retry-after}}' http://{VIP}/",
    )
    holder = next(
        one for one, there in everywhere(f"ip -4 -o address show | grep -c ' {VIP}/' || :").items() if there == "1"
    )
    assert on(holder, f"printf $$ > {note}; {asked}") == "503 10"
    assert on(holder, f"printf 4194304 > {note}; {asked}; rm {note}") == "200"  # no process has that number


def test_its_code_moves_to_each_nodes_own_disk(tmp_path: Path) -> None:
    """By the same one link, and back as fast; a node whose disk has lost it fetches it from the volume before it is ready again."""
    local = (*archive(tmp_path, "2.0.0"), "--data", "site_code=local")
    with Client() as client:
        converge("tasks/site.py", *local)
    assert client.failed <= client.asked // 50, (client.failed, client.asked)
    runs("2.0.0")
    assert on("nodoha2", f"readlink -f {DOCROOT}/index.php").startswith(f"{LOCAL}/2.0.0-")
    assert len(set(everywhere(f"cd {LOCAL} && find 2.* -type f -exec sha256sum {{}} + | sort").values())) == 1
    assert converge("tasks/site.py", *local).converged
    passive = next(
        one for one, there in everywhere(f"ip -4 -o address show | grep -c ' {VIP}/' || :").items() if there == "0"
    )
    on(passive, f"rm -rf {LOCAL}")
    eventually(
        lambda: on(passive, f"test -e {DOCROOT}/index.php && echo there || :") == "there", 60, "it has its code again"
    )
    whole()
    with Client() as client:
        converge("tasks/rollback.py")
    assert client.failed <= client.asked // 50, (client.failed, client.asked)
    assert on("nodoha2", f"readlink -f {DOCROOT}/index.php").startswith(DOCROOT)


def test_a_deploy_changes_nothing_of_it() -> None:
    again = converge("tasks/drupal.py")
    assert again.converged, again.changed
