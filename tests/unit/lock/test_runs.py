"""Runs of pyinfra's own command line, with the lock of three nodes: who goes on, who is refused, what is left."""

import json
import signal
import time

import pytest

from ..stubs import NAMES
from .control import CHANGE, Control, ended, eventually, killed

FIRST, SECOND, THIRD = NAMES
TAKEOVER = ("--data", "takeover=True")


@pytest.fixture
def here(tmp_path):
    return Control(tmp_path / "here", tmp_path / "nodes")


@pytest.fixture
def there(tmp_path, here):
    return Control(tmp_path / "there", here.nodes)


def left(control):
    """Return what is left of the lock, the journal apart."""
    return [str(path) for name in NAMES for path in (control.nodes / name).glob("webha/*") if path.name != "journal"]


def folders(control):
    return [name for name in NAMES if (control.nodes / name / "webha").exists()]


def told(control, name=FIRST):
    return [json.loads(line) for line in control.journal(name)]


def test_a_run_leaves_a_line_of_what_it_changed_on_every_node_and_no_lock(here):
    done = here.run()
    assert done.code == 0, done.err
    assert left(here) == []
    (line,) = {one for name in NAMES for one in here.journal(name)}
    said = json.loads(line)
    assert (said["result"], said["changed"], said["unfinished"]) == ("done", {"A change": list(NAMES)}, {})
    assert (said["run"]["folder"], said["run"]["task"]) == (str(here.place), "task.py")
    folder = here.nodes / FIRST / "webha"
    assert ((folder / "journal").stat().st_mode & 0o777, folder.stat().st_mode & 0o777) == (0o640, 0o755)
    # The look while it prepares, taking and giving back; on the first node one look more, before the second operation.
    looks = [(here.nodes / name / "commands").read_text().count("@@webha-begin lock") for name in NAMES]
    assert looks == [4, 3, 3]


def test_the_lock_is_no_operation_and_a_run_that_changes_nothing_leaves_nothing(here):
    totals = json.loads(here.run("", "--json").out)["results"]["totals"]
    assert (totals["success"], totals["error"], totals["no_change"]) == (0, 0, len(NAMES))
    assert folders(here) == []


@pytest.mark.parametrize(("words", "typed"), [(["--dry"], ""), ([], "no\n")])
def test_what_executes_nothing_takes_nothing(here, words, typed):
    assert here.run(CHANGE, *words, yes=False, typed=typed).code == 0
    commands = "".join((here.nodes / name / "commands").read_text() for name in NAMES)
    assert "base64 -w0" in commands, "it looked"
    assert "mktemp" not in commands
    assert folders(here) == []


def test_a_second_run_is_refused_before_it_changes_anything(here, there):
    run = here.held()
    assert here.locks() == list(NAMES)
    refused = there.run()
    here.go()
    assert refused.code == 1
    assert "Traceback" not in refused.err
    assert "nothing was changed on any node: a run of " in refused.err
    assert f" from {here.place} (task.py, pid {run.pid}, " in refused.err
    assert " holds the cluster's lock since " in refused.err
    assert "wait for it; if it is dead: --data takeover=True" in refused.err
    assert "Beginning operation run" not in refused.err
    assert ended(run).code == 0


def test_two_that_have_both_looked_do_not_both_go_on(here, there):
    """The second one waits at pyinfra's question while the first one takes the lock."""
    asked = there.start(CHANGE, yes=False)
    looked = [here.nodes / name / "commands" for name in NAMES]
    eventually(lambda: all(one.exists() for one in looked), asked)
    time.sleep(1)
    run = here.held()
    refused = ended(asked, "\n")
    assert refused.code == 1
    assert "nothing was changed on any node: a run of " in refused.err
    assert not (here.nodes / FIRST / "changed").exists()
    assert here.locks() == list(NAMES)
    here.go()
    assert ended(run).code == 0
    assert left(here) == []


def test_a_killed_run_keeps_the_lock_until_a_person_says_on_the_command_line_that_it_is_dead(here, there):
    killed(here.held())
    here.go()
    data = there.place / "group_data/all.py"
    data.write_text(data.read_text() + "takeover = True\n")
    assert there.run().code == 1
    assert here.locks() == list(NAMES)
    done = there.run("", *TAKEOVER)
    assert done.code == 0, done.err
    assert f"takeover=True: the lock on {', '.join(NAMES)} was taken over from a run of " in done.err
    assert done.err.count("was taken over") == 1
    assert left(here) == []
    for name in NAMES:
        ((took,),) = [said["took"] for said in told(here, name)]
        assert took["run"]["folder"] == str(here.place)
    assert "taken over" not in there.run("", *TAKEOVER).err, "there is nothing to take over any more"


def test_a_run_whose_lock_was_taken_over_stops_before_its_next_operation(here, there):
    run = here.held(CHANGE)
    run.send_signal(signal.SIGSTOP)
    other = there.start(
        'says(name="Another", command="touch other; until [ -e ../on ]; do sleep 0.05; done")\n', *TAKEOVER
    )
    eventually((here.nodes / THIRD / "other").exists, other)
    here.go()
    run.send_signal(signal.SIGCONT)
    stopped = ended(run)
    assert stopped.code == 1
    assert "the lock of this run was taken over, it stops here: a run of " in stopped.err
    assert str(there.place) in stopped.err
    assert not (here.nodes / FIRST / "changed").exists()
    assert here.locks() == list(NAMES), "the other's stays"
    (here.nodes / "on").touch()
    assert ended(other).code == 0
    assert [said["result"] for said in told(here)] == ["displaced", "done"]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGHUP])
