"""The command ``webha``: ``webha init DIR`` makes a folder to deploy from."""

import argparse
import sys
from pathlib import Path

from webha.run import folder


def main() -> None:
    """Read the command line and do what it says."""
    parser = argparse.ArgumentParser(prog="webha", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    init = verbs.add_parser("init", help="make a folder with inventory, data and tasks to deploy from")
    init.add_argument("directory", type=Path)
    arguments = parser.parse_args()
    try:
        folder.make(arguments.directory)
    except OSError as error:
        sys.exit(f"webha: {error}")
    print(
        f"{arguments.directory}: put your machines into inventory.py and your addresses into group_data/all.py, then, in that folder:\n"
        "    pyinfra inventory.py deploy.py             # shows what it would change, and asks\n"
        "    pyinfra inventory.py tasks/status.py"
    )


if __name__ == "__main__":
    main()
