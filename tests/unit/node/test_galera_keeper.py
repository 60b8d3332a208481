"""What a keeper decides, situation by situation; how it reads what the node says."""

import os

import pytest

from webha_node import attributes, grastate
from webha_node.galera import decisions, machine
from webha_node.galera.decisions import Position, Seen, State

from ..stubs import NAMES

A, B, C = NAMES
OURS = "772159c2-e6ae-11f1-b424-5a194bf1f37b"
OTHER = "0a0a0a0a-e6ae-11f1-b424-5a194bf1f37b"
NOBODYS = grastate.NO_HISTORY
LONG = 1000.0

PRIMARY = State("primary", OURS)
WAITING = State("waiting", OURS)
OUTSIDE = State("outside", OURS, will="wants")


def down(seqno=7, uuid=OURS, safe=False, will="wants"):
    return State("down", uuid, seqno, safe, will)


def claim(seqno=7):
    return State("claim", OURS, seqno, False, "wants")


def view(own, second, third, *, name=A, settled=LONG, members=NAMES, **changes):
    states = {one: state for one, state in zip(NAMES, (own, second, third), strict=True) if state is not None}
    return decisions.View(name, NAMES, frozenset(members), states, settled=settled, **changes)


def actions(*states, **changes):
    """Return what each of the three would do; a node without a value has no keeper that decides."""
    return [
        decisions.decide(view(*states, name=name, **changes)).action if states[index] is not None else None
        for index, name in enumerate(NAMES)
    ]


SITUATIONS = {
    "all are in the primary component": ((PRIMARY, PRIMARY, PRIMARY), ["nothing"] * 3),
    "all wait for each other": ((WAITING, WAITING, WAITING), ["stop"] * 3),
    "all are active in a component that serves nothing": ((OUTSIDE, OUTSIDE, OUTSIDE), ["stop"] * 3),
    "one waits, two gave up": ((WAITING, down(7), down(7)), ["stop", "nothing", "nothing"]),
    "one crashed beside two survivors": ((down(None), WAITING, OUTSIDE), ["recover", "stop", "stop"]),
    "crashed, no position is read yet": ((down(None), down(None), down(None)), ["recover"] * 3),
    "one has still to read its position": ((down(9), down(None), down(7)), ["nothing", "recover", "nothing"]),
    "one reads its position": ((down(9), State("recovering", OURS), down(7)), ["nothing"] * 3),
    "one stops": ((down(9), State("stopping", OURS), down(7)), ["nothing"] * 3),
    "the most advanced is the first": ((down(9), down(8), down(7)), ["claim", "nothing", "nothing"]),
    "the most advanced is the last": ((down(7), down(8), down(9)), ["nothing", "nothing", "claim"]),
    "all are equal": ((down(7), down(7), down(7)), ["claim", "nothing", "nothing"]),
    "seqno 0 is a position": ((down(0), down(0), down(0)), ["claim", "nothing", "nothing"]),
    "equal, and one was the last to leave": ((down(7), down(7, safe=True), down(7)), ["nothing", "claim", "nothing"]),
    "safe to bootstrap, yet behind": ((down(7, safe=True), down(8), down(7)), ["nothing", "claim", "nothing"]),
    "the most advanced was stopped by a person": ((down(9, will="left"), down(8), down(8)), ["nothing"] * 3),
    "one as advanced was stopped by a person": (
        (down(9, will="left"), down(9), down(8)),
        ["nothing", "claim", "nothing"],
    ),
    "all were stopped by a person": ((down(7, will="left"),) * 3, ["nothing"] * 3),
    "stopped by a person, and no position on disk": ((down(None, will="left"), WAITING, down(7)), ["nothing"] * 3),
    "the most advanced has a full disk": ((down(9, will="held"), down(8), down(8)), ["nothing"] * 3),
    "one as advanced has a full disk": ((down(9, will="held"), down(9), down(8)), ["nothing", "claim", "nothing"]),
    "two clusters": ((down(9), down(9), down(9, OTHER)), ["nothing"] * 3),
    "two clusters, still waiting": ((WAITING, WAITING, State("waiting", OTHER)), ["nothing"] * 3),
    "one has no history": ((down(9), down(9), down(None, NOBODYS)), ["nothing"] * 3),
    "nobody has a history": ((down(None, NOBODYS),) * 3, ["nothing"] * 3),
    "one was never a member": ((down(9), down(9), down(None, "")), ["nothing"] * 3),
    "one position cannot be read": ((down(9), down(9), State("unknown")), ["nothing"] * 3),
    "one is silent": ((down(9), down(9), None), ["nothing", "nothing", None]),
    "two are silent": ((down(9, safe=True), None, None), ["nothing", None, None]),
    "one is silent, the others wait": ((WAITING, WAITING, None), ["nothing", "nothing", None]),
    "one starts": ((WAITING, WAITING, State("starting", OURS)), ["nothing"] * 3),
    "one is bootstrapping": ((State("bootstrapping", OURS), down(7), WAITING), ["nothing"] * 3),
    "another claims": ((down(9), down(8), claim(8)), ["nothing"] * 3),
    "a primary, and both others failed": ((PRIMARY, down(7), down(None)), ["nothing", "start", "nothing"]),
    "a primary, one joins": ((PRIMARY, WAITING, down(7)), ["nothing"] * 3),
    "a primary, one starts": ((PRIMARY, State("starting", OURS), down(7)), ["nothing"] * 3),
    "a primary, one is held back": ((PRIMARY, down(7, will="held"), down(7)), ["nothing", "nothing", "start"]),
    "a primary, one was stopped by a person": (
        (down(7, will="left"), PRIMARY, down(7)),
        ["nothing", "nothing", "start"],
    ),
    "a primary, one has another cluster's data": ((down(7, OTHER), PRIMARY, down(7)), ["nothing", "nothing", "start"]),
    "a primary, a transfer was cut off": ((down(None, NOBODYS), PRIMARY, PRIMARY), ["start", "nothing", "nothing"]),
    "a primary, one was never a member": ((down(None, ""), PRIMARY, PRIMARY), ["nothing"] * 3),
    "two primary components": ((PRIMARY, State("primary", OTHER), down(7)), ["nothing"] * 3),
    "a primary, one silent": ((PRIMARY, None, down(7)), ["nothing", None, "start"]),
    "a claim came too late": ((PRIMARY, claim(), down(7)), ["nothing", "start", "nothing"]),
    "a primary, one unknown": ((PRIMARY, State("unknown"), down(7)), ["nothing", "nothing", "start"]),
}


