import getpass
import grp
import os
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256

import pytest

from webha import reset as reset_state
from webha.ground.manifest import Part
from webha.hosts import operations as hosts
from webha.hosts import with_nodes
from webha.hosts.facts import Hosts, HostsState
from webha.machine import operations as node
from webha.machine.facts import Files, FileState, Packages, PackageState, Units, UnitState
from webha.machine.operations import File
from webha.reset import operations as reset
from webha.reset.facts import Remains
from webha.run.inventory import Node

from ..stubs import execute, fake_program, perform

ABSENT = FileState(None, None, None)
PLAIN = File("/etc/plain", "text")
SECRET = File("/etc/secret", "s3cr3t", mode="440", owner="root:www-data")


def in_place(file, **changes):
    values = {"mode": file.mode, "owner": file.owner, "sha256": sha256(file.raw).hexdigest()}
    return FileState(**values | changes)


def states(plain=None, secret=None):
    return {Files: {PLAIN.path: plain or in_place(PLAIN), SECRET.path: secret or in_place(SECRET)}}


def test_files_that_are_as_they_should_be_are_left_alone():
    assert perform(node.placed, [PLAIN, SECRET], facts=states()).idle


@pytest.mark.parametrize(
    "state",
    [ABSENT, in_place(SECRET, mode="644"), in_place(SECRET, owner="root:root"), in_place(SECRET, sha256="0" * 64)],
)
def test_only_the_file_that_differs_is_placed_and_its_content_is_on_no_command_line(state):
    done = perform(node.placed, [PLAIN, SECRET], facts=states(secret=state))
    assert len(done.commands) == 1
    assert SECRET.path in done.text
    assert "440 root:www-data" in done.text
    assert "s3cr3t" not in done.text
    assert b64encode(b"s3cr3t").decode() not in done.text
    assert done.stdin == b64encode(b"s3cr3t").decode()


def test_unknown_files_are_not_placed():
    assert PLAIN.path in perform(node.placed, [PLAIN], facts={Files: None}).refused


def test_a_file_of_somebodys_under_one_of_our_names_is_not_replaced():
    theirs = in_place(SECRET, sha256="0" * 64, ours=False)
    done = perform(node.placed, [PLAIN, SECRET], facts=states(secret=theirs))
    assert done.refused.startswith("/etc/secret is there and does not say that it is ours")
    assert perform(node.placed, [PLAIN, replace(SECRET, shipped=True)], facts=states(secret=theirs)).commands
    assert perform(node.placed, [PLAIN, SECRET], facts=states(secret=in_place(SECRET, ours=False))).idle


@pytest.mark.parametrize("content", ["text\nwith 'quotes' and $HOME\n", "", b"\x00\xff\n", "no newline", "ñ\n"])
def test_a_placed_file_has_its_content_mode_and_owner(tmp_path, content):
    owner = f"{getpass.getuser()}:{grp.getgrgid(os.getgid()).gr_name}"
    file = File(str(tmp_path / "new folder" / "it's a file"), content, mode="640", owner=owner)
    done = execute(node.place(file))
    assert (done.returncode, done.stderr) == (0, "")
    path = tmp_path / "new folder" / "it's a file"
    assert path.read_bytes() == file.raw
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(path.parent.iterdir()) == [path]


