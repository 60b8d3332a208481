"""All of a node's answers in one round trip: asked at the same time, taken apart again, each read by itself."""

import subprocess
import time
from dataclasses import replace
from datetime import UTC, datetime
from shlex import quote

import pytest
from pyinfra.api.exceptions import FactProcessError

from webha.certificates import authority, issue, read
from webha.cluster import Page
from webha.ground import probe
from webha.lock import Notes
from webha.status import facts
from webha.status.facts import SECONDS, Status
from webha.status.state import Seen

from ..captured_facts import CAPTURED, CONVERGED, FACTS, fact, text
from ..stubs import fake_program
from .whole_stack import UNITS

ARGUMENTS = FACTS["status"][1]
PROBES = ("firewall", "galera", "cluster", "gluster", "drupal", "releases", "machine")
NODE = "<node><hostname>{}</hostname><path>{}</path><peerid>8fb6</peerid><status>{}</status><port>57422</port><pid>1</pid></node>"


def volume_status(*nodes):
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<cliOutput>\n<opRet>0</opRet><opErrno>0</opErrno><opErrstr/>'
        f"<volStatus><volumes><volume><volName>fs_ha</volName><nodeCount>{len(nodes)}</nodeCount>"
        f"{''.join(NODE.format(*node) for node in nodes)}<tasks/></volume></volumes></volStatus>\n</cliOutput>\n"
    )


def heal_count(*bricks):
    told = "".join(f"Brick nodoha{number or ''}:/gluster\n{lines}\n\n" for number, lines in enumerate(bricks))
    return f"Gathering count of entries to be healed on volume fs_ha has been successful \n\n{told}"


AWAY = "Status: Transport endpoint is not connected\nNumber of entries: -"
SERVES = volume_status(("nodoha", "/gluster", 1), ("nodoha2", "/gluster", 0), ("Self-heal Daemon", "localhost", 0))
PAIR = issue(authority("hacloud", datetime.now(UTC)), ["www.example.org"], datetime.now(UTC))
SMALL = {
    "bricks": SERVES,
    "heal": heal_count("Number of entries: 0", "Number of entries: 4"),
    "health": "ready\n",
    "page": "200 hacloud",
    "secure": "200 hacloud",
    "served": f"Subject:CN = x\n{PAIR[PAIR.index('-----BEGIN CERT') :]}",
    "certificate": PAIR[PAIR.index("-----BEGIN CERT") :],
    "handed": "Type=oneshot\nActiveState=active\nSubState=exited\nUnitFileState=enabled\n",
    "holds": "1\n",
    "claimants": "02:00:0A:00:00:85\n06:07:08:09:0a:0b\n",
    "disks": "/gluster 7%\n/ 41%\n",
    "read-only": "",
    "daemons": "\n".join(f"Id={unit}\nActiveState=active\nUnitFileState=enabled\n" for unit in UNITS),
    "refused": "AH00558: apache2: Could not reliably determine the server's fully qualified domain name\nSyntax OK\n",
    "runs": "@@webha-begin lock\n\n@@webha-end lock 3\n@@webha-begin journal\n\n@@webha-end journal 0\n",
    "failed": "ssh.service loaded failed failed OpenBSD Secure Shell server\n",
}


def answered(suite, **changes):
    """Return the output of a converged node, a (text, status) for each of ``changes``."""
    answers = {name: (text(suite, name), 0) for name in PROBES} | {name: (said, 0) for name, said in SMALL.items()}
    answers["clock"] = ("0.5", 0)
    lines = []
    for name, (said, code) in (answers | changes).items():
        told = [f"|{line}" for line in said.splitlines()]
        lines += [f"{probe.OPENING} {name}", *told, "", f"{probe.CLOSING} {name} {code}"]
    return lines


def ask(questions, seconds, tmp_path, path=None):
    """Run the questions in a real shell; return the answers and how long it took until its output ended."""
    start = time.monotonic()
    done = subprocess.run(
        ["sh", "-c", probe.together(questions, seconds)],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
        env={"TMPDIR": str(tmp_path), "PATH": f"{path}:/usr/bin:/bin" if path else "/usr/bin:/bin"},
    )
    return probe.apart(done.stdout.splitlines()), time.monotonic() - start


def test_all_questions_are_asked_at_the_same_time(tmp_path):
    answers, took = ask({name: f"sleep 1; echo {name}" for name in ("a", "b", "c")}, 5, tmp_path)
    assert answers == {name: probe.Answer(name, 0) for name in ("a", "b", "c")}
    assert took < 2.5
    assert list(tmp_path.iterdir()) == []