@pytest.mark.parametrize(("states", "expected"), SITUATIONS.values(), ids=SITUATIONS)
def test_the_situation(states, expected):
    assert actions(*states) == expected


@pytest.mark.parametrize(("states", "_"), SITUATIONS.values(), ids=SITUATIONS)
@pytest.mark.parametrize("members", [(A,), (A, B), (B, C), ()])
def test_without_every_node_in_the_membership_and_without_a_primary_nothing_is_done(states, _, members):
    if not any(one is not None and one.kind == "primary" for one in states):
        assert set(actions(*states, members=members)) <= {"nothing", None}


@pytest.mark.parametrize(("states", "_"), SITUATIONS.values(), ids=SITUATIONS)
def test_every_decision_has_its_sentence_and_only_one_node_ever_claims(states, _):
    decided = [
        decisions.decide(view(*states, name=name))
        for name, state in zip(NAMES, states, strict=True)
        if state is not None
    ]
    assert all(one.reason for one in decided)
    assert [one.action for one in decided].count("claim") <= 1
    assert "bootstrap" not in [one.action for one in decided]


@pytest.mark.parametrize(("settled", "action"), [(0.0, "nothing"), (29.0, "nothing"), (30.0, "stop")])
def test_galeras_own_recovery_has_its_time(settled, action):
    assert actions(WAITING, WAITING, WAITING, settled=settled) == [action] * 3


@pytest.mark.parametrize(("settled", "action"), [(0.0, "nothing"), (5.0, "nothing"), (6.0, "claim")])
def test_where_nothing_runs_there_is_little_to_wait_for(settled, action):
    assert actions(down(9), down(8), down(8), settled=settled)[0] == action


def test_a_claim_that_came_back_bootstraps():
    states = (claim(9), down(8), down(9))
    assert decisions.decide(view(*states)).action == "claim"
    assert decisions.decide(view(*states, confirmed=True)).action == "bootstrap"


@pytest.mark.parametrize("other", [claim(9), down(10), down(None), WAITING, PRIMARY, State("unknown"), None])
def test_a_claim_is_given_up_where_the_others_changed(other):
    assert decisions.decide(view(claim(9), down(8), other, confirmed=True)).action not in ("bootstrap", "claim")


@pytest.mark.parametrize(("outside", "action"), [(0.0, "nothing"), (59.0, "nothing"), (60.0, "rejoin")])
def test_a_mariadbd_outside_of_a_living_component_is_restarted_after_a_minute(outside, action):
    assert decisions.decide(view(OUTSIDE, PRIMARY, PRIMARY, outside=outside)).action == action


@pytest.mark.parametrize(
    ("own", "others"),
    [
        (State("outside", OTHER, will="wants"), (PRIMARY, PRIMARY)),
        (State("outside", OURS, will="held"), (PRIMARY, PRIMARY)),
        (OUTSIDE, (PRIMARY, WAITING)),
        (WAITING, (PRIMARY, PRIMARY)),
    ],
)
def test_it_is_not_restarted_over_other_data_nor_twice_in_a_row_nor_while_one_joins(own, others):
    assert decisions.decide(view(own, *others, outside=LONG)).action == "nothing"


ON_DISK = (OURS, 12, True)
CRASHED = (OURS, -1, False)


