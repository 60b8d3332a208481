"""A daemon of ours runs what is on disk, and is started again only where it does not."""

import io
import os
import subprocess
import sys
import zipfile

import pytest
from pyinfra.api.exceptions import FactProcessError

from webha.ground import manifest
from webha.ground.render import render
from webha.machine import operations as node
from webha.machine.facts import Daemon, DaemonState
from webha.programs import archive, rights

from ..stubs import execute, fake_program, perform

UNIT, PROGRAM = "webha-ready.service", "ready"
RUNS = DaemonState("active", "enabled", "a" * 64, "a" * 64)


def daemon(state):
    return perform(node.daemon, UNIT, PROGRAM, facts={Daemon: state})


def changed(**changes):
    return DaemonState(**{key: getattr(RUNS, key) for key in ("active", "enabled", "configured", "running")} | changes)


def test_a_daemon_that_runs_what_is_on_disk_is_left_alone():
    assert daemon(RUNS).idle


@pytest.mark.parametrize(
    "state",
    [
        changed(running="b" * 64),
        changed(running=None),
        changed(active="inactive"),
        changed(active="failed"),
        changed(active="activating"),
        changed(enabled="disabled"),
        changed(active="inactive", enabled="", running=None),
    ],
    ids=["changed", "started before it took notes", "stopped", "failed", "not up yet", "disabled", "new"],
)
def test_any_other_is_enabled_and_started_again(state):
    (command,) = daemon(state).texts
    assert command.endswith(f" webha {UNIT}")
    steps = [command.index(word) for word in ("daemon-reload", "enable", "reset-failed", "restart")]
    assert steps == sorted(steps)


@pytest.mark.parametrize("state", [None, changed(configured=None)])
def test_what_is_unknown_or_not_there_is_not_started(state):
    refused = daemon(state).refused
    assert UNIT in refused
    assert PROGRAM in refused


def started(tmp_path, body):
    fake_program(tmp_path, "systemctl", f'echo "$*" >> {tmp_path}/done\n{body}')
    fake_program(tmp_path, "journalctl", "echo its last words")
    (command,) = daemon(changed(running=None)).commands
    return execute(command, env={"PATH": f"{tmp_path}:{os.environ['PATH']}"})


def test_a_daemon_that_never_failed_is_restarted_too(tmp_path):
    done = started(tmp_path, '[ "$1" != reset-failed ] || exit 1')
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "done").read_text().splitlines() == [
        "daemon-reload",
        f"-q enable {UNIT}",
        f"reset-failed {UNIT}",
        f"restart {UNIT}",
        f"is-active -q {UNIT}",
    ]


def test_a_daemon_that_does_not_start_fails_with_its_last_words(tmp_path):
    done = started(tmp_path, '[ "$1" != restart ] || exit 1')
    assert (done.returncode, done.stderr) == (1, "its last words\n")


def said(unit="ActiveState=active\nUnitFileState=enabled", configured="abc  -", running="abc  -", status=0):
    answers = {"unit": (unit, status), "configured": (configured, 0), "running": (running, 0)}
    return "\n".join(
        f"@@webha-begin {name}\n{text}\n\n@@webha-end {name} {code}" for name, (text, code) in answers.items()
    ).splitlines()


@pytest.mark.parametrize(
    ("answers", "state"),
    [
        (said(), DaemonState("active", "enabled", "abc", "abc")),
        (said(running=""), DaemonState("active", "enabled", "abc", None)),
        (said(configured="", running=""), DaemonState("active", "enabled", None, None)),
        (said("UnitFileState=\nActiveState=inactive", "", ""), DaemonState("inactive", "", None, None)),
    ],
)
def test_a_daemons_state_is_read(answers, state):
    assert Daemon().process(answers) == state


@pytest.mark.parametrize("answers", [said(status=1), said(unit="ActiveState=active"), said(unit="no systemd here")])
def test_a_daemon_that_systemd_says_nothing_of_is_unknown(answers):
    with pytest.raises(FactProcessError):
        Daemon().process(answers)


@pytest.fixture
def on_disk(tmp_path):
    """A node's archive, unit file and values, how the fact looks at them and how the program begins."""
    units, notes, values, path = (tmp_path / name for name in ("units", "run", "node.json", "node.pyz"))
    units.mkdir()
    values.write_text('{"handover": {"vip": "192.0.2.7"}}')
    unit = render(
        "node/daemon.service.j2",
        task="vip",
        program=manifest.program("handover", UNIT),
        description="x",
        after="network.target",
        urgent=False,
        rights=rights.of("handover"),
    )
    (units / UNIT).write_text(unit)
    with zipfile.ZipFile(io.BytesIO(archive())) as packed, zipfile.ZipFile(path, "w") as moved:
        for name in packed.namelist():
            text = packed.read(name).decode()
            for old, new in (("/etc/systemd/system", units), ("/run/webha", notes), ("/etc/webha/node.json", values)):
                text = text.replace(f'"{old}"', f'"{new}"')
            moved.writestr(name, text)
    programs = tmp_path / "bin"
    fake_program(programs, "systemctl", "printf 'ActiveState=active\\nUnitFileState=enabled\\n'")
    fake_program(programs, "ip", ":")
    environment = {"PATH": f"{programs}:{os.environ['PATH']}"}

    def here(text):
        return (
            text.replace("/run/webha", str(notes))
            .replace(manifest.ARCHIVE, str(path))
            .replace("/usr/bin/python3", sys.executable)
        )

    def look():
        asked = here(Daemon().command(UNIT, "handover"))
        shown = subprocess.run(["sh", "-c", asked], capture_output=True, text=True, env=environment, check=True)
        return Daemon().process(shown.stdout.splitlines())

    def begin():
        (line,) = [line for line in unit.splitlines() if line.startswith("ExecStart=")]
        subprocess.run(here(line.removeprefix("ExecStart=")).split(), env=environment, check=True)

    return path, units / UNIT, values, look, begin


def test_what_the_unit_notes_at_its_start_is_what_the_fact_finds_on_disk(on_disk):
    *_, look, begin = on_disk
    assert look().running is None
    begin()
    state = look()
    assert len(state.running) == 64
    assert state.running == state.configured


@pytest.mark.parametrize("which", [0, 1, 2], ids=["program", "unit", "values"])
def test_a_program_unit_or_value_that_changed_since_shows(on_disk, which):
    *files, look, begin = on_disk
    begin()
    if which == 0:
        with zipfile.ZipFile(files[0]) as packed:
            texts = {name: packed.read(name).decode() for name in packed.namelist()}
        with zipfile.ZipFile(files[0], "w") as packed:
            for name, text in texts.items():
                packed.writestr(name, f"{text}# changed\n" if name == "webha_node/handover.py" else text)
    else:
        files[which].write_text(files[which].read_text().replace("192.0.2.7", "192.0.2.8").replace("=x", "=y"))
    state = look()
    assert None not in (state.running, state.configured)
    assert state.running != state.configured


@pytest.mark.parametrize("which", [0, 1, 2], ids=["program", "unit", "values"])
def test_where_one_of_them_is_missing_nothing_is_configured(on_disk, which):
    *files, look, begin = on_disk
    begin()
    files[which].unlink()
    assert look().configured is None
