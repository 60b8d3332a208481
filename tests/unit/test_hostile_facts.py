"""Every fact fed with what no daemon promises: a value, or unknown in a sentence; never a traceback, never "nothing there"."""

import re
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyinfra.api.exceptions import FactProcessError

from .captured_facts import CAPTURED, CONVERGED, FACTS, text

modest = settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
ERRORS = (
    *("sh: 1: gluster: not found", "bash: mariadb: orden no encontrada", "Permiso denegado", "timeout: no se pudo ejecutar la orden"),
    "System has not been booted with systemd as init system (PID 1). Can't operate.",
    *("ERROR 1698 (28000): Access denied for user 'root'@'localhost'", "dpkg-query: Fehler: Datenbank gesperrt", "Último acceso: hoy"),
    *("@@webha-begin unit", "@@webha-end unit 0", "@@webha-end x y", "@@webha-begin ", "|@@webha-begin os", "@@webha-end clock"),
    *("\x00\x01\x1b[31m\ufffd", "", " ", "=", "\t", ": ", "<?xml version='1.0'?>", "<cib>", "{}", "null", "-1", "9" * 400, "nan", "a b c d e", "%"),
)  # fmt: skip
SEEDS = [(suite, name) for suite in CONVERGED for name in FACTS if (CAPTURED / suite / f"{name}.txt").exists()]


@st.composite
def outputs(draw):
    """Draw a fact and what its command printed somewhere, with lines gone, doubled, replaced, cut, or of others between."""
    suite, name = draw(st.sampled_from(SEEDS))
    lines = text(suite, name).splitlines()
    for _ in range(draw(st.integers(1, 4))):
        at, to = sorted((draw(st.integers(0, len(lines))), draw(st.integers(0, len(lines)))))
        to = min(to, at + draw(st.sampled_from([1, 1, 2, 30])))
        other = draw(st.sampled_from(ERRORS) | st.text(max_size=8))
        change = draw(st.sampled_from(["gone", "doubled", "replaced", "between", "cut", "glued"]))
        if change == "cut":
            lines[at:] = [line[:2] for line in lines[at : at + 1]]
        else:
            lines[at:to] = {
                "gone": [],
                "doubled": lines[at:to] * 2,
                "replaced": [other],
                "between": [other, *lines[at:to]],
                "glued": [" ".join(lines[at:to])],
            }[change]
    return name, lines


@modest
@given(outputs())
def test_whatever_is_said_is_a_value_or_unknown(drawn):
    name, lines = drawn
    with suppress(FactProcessError):
        FACTS[name][0]().process(lines)


QUESTIONS = [
    (name, question)
    for name in FACTS
    if ("trixie", name) in SEEDS
    and name not in ("status", "belongings")  # of parts, each of which may be unknown by itself
    for question in re.findall(r"^@@webha-begin (.+)$", text("trixie", name), re.MULTILINE)
]


def ended(name, question, status, said):
    frame = rf"^@@webha-begin {re.escape(question)}\n.*?^@@webha-end {re.escape(question)} \d+$"
    new = f"@@webha-begin {question}\n{said}\n@@webha-end {question} {status}"
    broken, count = re.subn(frame, lambda _: new, text("trixie", name), flags=re.DOTALL | re.MULTILINE)
    assert count == 1
    return FACTS[name][0]().process(broken.splitlines())


@pytest.mark.parametrize(("name", "question"), QUESTIONS)
def test_a_question_that_ended_otherwise_than_it_may_leaves_nothing_known(name, question):
    for status in {1, 2, 4, 124, 126, 127, 137} - set(FACTS[name][0].statuses.get(question, ())):
        for said in ("", "sh: 1: orden no encontrada"):
            with pytest.raises(FactProcessError, match=re.escape(question)):
                ended(name, question, status, said)


@pytest.mark.parametrize(
    ("name", "question", "unknown"),
    [
        ("apache", "status", {"loaded_at": None}),
        ("apache", "unit", {"handed": None}),
        ("cluster", "status", {"status": None}),
        ("drupal", "code", {"code": None}),
        ("drupal", "release", {"code": None}),
        ("drupal", "status", {"primary": False, "tables": None}),
        ("drupal", "tables", {"tables": None}),
        ("gluster", "pool", {"pool": None}),
        ("gluster", "volumes", {"volumes": None}),
        ("gluster", "sealed", {"sealed": None}),
        ("gluster", "reachable", {"reachable": False}),
        ("galera", "status", {"status": {}}),
        ("galera", "keeper", {"keeper": None}),
    ],
)
@pytest.mark.parametrize("status", [1, 124, 127])
def test_what_need_not_be_answered_is_unknown_by_itself(name, question, unknown, status):
    value = ended(name, question, status, "sh: 1: orden no encontrada")
    assert {key: getattr(value, key) for key in unknown} == unknown


def test_a_site_of_which_mariadb_says_nothing_is_not_taken_for_none():
    """A reset would leave it, a deploy would make it anew."""
    for question in ("database", "made", "user"):
        with pytest.raises(FactProcessError, match=question):
            ended("drupal", question, 1, "ERROR 1044 (42000): Acceso denegado")
