"""Tries everything of the catalogue at the deployed lab, once per setting, and prints one JSON object; with --docs, docs/security.md is made of it.

``script/bench attack [--docs] [--json FILE] [--only SETTING]``
"""

import argparse
import sys
import time
from pathlib import Path

from tests.attack.catalogue import ATTACKS
from tests.attack.stranger import present
from tests.faults.report import told
from tests.lab.nodes import ROOT, converge, on, whole

SETTINGS = {
    "default": {},
    "firewall = False": {"firewall": "False"},
    "the document's": {
        "firewall": "False",
        "galera_tls": "False",
        "gluster_tls": "False",
        "https": "off",
        "galera_bind_address": "0.0.0.0",  # noqa: S104 (the document's)
    },
}
PAGE = ROOT / "docs" / "security.md"
BEGIN, END = "<!-- attacks -->", "<!-- /attacks -->"


def tried(settings: dict[str, str]) -> dict[str, str]:
    """Deploy with the settings and try everything; what was got of each, empty where nothing."""
    converge("deploy.py", *(word for name, value in settings.items() for word in ("--data", f"{name}={value}")))
    whole(300)
    found = {}
    with present():
        for what, attack in ATTACKS.items():
            begin = time.monotonic()
            found[what] = attack()
            print(f"{time.monotonic() - begin:5.1f} s  {what}: {found[what] or 'refused'}", file=sys.stderr)
    return found


def table(results: dict[str, dict[str, str]]) -> str:
    """Return the page's table: a row for each attack, a column for each setting."""
    lines = [f"| tried | {' | '.join(results)} |", "|" + " --- |" * (len(results) + 1)]
    for what in ATTACKS:
        got = [found[what].replace("|", "/") for found in results.values()]
        lines.append(f"| {what} | {' | '.join(f'**{one}**' if one else 'refused' for one in got)} |")
    return "\n".join(lines)


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(prog="script/bench attack")
    parser.add_argument("--docs", action="store_true", help="write the table into docs/security.md")
    parser.add_argument("--json", type=Path, help="write the result to this file too")
    parser.add_argument("--only", action="append", choices=tuple(SETTINGS), help="this setting alone; may be repeated")
    asked = parser.parse_args()
    chosen = {name: SETTINGS[name] for name in asked.only or SETTINGS}
    try:
        results = {name: tried(settings) for name, settings in chosen.items()}
    finally:
        converge("deploy.py")
    release = on("nodoha", ". /etc/os-release; echo $VERSION_CODENAME")
    result = {
        "suite": release,
        "results": results,
        "ways_in": {name: sum(map(bool, found.values())) for name, found in results.items()},
    }
    if asked.docs:
        text = PAGE.read_text()
        head, _, rest = text.partition(BEGIN)
        PAGE.write_text(f"{head}{BEGIN}\n{table(results)}\n{END}{rest.partition(END)[2]}")
    told(result, asked.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
