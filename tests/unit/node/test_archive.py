"""The archive as it lands on a node: reproducible, whole, and each program's digest its own."""

import ast
import json
import os
import subprocess
import sys
import zipfile
from copy import deepcopy
from hashlib import sha256
from pathlib import Path
from unittest.mock import patch

import pytest
from pyinfra.api.exceptions import PyinfraError

import webha_node
from webha.ground.manifest import HEADER, program
from webha.programs import archive
from webha.programs.values import _confirm
from webha.run import context
from webha_node import PROGRAMS, entry

from ..prepared import prepare
from ..stubs import NAMES

SOURCES = Path(webha_node.__file__).parent
UNIT = "webha-some.service"


@pytest.fixture(scope="module")
def planned():
    return prepare("tasks/vip.py", backup_target="/srv/backup").values


@pytest.fixture
def values(planned):
    """node.json of the default inventory's first node."""
    return deepcopy(planned[NAMES[0]])


@pytest.fixture
def node(tmp_path, values):
    """An archive in a folder of the test's, and how it is run there: its words, what it makes of /etc/webha and the like."""
    (tmp_path / "etc").mkdir()
    (tmp_path / "units").mkdir()
    (tmp_path / "etc/node.json").write_text(json.dumps(values))
    (tmp_path / "units" / UNIT).write_text("[Unit]\n")
    changes: dict[str, str] = {}

    def run(*words):
        text = {}
        path = tmp_path / "node.pyz"
        path.write_bytes(archive())
        with zipfile.ZipFile(path) as packed:
            text = {name: packed.read(name).decode() for name in packed.namelist()}
        text["webha_node/values.py"] = text["webha_node/values.py"].replace("/etc/webha", f"{tmp_path}/etc")
        text["webha_node/digest.py"] = (
            text["webha_node/digest.py"]
            .replace("/etc/systemd/system", f"{tmp_path}/units")
            .replace("/run/webha", f"{tmp_path}/run")
        )
        for name, more in changes.items():
            text[name] += more
        with zipfile.ZipFile(path, "w") as packed:
            for name, content in text.items():
                packed.writestr(name, content)
        return subprocess.run(
            [sys.executable, "-Iu", path, *words], capture_output=True, text=True, check=False, timeout=30
        )

    run.folder, run.values, run.changes = tmp_path, values, changes
    return run


def digests(node):
    found = {}
    for name in PROGRAMS:
        done = node("digest", name, UNIT)
        assert (done.returncode, done.stderr) == (0, "")
        assert len(done.stdout.strip()) == 64
        found[name] = done.stdout
    return found


def changed(node, before):
    return {name for name, one in digests(node).items() if one != before[name]}


def test_the_same_sources_make_the_same_bytes(tmp_path, monkeypatch):
    first = archive()
    for path in SOURCES.rglob("*.py"):
        copy = tmp_path / "webha_node" / path.relative_to(SOURCES)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
        os.utime(copy, (1, 1))
    monkeypatch.setattr(webha_node, "__file__", str(tmp_path / "webha_node/__init__.py"))
    archive.cache_clear()
    try:
        assert sha256(archive()).digest() == sha256(first).digest()
    finally:
        archive.cache_clear()


def test_it_says_that_it_is_ours_and_what_runs_it():
    first, second, *_ = archive().split(b"\n")
    assert first == b"#!/usr/bin/python3"
    assert HEADER.encode() in second


def test_every_program_has_its_values_and_nothing_else_is_there(values):
    assert HEADER in values.pop("")
    assert set(values) == set(PROGRAMS)


def test_nodes_differ_in_their_own_name_alone_and_every_step_places_the_same(planned):
    for name, one in planned.items():
        assert [one[program]["name"] for program in ("backup", "galera-keeper", "guard", "ready")] == [name] * 4
        assert json.dumps(one).replace(f'"name": "{name}"', "") == json.dumps(planned[NAMES[0]]).replace(
            f'"name": "{NAMES[0]}"', ""
        )
    for task in ("cluster", "gluster"):
        assert prepare(f"tasks/{task}.py", backup_target="/srv/backup").values == planned


def test_no_value_is_a_secret(values):
    assert "secret" not in json.dumps(values)


def test_a_change_of_one_programs_code_is_a_change_of_that_program_alone(node):
    before = digests(node)
    assert digests(node) == before
    node.changes["webha_node/ready.py"] = "# more\n"
    assert changed(node, before) == {"ready"}