def test_a_file_that_cannot_be_placed_leaves_the_old_one_and_no_trace(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    done = execute(node.place(File(str(path), "new", owner="nobody-of-that-name:root")))
    assert done.returncode != 0
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_systemd_reads_its_unit_files_again_when_one_was_placed():
    drop_in = File("/etc/systemd/system/x.service.d/webha.conf", "[Service]\n")
    done = perform(node.placed, [PLAIN, drop_in], facts={Files: {PLAIN.path: ABSENT, drop_in.path: ABSENT}})
    assert done.texts[-1] == "systemctl daemon-reload"
    done = perform(node.placed, [PLAIN, drop_in], facts={Files: {PLAIN.path: ABSENT, drop_in.path: in_place(drop_in)}})
    assert "daemon-reload" not in done.text


@pytest.mark.parametrize(
    ("state", "missing"),
    [
        (PackageState(frozenset({"apache2"}), False, False), "php"),
        (PackageState(frozenset(), False, False), "apache2 php"),
        (PackageState(frozenset({"apache2", "php"}), True, False), ""),
        (PackageState(frozenset({"apache2", "php"}), False, True), ""),
    ],
    ids=["one", "both", "dpkg interrupted", "block left behind"],
)
def test_missing_packages_are_installed_with_starts_blocked(state, missing):
    (command,) = perform(node.packages, ["apache2", "php"], facts={Packages: state}).texts
    assert command.endswith(f" webha {missing}".rstrip())
    assert "policy-rc.d" in command
    assert "--no-install-recommends" in command


def test_installed_packages_are_left_alone_and_unknown_ones_too():
    state = PackageState(frozenset({"apache2", "php", "more"}), False, False)
    assert perform(node.packages, ["apache2", "php"], facts={Packages: state}).idle
    assert perform(node.packages, ["apache2"], facts={Packages: None}).refused


RUNS = UnitState(True, "active", "enabled", False)
STOPPED = UnitState(True, "inactive", "disabled", False)


def unit(state, **named):
    return perform(node.unit, "x.service", facts={Units: {"x.service": state}}, **named)


@pytest.mark.parametrize(
    ("state", "named"),
    [
        (RUNS, {}),
        (UnitState(True, "active", "static", False), {}),
        (STOPPED, {"running": False, "enabled": False}),
        (UnitState(True, "failed", "disabled", False), {"running": False, "enabled": False}),
        (UnitState(False, "inactive", "", False), {"running": False, "enabled": False}),
        (UnitState(True, "inactive", "enabled", False), {"running": None}),
        (UnitState(True, "active", "disabled", False), {"enabled": None}),
    ],
)
def test_a_unit_that_is_as_it_should_be_is_left_alone(state, named):
    assert unit(state, **named).idle


@pytest.mark.parametrize(
    ("state", "named", "words"),
    [
        (STOPPED, {}, ["enable x.service", "daemon-reload", "systemctl start"]),
        (RUNS, {"running": False, "enabled": False}, ["disable x.service", "daemon-reload", "systemctl stop"]),
        (UnitState(True, "active", "enabled", True), {}, ["daemon-reload"]),
        (UnitState(True, "failed", "enabled", True), {}, ["daemon-reload", "systemctl start"]),
        (UnitState(True, "activating", "enabled", False), {}, ["systemctl start"]),
    ],
)
def test_a_unit_is_changed_step_by_step_and_never_restarted(state, named, words):
    done = unit(state, **named)
    assert len(done.texts) == len(words)
    assert all(word in text for word, text in zip(words, done.texts, strict=True))
    assert "restart" not in done.text


@pytest.mark.parametrize("states", [None, {}])
def test_a_unit_that_systemd_says_nothing_of_is_refused(states):
    assert "x.service" in perform(node.unit, "x.service", facts={Units: states}).refused


@pytest.mark.parametrize("named", [{}, {"running": None}, {"enabled": None}])
@pytest.mark.parametrize("enabled", ["masked", "masked-runtime"])
def test_a_masked_unit_is_refused_with_the_way_out(enabled, named):
    state = UnitState(False, "inactive", enabled, False)
    assert "is masked, so nothing starts it: run systemctl unmask x.service there" in unit(state, **named).refused
    assert unit(state, running=False, enabled=False).refused is None


def test_a_unit_that_does_not_start_fails_with_its_last_words(tmp_path):
    fake_program(tmp_path, "systemctl", "exit 1")
    fake_program(tmp_path, "journalctl", "echo its last words")
    (command,) = unit(UnitState(True, "failed", "enabled", False)).commands
    done = execute(command, env={"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    assert (done.returncode, done.stderr) == (1, "its last words\n")


def test_files_of_ours_go_and_those_of_somebody_stay():
    ours, theirs = FileState("600", "root:root", "0"), FileState("600", "root:root", "0", ours=False)
    assert perform(node.removed, ("/a",), facts={Files: {"/a": ABSENT}}).idle
    assert perform(node.removed, ("/a",), facts={Files: {"/a": theirs}}).idle
    assert perform(node.removed, ("/a", "/b"), facts={Files: {"/a": ours, "/b": theirs}}).texts == ["rm -f -- /a"]
    assert "cannot read the state of /a" in perform(node.removed, ("/a",), facts={Files: None}).refused


NODES = (Node("nodoha", "10.0.0.133", "nodoha.example.org"), Node("nodoha2", "10.0.0.134", "nodoha2.example.org"))
BEFORE = "127.0.0.1 localhost\n127.0.1.1 nodoha\n"


def test_names_that_are_there_are_left_alone():
    assert perform(hosts.names, NODES, facts={Hosts: HostsState(with_nodes(BEFORE, NODES), None)}).idle
    assert perform(hosts.names, NODES, present=False, facts={Hosts: HostsState(BEFORE, None)}).idle
    assert perform(hosts.names, NODES, facts={Hosts: None}).refused


def test_a_name_that_is_somebody_elses_is_refused_and_may_be_taken_away():
    theirs = HostsState(with_nodes(f"10.9.9.9 nodoha2\n{BEFORE}", NODES), None)
    assert "nodoha2 is 10.9.9.9" in perform(hosts.names, NODES, facts={Hosts: theirs}).refused
    assert "nodoha2 is 10.9.9.9" in perform(hosts.known, NODES, facts={Hosts: theirs}).refused
    assert perform(hosts.names, NODES, present=False, facts={Hosts: theirs}).refused is None
    assert perform(hosts.known, NODES, facts={Hosts: HostsState(with_nodes(BEFORE, NODES), None)}).idle


def test_missing_names_are_placed_and_cloud_init_is_told_only_where_it_is():
    done = perform(hosts.names, NODES, facts={Hosts: HostsState(BEFORE, None)})
    assert len(done.commands) == 1
    assert done.stdin == b64encode(with_nodes(BEFORE, NODES).encode()).decode()
    done = perform(hosts.names, NODES, facts={Hosts: HostsState(with_nodes(BEFORE, NODES), BEFORE)})
    first, second = done.texts
    assert "/etc/cloud/cloud.cfg.d/99-webha-hosts.cfg" in first  # else a run that died in between would never place it
    assert "/etc/cloud/templates/hosts.debian.tmpl" in second


def test_names_are_taken_away_again():
    facts = {Hosts: HostsState(with_nodes(BEFORE, NODES), with_nodes(BEFORE, NODES))}
    done = perform(hosts.names, NODES, present=False, facts=facts)
    assert b64encode(BEFORE.encode()).decode() in done.stdin
    assert "rm -f /etc/cloud/cloud.cfg.d/99-webha-hosts.cfg" in done.texts


def test_a_part_is_erased_while_something_is_left_of_it():
    part = Part(
        "php",
        files=("/etc/php",),
        units=("x.timer",),
        companions=("x.service",),
        stop="stop it",
        folders=("/var/a", "/b"),
    )
    nothing, left = reset_state.Remains((), ()), reset_state.Remains(("php",), ("/etc/php",))
    assert perform(reset.erased, part, ["php"], facts={Remains: nothing}).idle
    assert perform(reset.erased, part, ["php"], facts={Remains: None}).refused
    done = perform(reset.erased, part, ["php", "apache2"], facts={Remains: left})
    asked, paths = done.text.rsplit(" webha ", 1)[1].split(" php '/var/a /b' ")
    assert asked == "'systemctl -q disable --now x.timer || :; stop it'"
    assert paths.split() == [
        *("/etc/systemd/system/x.timer", "/etc/systemd/system/x.service", "/etc/php", "/run/webha/x.timer.sha256")
    ]
