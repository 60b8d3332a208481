"""What runs now and will not run after the next start: told before it comes."""

from dataclasses import replace

import pytest

from webha.ground import probe
from webha.status import facts
from webha.status.state import Watched

from .whole_stack import MEMBER, MOUNT, UNITS, B, found, with_


@pytest.mark.parametrize(
    ("unit", "boot", "words"),
    [
        ("mariadb.service", "disabled", "mariadb.service will not start at the next boot: systemctl enable mariadb.service"),
        ("corosync.service", "enabled-runtime", "corosync.service will not start at the next boot: systemctl enable"),
        (MOUNT, "masked", f"{MOUNT} is masked, nothing starts it: systemctl unmask {MOUNT}, then 'systemctl enable --now {MOUNT}'"),
        ("webha-cron.timer", "masked-runtime", "webha-cron.timer is masked, nothing starts it: systemctl unmask"),
    ],
)  # fmt: skip
def test_what_a_boot_will_not_start_is_named_while_all_runs(unit, boot, words):
    (said,) = found(with_(B, daemons=UNITS | {unit: UNITS[unit]._replace(boot=boot)}))["cluster"]
    assert said.startswith(f"{B}: {words}")


def test_of_a_unit_that_is_masked_no_start_is_asked():
    (said,) = found(with_(B, daemons=UNITS | {"webha-cron.timer": Watched(False, "masked")}))["cluster"]
    assert "unmask" in said


def test_a_configuration_that_waits_for_the_next_start_is_told_before_it():
    assert found(with_(B, galera=replace(MEMBER, configured="another"))) == {
        "galera": [f"{B}: MariaDB was started with another configuration than the one on disk: run tasks/galera.py"]
    }
    (said,) = found(with_(B, refused="Syntax error on line 3 of /etc/apache2/x.conf: Invalid command 'Foo'"))["apache"]
    assert said.startswith(
        f"{B}: Apache refuses the configuration on disk and would not start again here (Syntax error"
    )
    assert found(with_(B, refused=None)) == {
        "apache": [f"{B}: unknown, whether Apache takes the configuration on disk"]
    }


AH = "AH00558: apache2: Could not reliably determine the server's fully qualified domain name\n"
BROKEN = "AH00526: Syntax error on line 3 of /etc/apache2/conf-enabled/x.conf:\nInvalid command 'Foo', perhaps misspelled\nAction '-t' failed.\n"


@pytest.mark.parametrize(
    ("said", "code", "refused"),
    [
        (AH + "Syntax OK", 0, ""),
        (AH + BROKEN, 1, BROKEN.replace("\n", " ").partition(" Action")[0]),
        ("apache2: Syntax error on line 9 of /etc/apache2/apache2.conf: no such file", 1, "apache2: Syntax error on line 9 of /etc/apache2/apache2.conf: no such file"),
        ("sh: 1: apache2ctl: not found", 127, None),
        (AH, 124, None),
        ("", 1, None),
    ],
)  # fmt: skip
def test_what_apache_refuses_is_told_in_its_own_words(said, code, refused):
    assert facts._refused(probe.Answer(said, code)) == refused
