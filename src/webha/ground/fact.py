"""One fact per subsystem: one round trip, a typed result, None where the node's state is unknown."""

from collections.abc import Container, Mapping
from typing import Any, ClassVar, Generic, TypeVar

from pyinfra.api.exceptions import FactProcessError
from pyinfra.api.facts import FactBase

from webha.ground import probe

T = TypeVar("T")
ANY = range(256)
ABSENT = (1, 127)  # what shells end ``command -v`` with, where there is no such program
# What a parser ends with on output of another form than it knows.
MALFORMED = (ValueError, KeyError, IndexError, SyntaxError, AttributeError, TypeError, StopIteration, OverflowError)


class Probe(FactBase[Any], Generic[T]):
    """A fact whose command is a :func:`webha.probe.script`; :meth:`answer` makes one typed value of what it says.

    None means unknown: the node did not answer, or not in the expected form. It never means "nothing there".
    A question that ends with another status than 0 was not answered, and so nothing is known, unless ``statuses`` names that status as
    an answer of the question, for :meth:`answer` to read.
    """

    abstract = True
    statuses: ClassVar[Mapping[str, Container[int]]] = {}

    @staticmethod
    def default() -> None:
        """Return None, the unknown."""

    def answer(self, answers: probe.Answers) -> T:  # noqa: ARG002 (each fact has its own)
        """Make the fact's value of the node's answers."""
        raise FactProcessError(f"{type(self).__name__} understands nothing")

    def told(self, answers: probe.Answers) -> T:
        """Make the value of answers that are ones; raise ProbeError where a question was not answered."""
        for question, answer in answers.items():
            if not answer.ok and answer.status not in self.statuses.get(question, ()):
                raise probe.ProbeError(f"{question}: {answer.text or f'ended with {answer.status}'}")
        return self.answer(answers)

    def process(self, output: list[str]) -> T:
        """Read the framed answers; what cannot be read fails this host and leaves the others."""
        try:
            return self.told(probe.read(output))
        except MALFORMED as error:
            raise FactProcessError(f"{type(self).__name__}: {error}") from error
