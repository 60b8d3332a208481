"""A host context for operations without a host: facts return chosen values, commands are collected."""

import subprocess
import sys
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from pyinfra.api.command import StringCommand
from pyinfra.context import ctx_host

from webha.ground.shell import Refusal

NAMES = ("nodoha", "nodoha2", "nodoha3")
ROOT = Path(__file__).parents[2]


def given(command: StringCommand) -> str:
    """What the command reads from its standard input, as pyinfra writes it."""
    stdin = command.connector_arguments.get("_stdin")
    lines = [] if stdin is None else [stdin] if isinstance(stdin, str) else stdin
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)


@dataclass
class Outcome:
    """What an operation yielded, and the reason it gave for doing nothing."""

    commands: list[StringCommand]
    noops: list[str]

    @property
    def texts(self) -> list[str]:
        return [one.get_raw_value() for one in self.commands]

    @property
    def text(self) -> str:
        return "\n".join(self.texts)

    @property
    def stdin(self) -> str:
        return "\n".join(given(one).removesuffix("\n") for one in self.commands)

    @property
    def refused(self) -> str | None:
        """The reason of a refusal; a refusing operation yields nothing else."""
        if len(self.commands) != 1 or not isinstance(self.commands[0], Refusal):
            return None
        return self.text.split("refused: ", 1)[1]

    @property
    def idle(self) -> bool:
        """Whether it did nothing and said why."""
        return not self.commands and len(self.noops) == 1 and bool(self.noops[0])


@dataclass
class Host:
    """What operations ask of pyinfra's host."""

    name: str
    facts: Mapping[type, Any]
    noops: list[str] = field(default_factory=list)
    asked: list[tuple[type, dict[str, Any]]] = field(default_factory=list)
    data: SimpleNamespace = field(default_factory=SimpleNamespace)

    def get_fact(self, fact: type, **arguments: Any) -> Any:
        fact().command(**arguments)  # the arguments are those that the fact takes
        self.asked.append((fact, arguments))
        return self.facts[fact]

    def noop(self, reason: str) -> None:
        self.noops.append(reason)


def perform(
    operation: Any,
    *arguments: Any,
    on: str = NAMES[0],
    facts: Mapping[type, Any] | None = None,
    peers: Mapping[str, Any] | None = None,
    **named: Any,
) -> Outcome:
    """Run an operation's generator to its end on a host whose facts are ``facts``; ``peers``: what everyone answers."""
    host = Host(on, facts or {})
    before = ctx_host.get()
    ctx_host.set(host)
    module = sys.modules[operation._inner.__module__]
    asked = (
        {} if peers is None else {"everyone": lambda _fact, names, **_arguments: {name: peers[name] for name in names}}
    )
    try:
        with patch.multiple(module, **asked) if asked else nullcontext():
            return Outcome(list(operation._inner(*arguments, **named)), host.noops)
    finally:
        ctx_host.set(before)


def execute(command: StringCommand, **arguments: Any) -> subprocess.CompletedProcess[str]:
    """Run a command as a node's shell would, with its standard input."""
    return subprocess.run(
        ["sh", "-c", command.get_raw_value()],
        input=given(command),
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
        **arguments,
    )


def fake_program(directory: Path, name: str, body: str) -> None:
    """Put a shell script in the place of a node's program."""
    directory.mkdir(exist_ok=True)
    path = directory / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