@pytest.mark.parametrize(
    ("seen", "state"),
    [
        (Seen("active", status="Primary", uuid=OURS), PRIMARY),
        (Seen("active", status="non-Primary", grastate=CRASHED), OUTSIDE),
        (Seen("active", status="disconnected", grastate=CRASHED), OUTSIDE),
        (Seen("active", status=None, grastate=CRASHED), State("unknown")),
        (Seen("activating", grastate=CRASHED), State("starting", OURS)),
        (Seen("activating", listens=True, grastate=CRASHED), WAITING),
        (Seen("activating", listens=True, new_cluster=True, grastate=CRASHED), State("bootstrapping", OURS)),
        (Seen("deactivating", grastate=CRASHED), State("stopping", OURS)),
        (Seen("inactive", queued=True, grastate=CRASHED), State("starting", OURS)),
        (Seen("failed", grastate=ON_DISK), down(12, safe=True)),
        (Seen("failed", grastate=ON_DISK, enabled=False), down(12, safe=True, will="left")),
        (Seen("failed", grastate=ON_DISK, room=False), down(12, safe=True, will="held")),
        (Seen("failed", grastate=CRASHED), down(None)),
        (Seen("failed", grastate=CRASHED, job="recovering"), State("recovering", OURS)),
        (Seen("failed", grastate=CRASHED, stopped_at="5"), down(9)),
        (Seen("failed", grastate=(OTHER, -1, False), stopped_at="5"), State("unknown")),
        (Seen("failed", grastate=CRASHED, stopped_at="6"), State("unknown")),
        (Seen("failed", grastate=None), State("unknown")),
        (Seen("failed", grastate=()), down(None, "")),
        (Seen("inactive", grastate=ON_DISK), down(12, safe=True, will="left")),
        (Seen("inactive", grastate=ON_DISK, stopped_at="3"), down(12, safe=True)),
    ],
)
def test_a_mariadbd_is_what_the_machine_shows(seen, state):
    read = {"5": Position("5", OURS, 9), "6": Position("6")}.get(seen.stopped_at)
    assert decisions.state_of(seen, "3", read, False) == state


def test_a_position_of_an_earlier_standstill_is_none():
    assert decisions.state_of(
        Seen("failed", grastate=CRASHED, stopped_at="8"), "", Position("5", OURS, 9), False
    ) == down(None)


def test_a_pause_holds_back():
    assert decisions.state_of(Seen("failed", grastate=ON_DISK), "", None, True).will == "held"


@pytest.mark.parametrize("state", [PRIMARY, WAITING, down(None), down(0), down(9, "", safe=True), claim()])
def test_a_value_is_read_back_as_it_was_said(state):
    assert decisions.parse(state.text("1fx3")) == state
    assert state.text("1") != state.text("2")


@pytest.mark.parametrize("text", ["", "primary", f"down/{OURS}/x/0/wants/1", f"down/{OURS}/-1/0/wants/1", "🜁"])
def test_what_is_no_value_is_unknown(text):
    assert decisions.parse(text) == State("unknown")


@pytest.mark.parametrize(
    "text",
    [
        f'name="webha-galera" host="{A}" value="x/1"\nname="webha-galera" host="{B}" value="y"\n',
        f'scope="status" name="webha-galera" host="{A}" value="x/1"\nname="webha-galera" host="{B}" value="y"',
        f'<result>\n  <attribute name="webha-galera" value="x/1" host="{A}"/>\n'
        f'  <attribute name="webha-galera" value="y" host="{B}"/>\n</result>',
    ],
)
def test_pacemakers_answer_is_read_in_each_of_its_forms(text):
    assert attributes.of_all(text, "webha-galera") == {A: "x/1", B: "y"}


def test_grastate_is_read_and_a_damaged_one_is_unknown():
    text = f"# GALERA saved state\nversion: 2.1\nuuid:    {OURS}\nseqno:   -1\nsafe_to_bootstrap: 1\n"
    assert grastate.parse(text) == (OURS, -1, True)
    for damaged in (text.replace("-1", ""), ""):
        with pytest.raises(ValueError, match="damaged"):
            grastate.parse(damaged)


def test_the_galera_port_is_seen_in_the_kernels_table():
    head = "  sl  local_address rem_address   st\n"
    assert machine.listens(head + "   0: 00000000:11D7 00000000:0000 0A 0\n")
    assert not machine.listens(head + "   0: 00000000:11D7 0100007F:0050 01 0\n")
    assert not machine.listens(head + "   0: 00000000:0CEA 00000000:0000 0A 0\n")


def test_only_a_refusal_says_that_nobody_listens(monkeypatch):
    def answers(error):
        def connect(*_arguments, **_named):
            raise error

        monkeypatch.setattr(machine.socket, "create_connection", connect)
        return machine.refused("10.0.0.134")

    assert answers(ConnectionRefusedError())
    assert not answers(TimeoutError())
    assert not answers(OSError("no route to host"))


def test_a_file_is_placed_whole_with_its_mode(tmp_path):
    path = tmp_path / "grastate.dat"
    path.write_text("old")
    path.chmod(0o640)
    machine.place(path, "new")
    assert path.read_text() == "new"
    assert path.stat().st_mode & 0o777 == 0o640
    assert os.listdir(tmp_path) == ["grastate.dat"]  # noqa: PTH208
