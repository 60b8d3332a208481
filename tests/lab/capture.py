"""Writes what the facts' commands print on a node of the lab to tests/unit/captured: ``python -m tests.lab.capture trixie [FACT…]``.

The suite's name is the folder's; ``…-bare`` for a lab that was just reset. Secrets of the lab's site do not appear in any answer
but the hash of its database password, which is replaced.
"""

import re
import sys

from tests.lab.nodes import lab
from tests.unit.captured_facts import CAPTURED, FACTS

HASH = re.compile(r"^\*[0-9A-F]{40}$", re.MULTILINE)


def main(suite: str, *names: str) -> None:
    folder = CAPTURED / suite
    folder.mkdir(exist_ok=True)
    for name in names or [one for one in FACTS if one != "project"]:
        fact, arguments = FACTS[name]
        said = lab("ssh", "nodoha", fact().command(**arguments))
        (folder / f"{name}.txt").write_text(HASH.sub("*" + "0" * 40, said))


if __name__ == "__main__":
    main(*sys.argv[1:])
