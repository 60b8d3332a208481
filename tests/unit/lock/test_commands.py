"""Taking and giving back in a real shell, on a node that is a folder."""

import os
import subprocess
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor

import pytest
from pyinfra.api.command import StringCommand

from webha.ground import probe
from webha.lock import Lock, commands, state
from webha.lock.manifest import KEPT

from ..stubs import execute
from .runs import encoded, entry, lock, run

STRANGE = "0" * 64


@pytest.fixture
def node(tmp_path):
    """Say something to a node; return the lines of its answer."""

    def say(command):
        text = command.get_raw_value().replace("/var/lib", str(tmp_path))
        if os.geteuid() != 0:
            text = text.replace('[ "$(id -u)" = 0 ]', "true")
        done = execute(StringCommand(text, _stdin=command.connector_arguments.get("_stdin")))
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    say.folder = tmp_path / "webha"
    say.lock, say.journal = say.folder / "lock", say.folder / "journal"
    say.take = lambda *words: commands.taking(say(commands.take(*words)))
    say.give_back = lambda *words: commands.given_back(say(commands.give_back(*words)))
    return say


def test_the_first_one_has_it_and_the_second_one_learns_who(node):
    assert node.take(run(1)) == commands.Taking(taken=True)
    assert node.take(run(2)) == commands.Taking(held=lock(run(1)))
    assert node.take(run(2), STRANGE) == commands.Taking(held=lock(run(1)))
    assert node.lock.read_bytes() == run(1).raw
    assert node.lock.stat().st_mode & 0o777 == 0o644
    assert [one.name for one in node.folder.iterdir()] == ["lock"]


def test_exactly_the_lock_that_was_seen_is_replaced(node):
    node.take(run(1))
    assert node.take(run(2), run(1).digest) == commands.Taking(taken=True, instead=True)
    assert node.take(run(3), run(1).digest) == commands.Taking(held=lock(run(2)))
    node.lock.unlink()
    assert node.take(run(3), run(1).digest) == commands.Taking(taken=True), "given back meanwhile"


@pytest.mark.parametrize("raw", [b"", b"\xff\x00", b"x" * 100_000])
def test_whatever_lies_there_can_be_replaced_by_its_digest(node, raw):
    node.folder.mkdir()
    node.lock.write_bytes(raw)
    seen = node.take(run(1)).held
    assert seen.run is None
    assert node.take(run(1), seen.digest).instead


@pytest.mark.parametrize("instead", ["", run(0).digest])
def test_of_many_at_once_one_has_it(node, instead):
    if instead:
        node.take(run(0))
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda number: node.take(run(number), instead), range(1, 7)))
    assert [one.taken for one in answers].count(True) == 1
    (winner,) = {one.held for one in answers if one.held}
    assert answers[int(winner.run.id, 16) - 1].taken


def test_what_a_killed_taker_left_is_cleaned_away(node):
    node.folder.mkdir()
    (node.folder / ".lock.abc123").touch()
    node.take(run(1))
    assert [one.name for one in node.folder.iterdir()] == ["lock"]


def test_a_lock_that_cannot_be_made_says_why(node):
    node.folder.write_text("a file in the folder's place")
    assert "File exists" in node.take(run(1)).wrong


def test_ones_own_is_given_back_and_the_folder_goes_with_it(node):
    node.take(run(1))
    assert node.give_back(run(1), None)
    assert not node.folder.exists()
    assert node.give_back(run(1), None), "gone is given back"


def test_anothers_is_not_given_back(node):
    node.take(run(1))
    assert node.give_back(run(2), entry(run(2)))
    assert node.lock.read_bytes() == run(1).raw
    assert node.journal.read_bytes() == entry(run(2)).raw


def test_what_else_is_in_the_folder_stays(node):
    node.take(run(1))
    (node.folder / "packages").write_text("mariadb-server\n")
    assert node.give_back(run(1), None)
    assert [one.name for one in node.folder.iterdir()] == ["packages"]


def test_lines_come_one_after_the_other_and_a_node_that_forgets_has_none(node):
    node.take(run(1))
    node.give_back(run(1), entry(run(1), changed={"it's $(reboot) `x`": ("nodoha",)}))
    with node.journal.open("ab") as file:
        file.write(b'{"run": cut off')
    node.give_back(run(2), entry(run(2)))
    read = state.entries(encoded(node.journal.read_bytes()))
    assert [one.run for one in read] == [run(1), run(2)]
    assert node.journal.stat().st_mode & 0o777 == 0o640
    node.take(run(3))
    assert node.give_back(run(3), entry(run(3)), True)
    assert not node.folder.exists()


def test_the_journal_is_kept_to_a_size(node):
    node.folder.mkdir()
    node.journal.write_text("x\n" * (KEPT + 7))
    node.journal.chmod(0o640)
    node.give_back(run(1), entry(run(1)))
    lines = node.journal.read_bytes().splitlines()
    assert len(lines) == KEPT
    assert lines[-1] + b"\n" == entry(run(1)).raw
    assert node.journal.stat().st_mode & 0o777 == 0o640
    assert [one.name for one in node.folder.iterdir()] == ["journal"]


def frame(text, status):
    return ["Welcome to Debian", f"{probe.OPENING} lock", text, "", f"{probe.CLOSING} lock {status}"]


@pytest.mark.parametrize(
    ("lines", "read"),
    [
        (frame("", 0), commands.Taking(taken=True)),
        (frame("instead", 0), commands.Taking(taken=True, instead=True)),
        (frame("", 4), commands.Taking(powerless=True)),
        (frame(b64encode(b"?").decode(), 3), commands.Taking(held=Lock(state.lock("Pw==").digest, None))),
        (frame("no space left on device", 1), commands.Taking(wrong="no space left on device")),
        (frame("", 1), commands.Taking(wrong="no reason was said")),
    ],
)
def test_an_answer_is_read_as_what_it_is(lines, read):
    assert commands.taking(lines) == read


@pytest.mark.parametrize("lines", [None, [], ["nonsense"], frame("", 0)[:-1], frame("no base64", 3)])
def test_what_is_no_answer_is_never_taken_nor_given_back(lines):
    assert not commands.taking(lines).taken
    assert commands.taking(lines).wrong
    assert not commands.given_back(lines)


def test_nothing_of_a_run_stands_in_the_process_list():
    one = run(folder="/srv/'; reboot; '")
    for command in (commands.take(one, ""), commands.give_back(one, entry(one))):
        assert "reboot" not in command.get_raw_value()
        subprocess.run(["sh", "-n"], input=command.get_raw_value(), text=True, check=True)
