import subprocess

import pytest

from webha.ground import probe


def asked(questions):
    done = subprocess.run(["sh", "-c", probe.script(questions)], capture_output=True, text=True, check=True)
    return done.stdout


def answered(questions):
    return probe.read(asked(questions).splitlines())


def test_several_questions_are_answered_in_one_script():
    answers = answered({"one": "echo 1", "two words": "echo 2; echo 3"})
    assert answers["one"] == probe.Answer("1", 0)
    assert answers["two words"] == probe.Answer("2\n3", 0)


@pytest.mark.parametrize(
    ("command", "text", "status"),
    [
        ("exit 7", "", 7),
        ("echo said; exit 3", "said", 3),
        ("echo wrong >&2; false", "wrong", 1),
        ("printf 'no newline at the end'", "no newline at the end", 0),
        ("printf '\\n  indented\\n\\n'", "\n  indented", 0),
        ("cat", "", 0),
        ("false; true", "", 0),
    ],
)
def test_an_answer_holds_what_was_printed_and_the_status(command, text, status):
    assert answered({"it": command, "after": "echo yes"}) == {
        "it": probe.Answer(text, status),
        "after": probe.Answer("yes", 0),
    }


def test_a_question_that_fails_does_not_fail_the_script_nor_the_next_question():
    answers = answered({"bad": "exit 1", "worse": "cd /nonexistent", "good": "pwd"})
    assert not answers["bad"].ok
    assert not answers["worse"].ok
    assert answers["good"].ok


def test_a_question_does_not_change_the_directory_of_the_next():
    assert answered({"one": "cd /usr", "two": "cd /; pwd"})["two"].text == "/"


def test_lines_outside_of_frames_are_ignored():
    output = ["Welcome to Debian", *asked({"one": "echo 1"}).splitlines(), "logout"]
    assert probe.read(output) == {"one": probe.Answer("1", 0)}


def test_an_unanswered_question_raises_rather_than_being_empty():
    with pytest.raises(probe.ProbeError, match="'one'"):
        probe.read([])["one"]


def test_every_cut_off_output_lacks_the_question_or_cannot_be_read():
    whole = asked({"one": "echo some text; echo more"}).rstrip("\n")
    for end in range(len(whole)):
        try:
            answers = probe.read(whole[:end].splitlines())
        except ValueError:
            continue
        assert "one" not in answers, whole[:end]


def test_a_frame_that_another_one_interrupts_is_not_answered():
    answers = probe.read([f"{probe.OPENING} one", "half", f"{probe.OPENING} two", "2", f"{probe.CLOSING} two 0"])
    assert set(answers) == {"two"}


def test_a_closing_line_of_another_question_is_text():
    lines = [f"{probe.OPENING} one", f"{probe.CLOSING} other 0", f"{probe.CLOSING} one 0"]
    assert probe.read(lines)["one"].text == f"{probe.CLOSING} other 0"


@pytest.mark.parametrize(("text", "word"), [("", None), (" \n", None), ("abc  -\n", "abc"), ("\n x y", "x")])
def test_the_first_word_of_nothing_is_none(text, word):
    assert probe.first_word(probe.Answer(text, 0)) == word


def test_lines_leave_empty_ones_out():
    assert probe.Answer("a\n\n  \nb", 0).lines == ["a", "b"]
