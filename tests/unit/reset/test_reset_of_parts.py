"""What each layer's reset takes along: notes, accounts, packages; and what it leaves to another layer."""

import re
from fnmatch import fnmatch

import pytest
from pyinfra.api.command import StringCommand

from webha import reset
from webha.drupal.facts import Drupal
from webha.drupal.manifest import HEALTH_ACCOUNT
from webha.galera.facts import Account, Galera
from webha.galera.manifest import TRANSFER_ACCOUNT
from webha.reset import operations
from webha.reset.facts import Remains
from webha.reset.manifest import paths

from ..galera.test_galera import BARE, stopped, synced
from ..prepared import prepare
from ..stubs import ROOT, execute, perform


def account(known, member=None, **named):
    return perform(
        operations.account_removed, **{**HEALTH_ACCOUNT, **named}, facts={Galera: member or synced(), Account: known}
    )


def test_an_account_that_is_as_we_made_it_goes():
    assert account({"USAGE"}).text.endswith("webha www-data")
    assert account({"RELOAD", "PROCESS", "LOCK TABLES", "BINLOG MONITOR"}, **TRANSFER_ACCOUNT).text.endswith(
        "webha mysql"
    )


@pytest.mark.parametrize(
    "known",
    [set(), {"USAGE", "SELECT ON `shop`.*"}, {"USAGE", "GRANT OPTION"}, {"SELECT"}, {"ALL PRIVILEGES"}],
    ids=["none", "reads somebody's database", "may grant", "reads all", "MariaDB's own"],
)
def test_an_account_that_may_do_anything_else_is_somebodys(known):
    assert account(known).idle


def test_accounts_are_left_to_data_that_nobody_serves_and_an_unknown_one_is_refused():
    assert account({"USAGE"}, BARE).idle
    assert account({"USAGE"}, stopped(unit="active")).idle
    assert account(None).refused


def test_every_note_in_run_is_some_layers_and_goes_with_it():
    """Each that a line of our code names; the digests of daemons come with their units."""
    known = set(paths(13))
    named = set()
    for path in [*(ROOT / "src").rglob("*.py"), *(ROOT / "templates").rglob("*.j2")]:
        named |= set(re.findall(r"/run/webha[-/][a-z][A-Za-z0-9./_-]*[a-z0-9]", path.read_text()))
    assert len(named) > 8
    assert named - known == set()


@pytest.mark.parametrize("path", ["/run/webha/stepped-aside", "/run/webha/detached", "/run/webha-install.lock"])
def test_a_note_is_ours_by_its_place_and_another_file_is_not(path):
    places = re.search(r"case \$1 in (\S+)\)", reset.OURS)[1].split("|")
    assert any(fnmatch(path, one) for one in places)
    assert not any(fnmatch("/run/webhard", one) for one in places)


def layers(*names):
    plan = prepare("tasks/reset.py", confirm="hacloud", layer=",".join(names) or None)
    return plan.operations


def test_galeras_keeper_goes_with_the_cluster_that_brings_it_and_not_with_galera():
    assert "Reset cluster: Galera's keeper" in layers("cluster")
    assert not [one for one in layers("galera") if "keeper" in one]
    whole = layers()
    assert whole.index("Reset cluster: Galera's keeper") < whole.index("Reset galera: MariaDB")


def test_the_accounts_go_before_what_serves_them():
    whole = layers()
    assert whole.index("Reset drupal: the health page's account") < whole.index("Reset galera: MariaDB")
    assert whole.index("Reset galera: the account of the state transfer") < whole.index("Reset galera: MariaDB")


def remains(installed, record, history="", manual=(), superfluous=()):
    frames = {
        "packages": [f"ii  {one}" for one in installed],
        "record": record,
        "history": history.splitlines(),
        "manual": manual or installed,
        "superfluous": superfluous,
        "paths": [],
    }
    output = [
        line
        for name, lines in frames.items()
        for line in (f"@@webha-begin {name}", *lines, "", f"@@webha-end {name} 0")
    ]
    return Remains().process(output).packages


def test_curl_that_was_there_before_us_stays_with_apache_gone():
    assert remains(["apache2", "curl"], ["apache2"]) == ("apache2",)
    assert remains(["apache2", "curl"], ["apache2", "curl"]) == ("apache2", "curl")


def test_curl_that_somebody_installed_again_since_is_somebodys():
    history = "Start-Date: x\nCommandline: apt install curl\nInstall: curl:amd64 (8.14)\n"
    assert remains(["apache2", "curl"], ["apache2", "curl"], history) == ("apache2",)


def test_a_package_of_ours_that_apt_brought_along_for_something_else_stays():
    assert remains(["curl"], ["curl"], manual=["htop"]) == ()
    assert remains(["curl"], ["curl"], manual=["htop"], superfluous=["curl"]) == ("curl",)


def test_lists_of_packages_are_asked_by_name_and_never_by_place():
    """A list that begins otherwise, or is somebody's own, leaves no more and no less."""
    lists = {"cluster": ["python3", "crmsh", "corosync"], "apache": ["curl", "apache2", "python3"]}
    assert reset.packages(lists, "cluster", ("cluster",)) == ("crmsh", "corosync")
    assert reset.packages(lists, "apache", ("apache", "cluster")) == ("curl", "apache2", "python3")


@pytest.mark.parametrize("left", [".webha-ready.nodoha2", ".webha-new", "lost+found"])
def test_what_readiness_wrote_while_a_reset_erased_is_no_site_of_somebodys(tmp_path, left):
    (tmp_path / left).write_text("1795600000\n")
    command = Drupal().command(str(tmp_path), "drupal", "drupal")
    question = re.search(r"@@webha-begin code'; (\(.*?\n\)) 2>&1", command, re.DOTALL)[1]
    done = execute_text(question)
    assert done == "none"
    (tmp_path / "shop.php").write_text("")
    assert execute_text(question) == "foreign"


def execute_text(question):
    return execute(StringCommand(question)).stdout.strip()
