"""One round trip to a node that answers several questions at once.

A probe is a shell script that runs each question in turn and frames its output, so that a fact costs one SSH
exec however much it wants to know. What a node did not say is never taken for "nothing": a question without its
closing frame is missing from the result, and asking for it raises :class:`ProbeError`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from shlex import quote

OPENING = "@@webha-begin"
CLOSING = "@@webha-end"
# Programs speak the language of whoever logged in; what is read, or looked for in their words, is English.
ENGLISH = "export LC_ALL=C.UTF-8; unset LANGUAGE"


# A file's name or a message in another encoding: what is no UTF-8 would end the reading of all that follows.
_AS_TEXT = "| iconv -c -f UTF-8 -t UTF-8"


class ProbeError(ValueError):
    """The node's answer is incomplete or not in the form its daemon promises."""


@dataclass(frozen=True)
class Answer:
    """What one question printed (both streams) and its exit status."""

    text: str
    status: int

    @property
    def ok(self) -> bool:
        """Whether the question's command ended with status 0."""
        return self.status == 0

    @property
    def lines(self) -> list[str]:
        """The output's lines, without empty ones."""
        return [line for line in self.text.splitlines() if line.strip()]


class Answers(dict[str, Answer]):
    """The answers of one probe by the question's name."""

    def __missing__(self, key: str) -> Answer:
        raise ProbeError(f"the node did not answer {key!r}")


def script(questions: Mapping[str, str]) -> str:
    """Return the shell script that asks ``questions`` (name to command) and frames each answer."""
    parts = [ENGLISH]
    for name, command in questions.items():
        parts.append(
            f"printf '%s\\n' '{OPENING} {name}'; ( {command}\n) 2>&1 </dev/null; printf '\\n%s %s\\n' '{CLOSING} {name}' $?"
        )
    return f"{{ {'; '.join(parts)}; }} {_AS_TEXT}"


def together(questions: Mapping[str, str], seconds: int) -> str:
    """Return the script that asks ``questions`` at the same time and takes what is said within ``seconds``.

    What is not is a frame with status 124 (or 137) and what was said so far. A process that cannot be killed (it waits for a
    file system) is left behind, and not waited for. :func:`apart` reads it.
    """
    begun = "\n".join(
        f"( timeout -k 1 {seconds} sh -c {quote(command)} > $d/{number} 2>&1 < /dev/null; "
        f"echo $? > $d/ended.{number}; mv $d/ended.{number} $d/{number}.status ) > /dev/null 2>&1 < /dev/null &"
        for number, command in enumerate(questions.values())
    )
    told = "\n".join(
        f"printf '%s\\n' '{OPENING} {name}'; sed 's/^/|/' $d/{number}; "
        f"printf '\\n%s %s\\n' '{CLOSING} {name}' $(cat $d/{number}.status 2>/dev/null || echo 124)"
        for number, name in enumerate(questions)
    )
    # In memory first: a disk that is full or read-only is among what is asked for.
    return (
        f"d=$(mktemp -d -p /run 2>/dev/null || mktemp -d -p /dev/shm 2>/dev/null || mktemp -d) || exit 1\n{ENGLISH}\n{begun}\n"
        f"end=$(( $(date +%s) + {seconds} + 1 ))\n"
        f"while [ $(ls $d | grep -c status) -lt {len(questions)} ] && [ $(date +%s) -le $end ]; do sleep 0.1; done\n"
        f"{{ {told}\n}} {_AS_TEXT}\nrm -rf $d"
    )


def read(output: Iterable[str]) -> Answers:
    """Take a probe's output apart. Lines outside of frames (a login banner, say) are ignored."""
    answers = Answers()
    name: str | None = None
    text: list[str] = []
    for line in output:
        if line.startswith(f"{OPENING} "):
            name, text = line.split(" ", 1)[1], []
        elif name is not None and line.startswith(f"{CLOSING} {name} "):
            answers[name] = Answer("\n".join(text).rstrip("\n"), int(line.rsplit(" ", 1)[1]))
            name = None
        elif name is not None:
            text.append(line)
    return answers


def apart(output: Iterable[str]) -> Answers:
    """Take the output of :func:`together` apart; an answer may be a probe's own output."""
    return Answers(
        {
            name: Answer("\n".join(line.removeprefix("|") for line in answer.text.splitlines()), answer.status)
            for name, answer in read(output).items()
        }
    )


def first_word(answer: Answer) -> str | None:
    """Return the first word of an answer, None where it is empty."""
    return next(iter(answer.text.split()), None)
