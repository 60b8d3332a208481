"""What is left of a layer on a node."""

import re

from webha import probe
from webha.facts import Probe

_KNOWN = re.compile(r"[hirp][^n ].? ")  # dpkg's abbreviated state of anything that is neither purged nor unknown


class Remains(Probe[tuple[str, ...]]):
    """The packages, files and units of one layer that are still on the node; empty where it is bare."""

    def command(self, packages: tuple[str, ...], paths: tuple[str, ...]) -> str:
        """Ask dpkg (configuration files count) and the file system."""
        return probe.script(
            {
                "packages": "dpkg-query -W -f='${db:Status-Abbrev} ${Package}\\n' "
                + " ".join(packages or ("none",))
                + "; true",
                "paths": f"for path in {' '.join(paths)}; do if [ -e $path ]; then echo $path; fi; done",
            }
        )

    def answer(self, answers: probe.Answers) -> tuple[str, ...]:
        """Count everything but what dpkg never installed or purged."""
        packages = [line.split()[-1] for line in answers["packages"].lines if _KNOWN.match(line)]
        return (*packages, *answers["paths"].lines)