def test_a_question_that_hangs_ends_in_time_with_what_it_said_and_harms_no_other(tmp_path):
    answers, took = ask({"first": "echo 1", "hangs": "echo so far; sleep 20", "last": "echo 3; exit 3"}, 1, tmp_path)
    assert answers == {
        "first": probe.Answer("1", 0),
        "hangs": probe.Answer("so far", 124),
        "last": probe.Answer("3", 3),
    }
    assert took < 4
    assert list(tmp_path.iterdir()) == []


def test_a_question_that_does_not_listen_is_killed_in_time(tmp_path):
    answers, took = ask({"deaf": "trap '' TERM; while :; do sleep 0.2; done", "other": "echo 1"}, 1, tmp_path)
    assert not answers["deaf"].ok
    assert answers["other"] == probe.Answer("1", 0)
    assert took < 4


def test_a_question_that_cannot_be_killed_is_not_waited_for(tmp_path):
    """Stands in for a process that waits for a file system: a timeout(1) that does not come back."""
    fake_program(tmp_path / "bin", "timeout", 'shift 3; exec "$@"')
    answers, took = ask({"stuck": "sleep 7", "other": "echo 1"}, 1, tmp_path, tmp_path / "bin")
    assert (answers["stuck"].status, answers["other"].text) == (124, "1")
    assert took < 5


def test_a_node_that_cannot_make_temporary_files_still_answers(tmp_path):
    assert ask({"one": "echo 1"}, 2, tmp_path / "nonexistent")[0]["one"].text == "1"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("true", ""),
        ("printf ''", ""),
        ("printf 'no newline'", "no newline"),
        ("echo wrong >&2", "wrong"),
        ("cat", ""),
        ("printf '|piped\\n||twice\\n'", "|piped\n||twice"),
        ("printf 'a\\n\\n  b\\n'", "a\n\n  b"),
        ("""printf '%s\\n' "it's" '"$HOME"' '`x`' '\\n' '%s'""", 'it\'s\n"$HOME"\n`x`\n\\n\n%s'),
        (f"echo '{probe.CLOSING} it 0'; echo '{probe.OPENING} after'", f"{probe.CLOSING} it 0\n{probe.OPENING} after"),
    ],
)
def test_an_answer_comes_out_as_it_was_said(command, said, tmp_path):
    answers, _ = ask({"it": command, "after": "echo yes"}, 5, tmp_path)
    assert answers == {"it": probe.Answer(said, 0), "after": probe.Answer("yes", 0)}


def test_an_answer_that_is_a_probes_own_output_comes_out_whole(tmp_path):
    questions = {"one": 'echo 1; echo; echo "it\'s"', "two words": "exit 7", "none": "true"}
    answers, _ = ask({"inner": probe.script(questions), "one": "echo outer"}, 5, tmp_path)
    assert probe.read(answers["inner"].text.splitlines()) == {
        "one": probe.Answer("1\n\nit's", 0),
        "two words": probe.Answer("", 7),
        "none": probe.Answer("", 0),
    }
    assert answers["one"].text == "outer"


@pytest.mark.parametrize("changes", [{}, {"brick": "/data/it's a brick", "root": "/srv/my site", "volume": "x'y"}])
def test_the_command_is_valid_shell(changes):
    subprocess.run(["sh", "-n", "-c", Status().command(**ARGUMENTS | changes)], check=True)


@pytest.mark.parametrize("suite", CONVERGED)
def test_a_captured_node_is_seen_in_all_its_parts(suite, monkeypatch):
    monkeypatch.setattr("time.time", lambda: 0.0)
    seen = Status().process(["Welcome to Debian", *answered(suite)])
    assert seen == Seen(
        **{name: fact(suite, name) for name in PROBES} | {"machine": replace(fact(suite, "machine"), clock_offset=0.5)},
        heal=4,
        bricks={"nodoha:/gluster": True, "nodoha2:/gluster": False},
        health="ready",
        page=Page(200, "hacloud"),
        secure=Page(200, "hacloud"),
        certificate=tuple(read(PAIR)),
        served=tuple(read(PAIR)),
        handed=True,
        holds_vip=True,
        claimants=("02:00:0a:00:00:85", "06:07:08:09:0a:0b"),
        disks={"/gluster": 7, "/": 41},
        read_only=(),
        failed=("ssh.service",),
        daemons=UNITS,
        refused="",
        runs=Notes(None),
    )


