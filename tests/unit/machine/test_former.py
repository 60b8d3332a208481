"""What another version of this tool left on a node, and whose it still is."""

import subprocess

from webha.machine import operations as node
from webha.machine.facts import Written

from ..stubs import perform


def test_what_another_version_left_is_stopped_and_removed():
    known = ("/usr/local/lib/webha/ready", "/etc/systemd/system/webha-ready.service")
    users = {known[0]: ("webha-ready.service",), known[1]: ()}
    assert perform(node.former_removed, known, facts={Written: users}).idle
    assert perform(node.former_removed, known, facts={Written: None}).refused
    left = users | {
        "/usr/local/lib/webha/older": ("webha-older.service",),
        "/etc/systemd/system/webha-older.service": (),
    }
    stop, remove = perform(node.former_removed, known, facts={Written: left}).texts
    assert stop.endswith("webha webha-older.service")
    assert remove.endswith("webha /usr/local/lib/webha/older /etc/systemd/system/webha-older.service")


def test_a_program_of_another_version_stays_while_a_unit_that_stays_runs_it():
    """tasks/vip.py alone, on a cluster of before: the units of the other steps still run the programs of before."""
    known = ("/etc/systemd/system/webha-aside.service",)
    written = {
        "/usr/local/lib/webha/aside": ("webha-aside.service",),
        "/usr/local/lib/webha/reap": ("webha-reaper.socket", "webha-reaper@.service"),
        "/usr/local/lib/webha/node-lost": (),
        "/etc/systemd/system/webha-reaper.socket": (),
        "/etc/systemd/system/webha-reaper@.service": (),
        known[0]: (),
    }
    stop, remove = perform(node.former_removed, known, facts={Written: written}).texts
    assert stop.endswith("webha webha-reaper.socket webha-reaper@.service")
    assert "/usr/local/lib/webha/aside" not in remove
    assert remove.endswith(
        "webha /usr/local/lib/webha/reap /usr/local/lib/webha/node-lost "
        "/etc/systemd/system/webha-reaper.socket /etc/systemd/system/webha-reaper@.service"
    )


def test_who_names_a_program_is_found_in_the_units(tmp_path):
    library, units, etc = (tmp_path / name for name in ("lib", "units", "etc"))
    for folder in (library, units, etc):
        folder.mkdir()
    ours = "# Written by pyinfra-webha\n"
    (library / "node.pyz").write_text(ours)
    (library / "older").write_text(ours)
    (library / "theirs").write_text("#!/bin/sh\n")
    (etc / "node.json").write_text(f'{{"": "{ours.strip()}"}}')
    (units / "webha-a.service").write_text(f"{ours}ExecStart=python3 {library}/node.pyz a\n")
    asked = Written().command()
    for path, real in (("/usr/local/lib/webha", library), ("/etc/systemd/system", units), ("/etc/webha", etc)):
        asked = asked.replace(path, str(real))
    done = subprocess.run(["sh", "-c", asked], capture_output=True, text=True, check=True)
    assert Written().process(done.stdout.splitlines()) == {
        f"{library}/node.pyz": ("webha-a.service",),
        f"{library}/older": (),
        f"{units}/webha-a.service": (),
        f"{etc}/node.json": ("webha-a.service",),
    }
