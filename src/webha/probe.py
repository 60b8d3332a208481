"""One round trip to a node that answers several questions at once.

A probe is a shell script that runs each question in turn and frames its output, so that a fact costs one SSH
exec however much it wants to know. What a node did not say is never taken for "nothing": a question without its
closing frame is missing from the result, and asking for it raises :class:`ProbeError`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

OPENING = "@@webha-begin"
CLOSING = "@@webha-end"


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
    parts = []
    for name, command in questions.items():
        parts.append(
            f"printf '%s\\n' '{OPENING} {name}'; ( {command}\n) 2>&1 </dev/null; printf '\\n%s %s\\n' '{CLOSING} {name}' $?"
        )
    return "; ".join(parts)


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


def first_word(answer: Answer) -> str | None:
    """Return the first word of an answer, None where it is empty."""
    return next(iter(answer.text.split()), None)