def test_a_change_of_shared_code_is_one_of_all_that_use_it(node):
    before = digests(node)
    node.changes["webha_node/address.py"] = "# more\n"
    assert changed(node, before) == {"backup", "departure", "docroot-keeper", "guard", "ready"}


def test_a_change_of_a_module_below_a_program_is_one(node):
    before = digests(node)
    node.changes["webha_node/galera/machine.py"] = "# more\n"
    assert changed(node, before) == {"galera-keeper"}


def test_a_change_of_one_programs_values_is_a_change_of_that_program_alone(node):
    before = digests(node)
    node.values["guard"]["patience"] += 1
    (node.folder / "etc/node.json").write_text(json.dumps(node.values))
    assert changed(node, before) == {"guard"}


def test_a_change_of_the_unit_is_one(node):
    before = digests(node)
    (node.folder / "units" / UNIT).write_text("[Unit]\n# more\n")
    assert changed(node, before) == set(PROGRAMS)


def test_a_program_notes_at_its_start_what_the_digest_says(node):
    node.changes["webha_node/handover.py"] = "\n\ndef main(values):\n    print(values.vip)\n"
    done = node("handover", UNIT)
    assert (done.returncode, done.stdout, done.stderr) == (0, "10.0.0.250\n", "")
    assert (node.folder / "run" / f"{UNIT}.sha256").read_text() == node("digest", "handover", UNIT).stdout


@pytest.mark.parametrize("damage", ["", "{}", '{"handover": {"vip": 5}}'])
def test_values_that_are_not_right_end_a_program_with_a_sentence(node, damage):
    (node.folder / "etc/node.json").write_text(damage)
    done = node("handover")
    assert done.returncode == entry.CONFIGURATION
    assert done.stderr.endswith("; deploy again\n")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("words", [(), ("nothing",), ("digest",), ("digest", "guard"), ("guard", "a", "b")])
def test_anything_else_is_answered_with_the_usage(words, capsys):
    assert entry.main(words) == entry.USAGE
    assert "galera-keeper" in capsys.readouterr().err


def test_the_command_line_of_a_unit_is_one_that_the_archive_knows():
    assert program("guard", "webha-guard.service").split()[-3:] == [
        "/usr/local/lib/webha/node.pyz", "guard", "webha-guard.service",
    ]  # fmt: skip


@pytest.mark.parametrize("path", sorted(SOURCES.rglob("*.py")), ids=lambda path: str(path.relative_to(SOURCES)))
def test_nothing_but_the_standard_library_is_imported_and_all_of_it_at_the_start(path):
    """The archive may be replaced under a running program: what is imported later would be read from another one."""
    tree = ast.parse(path.read_text(), feature_version=(3, 11))
    imports = [one for one in ast.walk(tree) if isinstance(one, (ast.Import, ast.ImportFrom))]
    assert all(one in tree.body for one in imports)
    for one in imports:
        names = [one.module] if isinstance(one, ast.ImportFrom) else [alias.name for alias in one.names]
        assert {name.split(".")[0] for name in names} <= {*sys.stdlib_module_names, "webha_node"}


def test_a_program_that_cannot_leave_its_note_runs_all_the_same(node):
    node.changes["webha_node/handover.py"] = "\n\ndef main(values):\n    print(values.vip)\n"
    (node.folder / "run").write_text("not a folder")
    done = node("handover", UNIT)
    assert (done.returncode, done.stdout) == (0, "10.0.0.250\n")
    assert "no note of what this was started with" in done.stderr


def test_what_the_nodes_would_refuse_is_refused_before_anything_is_placed():
    with (
        pytest.raises(PyinfraError, match=r"the nodes' values: docroot-keeper\.root is '', expected a text"),
        patch.object(context, "refuse_what_nobody_knows"),
    ):
        prepare("tasks/cluster.py", drupal_root="")


@pytest.mark.parametrize(
    ("nodes", "token", "seconds"), [(3, 1000, 0.15), (3, 9000, 0.15), (4, 1000, 0.3), (5, 3000, 0.9)]
)
def test_a_loss_must_last_longer_where_a_minority_has_a_token_to_lose(nodes, token, seconds):
    assert _confirm(nodes, token) == seconds
