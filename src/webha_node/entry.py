"""The archive's command line: ``node.pyz PROGRAM [UNIT]`` runs a program, ``node.pyz digest PROGRAM UNIT`` says what it is made of.

With a UNIT the program notes at its start what it is made of. Ends with 78 (configuration) where the values are not as they should be.
"""

import sys
from collections.abc import Sequence
from importlib import import_module

from webha_node import PROGRAMS, digest
from webha_node.values import ValuesError, read

CONFIGURATION = 78  # sysexits.h: EX_CONFIG
USAGE = 64


def main(words: Sequence[str] | None = None) -> int:
    """Do what the command line says; return the exit code."""
    given = list(sys.argv[1:] if words is None else words)
    asked = given[:1] == ["digest"]
    program, *unit = (given[1:] if asked else given) or [""]
    if program not in PROGRAMS or len(unit) > 1 or (asked and not unit):
        print(f"usage: node.pyz [digest] PROGRAM [UNIT], PROGRAM one of {', '.join(PROGRAMS)}", file=sys.stderr)
        return USAGE
    try:
        if asked:
            return _told(program, unit[0])
        module = import_module(PROGRAMS[program])
        values = read(module.Values, program)
        for one in unit:
            _note(program, one)
        module.main(values)
    except ValuesError as error:
        print(error, file=sys.stderr)
        return CONFIGURATION
    return 0


def _told(program: str, unit: str) -> int:
    try:
        print(digest.of(program, unit))
    except OSError as error:
        print(error, file=sys.stderr)
        return CONFIGURATION
    return 0


def _note(program: str, unit: str) -> None:
    """A program that cannot leave its note (/run is full, say) runs all the same: the next deploy restarts it."""
    try:
        digest.note(program, unit)
    except OSError as error:
        print(f"no note of what this was started with: {error}", file=sys.stderr)