def test_the_captured_texts_come_through_a_real_shell_unharmed(tmp_path):
    files = {name: CAPTURED / CONVERGED[0] / f"{name}.txt" for name in PROBES}
    answers, _ = ask({name: f"cat {quote(str(path))}" for name, path in files.items()}, 5, tmp_path)
    for name, path in files.items():
        assert probe.read(answers[name].text.splitlines()) == probe.read(path.read_text().splitlines())


FIELDS = {"holds": "holds_vip", "read-only": "read_only"}


@pytest.mark.parametrize("name", [*PROBES, *SMALL])
@pytest.mark.parametrize("said", ["", "half"])
def test_what_was_cut_off_by_the_time_limit_is_none_and_harms_no_other(name, said, monkeypatch):
    monkeypatch.setattr("time.time", lambda: 0.0)
    suite = CONVERGED[0]
    whole = text(suite, name) if name in PROBES else SMALL[name]
    cut = whole[: len(whole) // 2] if said else ""
    seen = Status().process(answered(suite, **{name: (cut, 124)}))
    healthy = Status().process(answered(suite))
    field = FIELDS.get(name, name)
    assert getattr(healthy, field) is not None
    assert seen == type(seen)(**vars(healthy) | {field: None})


DAMAGED = {
    "firewall": ("@@webha-end sockets 0", ""),
    "galera": ("seqno:   ", "seqno: ?"),
    "cluster": ("</pacemaker-result>", ""),
    "gluster": ("</cliOutput>", ""),
    "drupal": ('{"archive"', "{archive"),
    "releases": ("@@webha-end here 0", ""),
    "machine": ("@@webha-end clock 0", ""),
}


@pytest.mark.parametrize("name", PROBES)
@pytest.mark.parametrize("suite", CONVERGED)
def test_a_damaged_answer_is_none_and_harms_no_other(suite, name):
    before, after = DAMAGED[name]
    assert before in text(suite, name)
    seen = Status().process(answered(suite, **{name: (text(suite, name).replace(before, after), 0)}))
    assert [one for one in PROBES if getattr(seen, one) is None] == [name]


@pytest.mark.parametrize(
    "output",
    [[], ["Welcome to Debian"], ["sh: 1: mktemp: not found"], answered(CONVERGED[0])[:-1]],
    ids=["empty", "banner", "error", "cut off"],
)
def test_an_output_without_the_frames_is_an_error_and_no_node_without_problems(output):
    with pytest.raises(FactProcessError, match="Status: the node did not answer"):
        Status().process(output)


def test_what_the_health_page_finds_wrong_is_one_line():
    output = answered(CONVERGED[0], health=("database: gone\ndocroot: gone\n", 0))
    assert Status().process(output).health == "database: gone; docroot: gone"


@pytest.mark.parametrize(
    ("said", "code", "count"),
    [
        (heal_count(*["Number of entries: 0"] * 3), 0, 0),
        (heal_count("Number of entries: 0", "Number of entries: 12", "Number of entries: 3"), 0, 12),
        (heal_count("Number of entries: 0", "Number of entries: 5", AWAY), 0, None),
        (heal_count("Number of entries: 0"), 124, None),
        ("Volume fs_ha is not started", 1, None),
        ("", 0, None),
        pytest.param(
            heal_count("Number of entries: 0", "Number of entries: 0", "No gathered input for this brick"),
            0,
            None,
        ),
    ],
)
def test_the_heal_count_is_the_most_that_a_brick_owes_and_unknown_where_one_is_away(said, code, count):
    assert facts._heal(probe.Answer(said, code)) == count


@pytest.mark.parametrize(
    ("said", "code", "bricks"),
    [
        (SERVES, 0, {"nodoha:/gluster": True, "nodoha2:/gluster": False}),
        (volume_status(("Self-heal Daemon", "nodoha2", 1)), 0, {}),
        (SERVES, 124, None),
        (SERVES[:-12], 0, None),
        ("Connection failed. Please check if gluster daemon is operational.", 0, None),
    ],
)
def test_the_bricks_are_those_of_the_nodes_and_not_the_self_heal_daemons(said, code, bricks):
    assert facts._bricks(probe.Answer(said, code)) == bricks


@pytest.mark.parametrize(
    ("said", "code", "disks"),
    [
        ("/ 41%\n/var 100%\n/ 41%", 0, {"/": 41, "/var": 100}),
        ("/mnt/my disk 3%\n/odd -", 0, {"/mnt/my disk": 3}),
        ("/ 41%", 1, None),
    ],
)
def test_disks_are_read_with_per_cent_and_without_those_that_have_none(said, code, disks):
    assert facts._disks(probe.Answer(said, code)) == disks


def test_the_time_limit_is_below_the_consoles_patience():
    assert 0 < SECONDS <= 10
