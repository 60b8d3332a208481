"""Every fact against what its command printed on real nodes, and against that output cut off anywhere."""

import re
import subprocess

import pytest
from pyinfra.api.command import StringCommand
from pyinfra.api.exceptions import FactProcessError

from webha.facts import Probe

from .captured_facts import BARE, CAPTURED, CONVERGED, FACTS, SUITES, text


def all_facts():
    """Every fact class that a module of webha.facts defines."""
    waiting, found = [Probe], set()
    while waiting:
        for one in waiting.pop().__subclasses__():
            waiting.append(one)
            if one.__module__.startswith("webha.facts."):
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
    asked = re.findall(r"'@@webha-begin ([^']+)'", one().command(**arguments))
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
@pytest.mark.parametrize("output", [[], [""], ["bash: command not found"], ["@@webha-begin x", "@@webha-end x 0"]])
def test_what_is_no_answer_at_all_is_unknown(name, output):
    with pytest.raises(FactProcessError):
        FACTS[name][0]().process(output)
