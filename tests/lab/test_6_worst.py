"""The worst day: three bare machines, the repository and its password, docs/operations.md by the word. All tests after it are of the cluster that came back."""

import pytest

from tests.lab.nodes import converge, everywhere, lab, on, page, whole
from tests.lab.restorepoints import DRUPAL, WITH, hashes, only_the_password, share

pytestmark = [pytest.mark.usefixtures("deployed"), pytest.mark.any_release]
_a_share = pytest.fixture(scope="module", autouse=True)(share)


def test_three_bare_machines_have_the_site_again(monkeypatch: pytest.MonkeyPatch) -> None:
    on("nodoha", f"{DRUPAL} 'CREATE OR REPLACE TABLE kept (word TEXT); INSERT INTO kept VALUES (\"acknowledged\")'")
    title = page().split("served by")[0]
    converge("tasks/backup.py", *WITH)
    before = hashes()
    lab("reset")
    on("nodoha2", "apt-get -q update && apt-get -q -y install --no-install-recommends pacemaker")  # as all day
    only_the_password()
    monkeypatch.delenv("WEBHA_DRUPAL_ARCHIVE")
    run = converge("tasks/restore.py", *WITH)
    assert "is back" in run.text
    whole()
    assert page().split("served by")[0] == title
    assert hashes() == before
    assert set(everywhere(f"{DRUPAL} 'SELECT word FROM kept'").values()) == {"acknowledged"}
    again = converge("deploy.py", *WITH)
    assert again.converged, again.changed
