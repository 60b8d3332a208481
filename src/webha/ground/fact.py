"""One fact per subsystem: one round trip, a typed result, None where the node's state is unknown."""

from typing import Any, Generic, TypeVar

from pyinfra.api.exceptions import FactProcessError
from pyinfra.api.facts import FactBase

from webha.ground import probe

T = TypeVar("T")


class Probe(FactBase[Any], Generic[T]):
    """A fact whose command is a :func:`webha.probe.script`; :meth:`answer` makes one typed value of what it says.

    None means unknown: the node did not answer, or not in the expected form. It never means "nothing there".
    """

    abstract = True

    @staticmethod
    def default() -> None:
        """Return None, the unknown."""

    def answer(self, answers: probe.Answers) -> T:  # noqa: ARG002 (each fact has its own)
        """Make the fact's value of the node's answers."""
        raise FactProcessError(f"{type(self).__name__} understands nothing")

    def process(self, output: list[str]) -> T:
        """Read the framed answers; what cannot be read fails this host and leaves the others."""
        try:
            return self.answer(probe.read(output))
        except (ValueError, KeyError, IndexError, SyntaxError) as error:
            raise FactProcessError(f"{type(self).__name__}: {error}") from error
