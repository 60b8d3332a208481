"""How a lock and a journal are read: whatever lies there, it is a lock of somebody's, or nothing that is known, and never an error."""

import json
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyinfra.api.exceptions import FactProcessError

from webha.ground import probe
from webha.lock import Entry, Lock, Run, printable, state
from webha.lock.facts import Runs
from webha.lock.manifest import FOLDER

from .runs import encoded, entry, free, held, lock, run

RICH = entry(
    run(1),
    result="failed",
    changed={"Galera: packages": ("nodoha", "nodoha2")},
    unfinished={"Galera: join, one by one": ("nodoha3",)},
    took=(lock(run(2)), Lock("0" * 64, None)),
    left=("nodoha3",),
)
WORDS = {"who": st.text(), "folder": st.text(), "task": st.text(), "version": st.text()}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@given(st.fixed_dictionaries(WORDS), st.integers(0, 2**22), st.integers(0, 2**35))
def test_what_a_run_says_of_itself_is_read_again_whatever_its_folder_is_called(words, pid, since):
    one = run(7, **{key: printable(word) for key, word in words.items()}, pid=pid, since=since)
    assert state.lock(encoded(one.raw)) == Lock(one.digest, one)
    assert len(one.raw.splitlines()) == 1


def test_a_line_is_read_again():
    assert state.entries(encoded(RICH.raw)) == (RICH,)
    assert len(RICH.raw.splitlines()) == 1


@given(st.binary(max_size=300))
def test_anything_at_all_is_a_lock_in_no_form_of_ours(raw):
    found = state.lock(encoded(raw))
    assert found.run is None
    assert len(found.digest) == 64


@given(st.sampled_from(sorted(run().to_json())), JSON)
def test_a_lock_with_anything_in_one_place_is_known_or_not_and_never_an_error(key, value):
    said = run().to_json() | {key: value}
    found = state.lock(encoded(json.dumps(said).encode()))
    assert found.run is None or found.run.to_json() == said


@pytest.mark.parametrize(
    "changes",
    [
        {"who": "\x1b[2Jroot@x"},
        {"who": "a\nb"},
        {"folder": "x" * 201},
        {"id": "$(reboot)"},
        {"id": "0" * 31},
        {"pid": True},
        {"pid": -1},
        {"since": 1e300},
        {"since": 2**63},
        {"who": None},
        {"task": ["deploy.py"]},
    ],
)
def test_what_could_harm_a_screen_or_a_shell_is_no_run(changes):
    said = run().to_json() | changes
    assert state.lock(encoded(json.dumps(said).encode())).run is None


def test_a_newer_versions_lock_is_understood():
    assert state.lock(encoded(json.dumps(run().to_json() | {"more": 1}).encode())).run == run()


@given(st.integers(0, len(RICH.raw)))
def test_a_line_that_is_cut_off_is_passed_over_and_harms_no_other(end):
    text = RICH.raw[:end] + b"\n" + entry(run(3)).raw
    assert state.entries(encoded(text))[-1] == entry(run(3))


@given(st.sampled_from(sorted(RICH.to_json())), JSON)
def test_a_line_with_anything_in_one_place_is_read_or_passed_over(key, value):
    for one in state.entries(encoded(json.dumps(json.loads(RICH.raw) | {key: value}).encode())):
        assert isinstance(one, Entry)
        assert all(text.isprintable() for text in (*one.changed, *one.unfinished, *one.left, one.result))
        assert isinstance(one.run, Run)


@given(st.binary(max_size=300))
def test_foreign_text_is_no_line(raw):
    assert state.entries(encoded(raw)) == ()


def test_a_line_is_bounded():
    many = {f"Operation {number} {'x' * 300}": ("nodoha",) for number in range(100)}
    (read,) = state.entries(encoded(entry(run(), changed=many).raw))
    assert len(read.changed) == state.MOST_NAMES + 1
    assert list(read.changed)[-1] == "and 60 more"
    assert len(entry(run(), changed=many).raw) < 16_000


@pytest.mark.parametrize("text", ["no base64", "cat: /var/lib/webha/lock: Permission denied", "eA=", "é"])
def test_what_is_no_base64_is_unknown_and_not_free(text):
    with pytest.raises(ValueError, match=r"."):
        state.lock(text)


def asked(tmp_path, **arguments):
    """Ask a real shell for the files under ``tmp_path``."""
    command = Runs().command(**arguments).replace(FOLDER, str(tmp_path / "webha"))
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
    return Runs().process(done.stdout.splitlines())


def test_a_node_without_the_folder_is_free(tmp_path):
    assert asked(tmp_path, last=3, ids=("0" * 32,)) == free()


def test_a_node_says_its_lock_the_last_lines_and_those_of_a_run(tmp_path):
    (tmp_path / "webha").mkdir()
    (tmp_path / "webha/lock").write_bytes(run(9).raw)
    lines = [entry(run(number)) for number in range(8)]
    (tmp_path / "webha/journal").write_bytes(b"".join(one.raw for one in lines))
    assert asked(tmp_path) == held(run(9))
    assert asked(tmp_path, last=2) == held(run(9), *lines[-2:])
    assert asked(tmp_path, ids=(run(1).id, run(3).id)) == held(run(9), lines[1], lines[3])
    assert asked(tmp_path, last=1, ids=(run(7).id, run(2).id)) == held(run(9), lines[7], lines[2]), "each once"


def test_a_lock_that_is_no_file_is_unknown(tmp_path):
    (tmp_path / "webha/lock").mkdir(parents=True)
    with pytest.raises(FactProcessError):
        asked(tmp_path)
    (tmp_path / "webha/lock").rmdir()
    (tmp_path / "webha/lock").symlink_to(tmp_path / "nowhere")
    with pytest.raises(FactProcessError):
        asked(tmp_path)


@pytest.mark.parametrize(
    "output", [[], ["nonsense"], [f"{probe.OPENING} lock", "", f"{probe.CLOSING} lock 0"], [f"{probe.OPENING} lock"]]
)
def test_an_output_that_is_cut_off_is_unknown(output):
    with pytest.raises(FactProcessError):
        Runs().process(output)


def test_a_journal_that_cannot_be_read_is_unknown_and_the_lock_is_known():
    frames = (("lock", encoded(run().raw), 0), ("journal", "Permission denied", 1))
    output = [
        line
        for name, text, code in frames
        for line in (f"{probe.OPENING} {name}", text, f"{probe.CLOSING} {name} {code}")
    ]
    notes = Runs().process(output)
    assert (notes.lock, notes.journal) == (lock(run()), None)
