"""Apache's modules: PHP's is on, in processes, whatever somebody switched to."""

import hashlib
import subprocess

import pytest

from webha import apache
from webha.apache import operations
from webha.apache.facts import Apache
from webha.machine.facts import Files
from webha.machine.state import FileState

from ..captured_facts import CONVERGED, fact
from ..stubs import fake_program, given, perform

SITE = "<VirtualHost *:80>\n"
RIGHT = FileState("644", "root:root", hashlib.sha256(SITE.encode()).hexdigest())
WANTED = apache.modules(["rewrite"], 13)


def sites(*enabled):
    server = apache.Server(True, True, frozenset(enabled), frozenset({"webha"}), 1000.0, 900.0)
    files = {"/etc/apache2/sites-available/webha.conf": RIGHT}
    return perform(operations.sites, {"webha": SITE}, {}, WANTED, 8081, facts={Apache: server, Files: files})


@pytest.mark.parametrize(("debian", "php"), [(12, "php8.2"), (13, "php8.4")])
def test_what_makes_the_pages_is_enabled_whatever_is_asked_for(debian, php):
    assert apache.modules(["rewrite", "status"], debian) == ("rewrite", "status", "mpm_prefork", php)
    assert apache.modules([php], debian) == (php, "mpm_prefork")
    assert apache.modules([php], debian, encrypted=True) == (php, "mpm_prefork", "ssl")


@pytest.mark.parametrize(
    ("enabled", "idle"),
    [
        (WANTED, True),
        ((*WANTED, "ssl"), True),
        (("rewrite", "mpm_prefork"), False),  # a2dismod php8.4
        (("rewrite", "mpm_event"), False),  # and a2enmod mpm_event
        ((*WANTED, "mpm_worker"), False),
    ],
)
def test_a_module_that_somebody_switched_off_or_instead_is_put_right(enabled, idle):
    assert sites(*enabled).idle is idle


def test_threads_go_before_processes_come(tmp_path):
    """Run on a folder in the place of /etc/apache2: a2enmod refuses one MPM beside another."""
    configuration, tools, log = tmp_path / "apache2", tmp_path / "bin", tmp_path / "log"
    for folder in ("mods-enabled", "sites-available", "sites-enabled"):
        (configuration / folder).mkdir(parents=True)
    (configuration / "envvars").write_text("")
    (configuration / "mods-enabled/mpm_event.load").write_text("")
    for name in ("a2enmod", "a2dismod", "a2ensite", "apache2"):
        fake_program(tools, name, f'case $1 in -t) ;; *) echo {name} "$@" >> {log};; esac')
    environment = {"PATH": f"{tools}:/usr/sbin:/usr/bin:/sbin:/bin"}
    for command in sites("rewrite", "mpm_event").commands:
        text = command.get_raw_value().replace("/etc/apache2", str(configuration))
        done = subprocess.run(
            ["sh", "-c", text], input=given(command), env=environment, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")
    assert log.read_text().splitlines() == 2 * [
        "a2dismod -q -f mpm_event",
        "a2enmod -q mpm_prefork php8.4 rewrite",
        "a2ensite -q webha",
    ]


STATUS = "Total Accesses: 7\nServerMPM: {}\nParentServerConfigGeneration: 1\n"


@pytest.mark.parametrize(
    ("status", "mpm"), [(STATUS.format("event"), "mpm_event"), (STATUS.format("prefork"), "mpm_prefork"), ("", None)]
)
def test_the_running_server_says_what_it_is_made_of(status, mpm):
    assert apache.running_mpm(status) == mpm


def test_converged_servers_run_processes():
    for suite in CONVERGED:
        one = fact(suite, "apache")
        assert one.mpm == "mpm_prefork" in one.modules
        assert not one.of_another_kind


def in_force(mpm, changed_at=900.0):
    server = apache.Server(True, True, frozenset(WANTED), frozenset({"webha"}), 1000.0, changed_at, mpm=mpm)
    return perform(operations.configuration_in_force, 8081, facts={Apache: server})


def test_a_server_of_threads_is_ended_and_not_reloaded_which_would_kill_it():
    """Seen on 2.4: AH00534, "The MPM cannot be changed during restart"; nothing runs then, and nobody said so."""
    for changed_at in (900.0, 2000.0):
        end, back = in_force("mpm_event", changed_at).texts
        assert "kill -TERM" in end
        assert "USR1" not in end
        assert "Apache started again by Pacemaker" in back
    assert in_force("mpm_prefork").idle
    assert in_force(None).idle
    assert "kill -USR1" in in_force("mpm_prefork", 2000.0).text