def test_a_run_that_a_person_ends_gives_the_lock_back_at_once(here, how):
    """Although pyinfra itself waits for what it began on the nodes: its pool is full."""
    run = here.held()
    run.send_signal(how)
    eventually(lambda: here.locks() == [], run)
    here.go()
    assert "Traceback" not in ended(run).err
    assert left(here) == []
    (said,) = told(here)
    assert (said["result"], said["unfinished"]) == ("interrupted", {"It lasts": list(NAMES)})


def test_a_run_that_a_person_ends_while_it_takes_the_lock_gives_back_what_it_has(here, there):
    (here.nodes / SECOND / "slow").touch()
    run = here.start()
    asked = here.nodes / SECOND / "commands"  # the first has answered by then
    eventually(lambda: asked.exists() and ".lock.XXXXXX" in asked.read_text(), run)
    assert here.locks() == [FIRST]
    assert "Traceback" not in killed(run, signal.SIGINT).err
    assert left(here) == []
    assert [(said["result"], said["left"]) for said in told(here)] == [("interrupted", [SECOND])]
    assert not (here.nodes / FIRST / "changed").exists()
    (here.nodes / SECOND / "slow").unlink()
    (here.nodes / SECOND / "webha/lock").write_text(json.dumps(told(here)[0]["run"]) + "\n")  # it made it after all
    assert there.run().code == 0
    assert left(here) == []


def test_a_failed_run_gives_the_lock_back_and_says_what_it_did(here):
    failed = here.run(CHANGE + 'says(name="It fails", command="[ $(basename $PWD) != nodoha2 ]")\n')
    assert failed.code == 1
    assert left(here) == []
    (said,) = told(here, SECOND)
    assert said["result"] == "failed"
    assert said["changed"] == {"A change": list(NAMES), "It fails": [FIRST, THIRD]}
    assert said["unfinished"] == {"It fails": [SECOND]}


def test_a_refused_run_gives_the_lock_back_and_a_refusal_is_no_change(here):
    assert here.run(CHANGE + 'refuses(name="It refuses")\n').code == 1
    (said,) = told(here)
    assert (said["result"], list(said["changed"]), said["unfinished"]) == ("refused", ["A change"], {})
    assert left(here) == []


@pytest.mark.parametrize("body", [CHANGE, ""], ids=["changed", "unchanged"])
def test_a_node_that_dies_keeps_its_copy_and_the_next_run_cleans_it_away(here, there, body):
    """A run that changed nothing writes its line on the others for that."""
    run = here.start(f"{body}waits(name='Waits', file='{here.nodes / 'go'}')\n")
    eventually(lambda: here.locks() == list(NAMES) and (here.nodes / THIRD / "changed").exists() == bool(body), run)
    (here.nodes / THIRD / "gone").touch()
    here.go()
    begin = time.monotonic()
    done = ended(run)
    assert time.monotonic() - begin < 15
    assert (
        "The cluster's lock could not be given back on nodoha3: the next run knows that this one has ended" in done.err
    )
    assert here.locks() == [THIRD]
    (here.nodes / THIRD / "gone").unlink()
    following = there.run("")
    assert following.code == 0, following.err
    assert "nodoha3 still had the lock of a run that has ended, a run of " in following.err
    assert left(here) == []


def test_a_lock_in_no_form_of_ours_is_held_and_can_be_taken_over(here):
    (here.nodes / SECOND / "webha").mkdir()
    (here.nodes / SECOND / "webha/lock").write_bytes(b"\xff\x00 nonsense")
    refused = here.run()
    assert refused.code == 1
    assert "what is in no form of ours in /var/lib/webha/lock of nodoha2 holds the cluster's lock" in refused.err
    assert here.run("", *TAKEOVER).code == 0
    assert left(here) == []


def test_a_node_that_does_not_say_is_not_free_even_for_a_takeover(here):
    (here.nodes / SECOND / "webha/lock").mkdir(parents=True)
    refused = here.run(CHANGE, *TAKEOVER)
    assert refused.code == 1
    assert "nodoha2: whether a run holds the cluster's lock cannot be read" in refused.err


def test_operations_without_roots_privileges_take_no_lock(here):
    for name in NAMES:
        (here.nodes / name / "powerless").touch()
    assert here.run().code == 0
    assert folders(here) == []
    for name in (FIRST, SECOND):
        (here.nodes / name / "powerless").unlink()
    refused = here.run()
    assert refused.code == 1
    assert (
        "nodoha3: the cluster's lock cannot be made in /var/lib/webha: commands do not run as root there" in refused.err
    )
    assert folders(here) == []


def test_a_run_that_leaves_nothing_takes_the_journal_with_it_if_it_ends_well(here):
    assert here.run(f'{CHANGE}holding.leave_nothing()\nsays(name="It fails", command="false")\n').code == 1
    assert len(told(here)) == 1
    assert here.run(f"{CHANGE}holding.leave_nothing()\n").code == 0
    assert folders(here) == []
