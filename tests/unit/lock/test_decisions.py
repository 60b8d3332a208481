"""Who may have the lock, what is replaced, and what is said."""

from dataclasses import replace

import pytest

from webha.lock import Lock, decisions, judge

from ..stubs import NAMES
from .runs import NOW, SINCE, entry, free, held, lock, run

A, B, C = NAMES
FREE = dict.fromkeys(NAMES, free())
HELD = dict.fromkeys(NAMES, held(run()))
STRANGE = Lock("0" * 64, None)
SENTENCE = (
    "a run of ana@control from /srv/ha (deploy.py, pid 4711, 0.2.0) holds the cluster's lock since 12:31:04 (3 min ago)"
)
WAY_OUT = ": wait for it; if it is dead: --data takeover=True"


@pytest.mark.parametrize("takeover", [True, False])
def test_what_nobody_holds_may_be_taken(takeover):
    assert judge(FREE, takeover, NOW) == decisions.Judgement()


def test_what_a_run_holds_is_refused_with_who_from_where_since_when_and_the_way_out():
    assert judge(HELD, False, NOW) == decisions.Judgement((SENTENCE + WAY_OUT,))
    assert decisions.refused([SENTENCE]) == f"nothing was changed on any node: {SENTENCE}"
    assert decisions.refused(["one", "two"]) == "nothing was changed on any node:\n    one\n    two"


@pytest.mark.parametrize("on", [(A,), (C,), (A, C)])
def test_a_copy_on_some_nodes_counts_as_one_on_all(on):
    """It may be the lock of a run that a node has lost, or of one that died while it took it."""
    nodes = FREE | {name: held(run()) for name in on}
    (said,) = judge(nodes, False, NOW).refusals
    assert said == f"{SENTENCE}, on {', '.join(on)} only{WAY_OUT}"
    assert judge(nodes, True, NOW).instead == dict.fromkeys(on, run().digest)


@pytest.mark.parametrize("where", NAMES)
@pytest.mark.parametrize("takeover", [True, False])
def test_a_copy_of_a_run_that_some_journal_tells_the_end_of_is_stale(where, takeover):
    nodes = {B: held(run())}
    nodes |= {
        name: replace(nodes.get(name, free()), journal=(entry(run()),) if name == where else ()) for name in NAMES
    }
    judged = judge(nodes, takeover, NOW)
    assert (judged.refusals, judged.taken_over) == ((), ())
    assert judged.instead == {B: run().digest}
    (one,) = judged.stale
    assert decisions.cleaned(one) == (
        f"{B} still had the lock of a run that has ended, a run of ana@control from /srv/ha (deploy.py, pid 4711, 0.2.0), and has it no more."
    )


def test_a_run_that_was_declared_dead_has_ended():
    taker = entry(run(2), took=(lock(run(1)),))
    assert judge(FREE | {B: held(run(1)), C: free(taker)}, False, NOW).stale != ()
    assert judge(FREE | {B: held(run(3)), C: free(taker)}, False, NOW).refusals != ()


@pytest.mark.parametrize("journal", [(), None, (entry(run(1)),)])
def test_a_journal_that_does_not_tell_it_makes_nothing_stale(journal):
    nodes = FREE | {B: held(run(5)), C: replace(free(), journal=journal)}
    assert judge(nodes, False, NOW).refusals != ()


@pytest.mark.parametrize("takeover", [True, False])
def test_a_node_that_does_not_say_is_not_free_and_cannot_be_taken_over(takeover):
    (said,) = judge(FREE | {B: None}, takeover, NOW).refusals
    assert said.startswith(f"{B}: whether a run holds the cluster's lock cannot be read")


def test_what_is_in_no_form_of_ours_is_held_by_somebody():
    nodes = FREE | {B: replace(free(entry(run())), lock=STRANGE)}
    (said,) = judge(nodes, False, NOW).refusals
    assert said == f"what is in no form of ours in /var/lib/webha/lock of {B} holds the cluster's lock{WAY_OUT}"
    assert judge(nodes, True, NOW).instead == {B: STRANGE.digest}


def test_a_takeover_replaces_exactly_what_was_seen_on_each_node():
    nodes = {A: held(run(1)), B: held(run(2)), C: free()}
    judged = judge(nodes, True, NOW)
    assert judged.instead == {A: run(1).digest, B: run(2).digest}
    assert [one.nodes for one in judged.taken_over] == [(A,), (B,)]
    assert len(judge(nodes, False, NOW).refusals) == 2


def test_a_takeover_is_said_with_whose_lock_it_was():
    assert decisions.took_over(decisions.Copies(lock(run()), NAMES), NOW) == (
        f"takeover=True: the lock on {A}, {B}, {C} was taken over from a run of ana@control from /srv/ha (deploy.py, pid 4711, 0.2.0), "
        "which had it since 12:31:04 (3 min ago)."
    )
    assert decisions.took_over(decisions.Copies(STRANGE, (B,)), NOW).endswith(
        "taken over from what was in no form of ours."
    )


def test_a_run_whose_lock_is_still_there_goes_on():
    assert decisions.lost(run(), A, held(run()), NOW) is None


@pytest.mark.parametrize(
    ("notes", "words"),
    [
        (held(run(2)), f"the lock of this run was taken over, it stops here: {SENTENCE}"),
        (free(), f"{A}: the lock of this run is gone from /var/lib/webha/lock"),
        (None, f"{A}: whether this run still holds the cluster's lock cannot be read"),
        (replace(free(), lock=STRANGE), "was taken over, it stops here: what is in no form of ours"),
    ],
)
def test_a_run_whose_lock_is_anything_else_by_now_stops(notes, words):
    assert words in decisions.lost(run(), A, notes, NOW)


@pytest.mark.parametrize(
    ("seconds", "ago"),
    [(0, ""), (-500, ""), (1, " (1 s ago)"), (59, " (59 s ago)"), (60, " (1 min ago)"), (7199, " (119 min ago)"), (7200, " (2 h ago)")],
)  # fmt: skip
def test_when_is_said_as_a_person_would(seconds, ago):
    assert decisions.when(SINCE, SINCE + seconds) == f"12:31:04{ago}"


def test_another_days_date_is_said():
    assert decisions.when(SINCE, SINCE + 30 * 86400) == "2025-11-27 12:31:04 (30 days ago)"


def test_whether_the_next_run_will_know_is_said_of_a_lock_that_stays():
    assert decisions.kept((C,), known=True).endswith("the next run knows that this one has ended, and removes it.")
    assert decisions.kept((A, B), known=False) == (
        f"The cluster's lock could not be given back on {A}, {B}: the next run is refused until it is given --data takeover=True."
    )


def test_a_line_of_the_journal_for_a_person():
    many = {f"Operation {number}": (A, B) for number in range(5)}
    said = decisions.line(entry(run(), result="failed", changed=many, unfinished={"Galera: packages": (C,)}, left=(C,)))
    assert said == (
        f"2025-11-27 12:31:04  ana@control from /srv/ha: deploy.py, failed; changed “Operation 0” ({A}, {B}), “Operation 1” ({A}, {B}), "
        f"“Operation 2” ({A}, {B}) and 2 more; not finished “Galera: packages” ({C}); its lock may be left on {C}"
    )
    assert decisions.line(entry(run(), took=(lock(run()), STRANGE))).endswith(
        "took over the lock of ana@control (deploy.py), what was in no form of ours"
    )
