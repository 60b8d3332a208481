"""How this project puts shell commands together: one way to refuse, one way to wait, one way to run a script."""

from collections.abc import Sequence
from shlex import quote

from pyinfra.api.command import QuoteString, StringCommand

from webha.ground.probe import ENGLISH


def run(*words: str) -> StringCommand:
    """Return the command of these words, each quoted."""
    return StringCommand(*(QuoteString(word) for word in words))


def script(text: str, *arguments: str, stdin: str | Sequence[str] | None = None) -> StringCommand:
    """Run ``text`` as a shell script that stops at its first error, with ``arguments`` as ``$1`` and on.

    What it makes has the modes of Debian's own umask, whatever the login has (027 on hardened images): other accounts read it.
    Its programs speak English, whatever the login's language is.

    ``stdin`` reaches the script's standard input and appears neither in the process list nor in pyinfra's log;
    pyinfra ends it, and each part of several, with a newline if it has none.
    """
    command = ["sh", "-euc", f"umask 022; {ENGLISH}\n{text}", "webha", *arguments]
    if stdin is None:
        return run(*command)
    given = stdin if isinstance(stdin, (str, list)) else list(stdin)
    return StringCommand(*(QuoteString(word) for word in command), _stdin=given)


class Refusal(StringCommand):
    """A command that fails with a sentence, and does nothing else."""


def refusal(reason: str) -> Refusal:
    """Fail this host with ``reason``, a sentence for a person, and change nothing.

    A command rather than an exception, because an exception in an operation ends the run before other hosts could
    say what they found, and without ``-y`` it would end it already while changes are being looked for.
    """
    return Refusal("printf", "'%s\\n'", QuoteString(f"refused: {reason}"), ">&2;", "exit", "1")


def until(probe: str, seconds: int, goal: str, diagnosis: str = ":") -> StringCommand:
    """Wait until the shell condition ``probe`` holds, at most ``seconds``; then fail, naming ``goal``.

    ``diagnosis`` runs on failure, so that the person reading sees what the node knows.
    """
    return run("sh", "-c", f"{ENGLISH}; {waiting(probe, seconds, goal, diagnosis)}")


def waiting(probe: str, seconds: int, goal: str, diagnosis: str = ":") -> str:
    """Return the same as a piece of a script, whose arguments ``probe`` may use."""
    return (
        f"end=$(( $(date +%s) + {seconds} )); until {{ {probe}\n}}; do "
        f'if [ "$(date +%s)" -ge $end ]; then echo {quote(f"after {seconds} s still not: {goal}")} >&2; '
        f"{{ {diagnosis}\n}} >&2; exit 1; fi; sleep 0.3; done"
    )
