"""Every fact against what its command printed on real nodes, and against that output cut off anywhere."""

import json
import re
import subprocess

import pytest
from pyinfra.api.command import StringCommand
from pyinfra.api.exceptions import FactProcessError
from pyinfra_cli.util import json_encode

from webha.ground.fact import Probe

from .captured_facts import BARE, CAPTURED, CONVERGED, FACTS, SUITES, fact, text


def all_facts():
    """Every fact class that a layer defines."""
    waiting, found = [Probe], set()
    while waiting:
        for one in waiting.pop().__subclasses__():
            waiting.append(one)
            if one.__module__.startswith("webha.") and one.__module__.endswith(".facts"):
                found.add(one)
    return found


def test_there_are_captures_of_a_converged_and_of_a_bare_node():
    assert CONVERGED
    assert BARE


@pytest.mark.parametrize("suite", SUITES)
def test_every_fact_has_its_capture(suite):
    assert {one.stem for one in (CAPTURED / suite).iterdir()} == set(FACTS)
    assert all_facts() == {one for one, _ in FACTS.values()}


@pytest.mark.parametrize("one", all_facts())
def test_the_default_of_every_fact_is_the_unknown(one):
    assert one.default() is None
    assert one().default() is None


@pytest.mark.parametrize("name", FACTS)
def test_every_facts_command_is_shell(name):
    one, arguments = FACTS[name]
    command = one().command(**arguments)
    assert not isinstance(command, StringCommand)
    subprocess.run(["sh", "-n"], input=command, text=True, check=True)


@pytest.mark.parametrize("name", FACTS)
@pytest.mark.parametrize("suite", SUITES)
def test_the_capture_answers_every_question_of_the_facts_command(suite, name):
    one, arguments = FACTS[name]
    asked = re.findall(r"(?<!\")'@@webha-begin ([^']+)'", one().command(**arguments))  # not those of a probe inside
    assert re.findall(r"^@@webha-begin (.+)$", text(suite, name), re.MULTILINE) == asked


@pytest.mark.parametrize("name", FACTS)
@pytest.mark.parametrize("suite", SUITES)
def test_output_cut_off_anywhere_is_unknown(suite, name):
    whole = text(suite, name).rstrip("\n")
    one = FACTS[name][0]()
    marks = [match.start() for match in re.finditer(r"@@webha-(begin|end)", whole)]
    ends = {at + step for at in marks for step in range(-3, 20)} | set(range(0, len(whole), max(1, len(whole) // 60)))
    for end in sorted(end for end in ends if 0 <= end < len(whole)):
        try:
            value = one.process(whole[:end].splitlines())
        except FactProcessError:
            continue
        assert value is None, whole[:end]


@pytest.mark.parametrize("name", FACTS)
@pytest.mark.parametrize("suite", CONVERGED)
def test_pyinfra_can_show_every_fact(suite, name):
    shown = json.dumps(fact(suite, name), default=json_encode)
    assert json.loads(shown) is not None or name == "account"


def test_a_password_hash_is_not_shown():
    assert "password_hash" not in json.dumps(fact(CONVERGED[0], "drupal"), default=json_encode)


@pytest.mark.parametrize("name", FACTS)
@pytest.mark.parametrize("output", [[], [""], ["bash: command not found"], ["@@webha-begin x", "@@webha-end x 0"]])
def test_what_is_no_answer_at_all_is_unknown(name, output):
    with pytest.raises(FactProcessError):
        FACTS[name][0]().process(output)


@pytest.mark.parametrize(
    ("name", "question"),
    [
        *(("galera", one) for one in ("unit", "grastate", "databases", "configured", "running")),
        *(("cluster", one) for one in ("units", "key", "configuration")),
        ("cib", "cib"),
        ("directories", "/etc"),
        ("directories", "/nonexistent"),
        ("files", "files"),
        ("hosts", "hosts"),
        ("units", "units"),
    ],
)
@pytest.mark.parametrize("said", [True, False], ids=["said", "silent"])
@pytest.mark.parametrize("suite", CONVERGED)
def test_a_question_that_failed_is_unknown_and_not_nothing(suite, name, question, said):
    frame = f"@@webha-begin {re.escape(question)}\n(.*?)@@webha-end {re.escape(question)} 0"
    broken, count = re.subn(
        frame,
        lambda found: (
            found[0].removesuffix("0") + "1" if said else f"@@webha-begin {question}\n@@webha-end {question} 1"
        ),
        text(suite, name),
        flags=re.DOTALL,
    )
    assert count == 1
    with pytest.raises(FactProcessError):
        FACTS[name][0]().process(broken.splitlines())


@pytest.mark.parametrize("question", ["pool", "volumes"])
@pytest.mark.parametrize("suite", CONVERGED)
def test_a_glusterd_that_does_not_answer_has_an_unknown_pool_and_not_an_empty_one(suite, question):
    broken = text(suite, "gluster").replace(f"@@webha-end {question} 0", f"@@webha-end {question} 124")
    assert getattr(FACTS["gluster"][0]().process(broken.splitlines()), question) is None


@pytest.mark.parametrize("question", ["tables", "status"])
@pytest.mark.parametrize("suite", CONVERGED)
def test_a_database_that_does_not_answer_has_unknown_tables_and_not_none(suite, question):
    broken = text(suite, "drupal").replace(f"@@webha-end {question} 0", f"@@webha-end {question} 124")
    assert FACTS["drupal"][0]().process(broken.splitlines()).tables is None
